/** `rusk cli`: what the client gets of the world. */
import { commandTable } from "../commands/all.ts";
import * as files from "../runtime/files.ts";
import * as host from "../runtime/host.ts";
import { standardInput, writeStandardOutput } from "../runtime/standard_streams.ts";
import { connectStream } from "../runtime/stream_connection.ts";
import * as terminal from "../runtime/terminal.ts";
import { talkToServer } from "./client.ts";

/** How the client was started: as which program of Redis's, if so, and what tells its options. */
export interface ClientStart {
  readonly actsAs: string | null;
  readonly usage: () => Promise<string>;
}

/** Runs the client; returns the exit status. */
export function runClient(
  args: readonly string[],
  { actsAs, usage }: ClientStart,
): Promise<number> {
  return talkToServer(args, {
    ...files,
    ...host,
    ...terminal,
    terminal,
    programName: actsAs ?? "rusk cli",
    usage,
    commands: commandTable.all,
    connect: connectStream,
    standardInput,
    writeStandardOutput,
    onInterrupt: (run) => host.onSignal("SIGINT", run),
  });
}
