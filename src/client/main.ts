/** `rusk cli`. */

/** Runs the client; returns the exit status. */
export async function runClient(
  _args: readonly string[],
  { writeError }: { writeError: (text: string) => void },
): Promise<number> {
  writeError("rusk cli is not there yet\n");
  return 1;
}
