/** Whether what a command changes is kept by somebody: the disk, replicas. */
import type { Client } from "../../calls/client.ts";
import { type Command, Flag } from "../../calls/command.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ServerGate } from "../gates.ts";
import type { Station, Verdict } from "./station.ts";

/** The last snapshot could not be saved (stop-writes-on-bgsave-error). */
export const NOT_SAVED = new CommandError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    "disk. Commands that may modify the data set are disabled, because this instance is " +
    "configured to report errors during writes if RDB snapshotting fails " +
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB " +
    "error.",
);
export const NO_REPLICAS = new CommandError("NOREPLICAS Not enough good replicas to write.");

/** The disk does not take what it should; PING tells so, too, whoever watches the server. */
export class DiskStation implements Station {
  readonly name = "disk";
  readonly gate = ServerGate.disk;
  readonly nested = false;
  /** What is wrong, while the gate is on. */
  problem: CommandError = NOT_SAVED;

  ask(_client: Client, { name }: Command, _args: Args, effects: number): Verdict {
    return (effects & Flag.write) !== 0 || name === "ping" ? this.problem : null;
  }
}

/** Writes need replicas (min-replicas-to-write), and there are none. */
export const replicasStation: Station = {
  name: "replicas",
  gate: ServerGate.replicas,
  nested: false,
  ask: (_client, _command, _args, effects) => ((effects & Flag.write) !== 0 ? NO_REPLICAS : null),
};
