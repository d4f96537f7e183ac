/** `rusk benchmark`. */

/** Runs the benchmark; returns the exit status. */
export async function runBenchmark(
  _args: readonly string[],
  { writeError }: { writeError: (text: string) => void },
): Promise<number> {
  writeError("rusk benchmark is not there yet\n");
  return 1;
}
