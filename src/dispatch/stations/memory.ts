/** Whether there is memory for what a command may add. */
import { usedSize } from "../../arena/arena.ts";
import { Flag } from "../../calls/command.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ServerGate } from "../gates.ts";
import { spaceRefusal } from "../space_gate.ts";
import type { Station, Verdict } from "./station.ts";

const OUT_OF_MEMORY = new CommandError("OOM command not allowed when used memory > 'maxmemory'.");

/** maxmemory: what users allow. A transaction that has begun goes on. */
export class MemoryStation implements Station {
  readonly name = "memory";
  readonly gate = ServerGate.memory;
  readonly nested = false;
  /** maxmemory, in bytes, while the gate is on. */
  max = Infinity;

  ask(_client: unknown, _command: unknown, _args: unknown, effects: number): Verdict {
    return (effects & Flag.denyoom) !== 0 && usedSize() > this.max ? OUT_OF_MEMORY : null;
  }
}

/** What the arena can give, see space_gate.ts: asked about each command of a transaction. */
export const spaceStation: Station = {
  name: "space",
  gate: ServerGate.space,
  nested: true,
  ask: (_client, command, _args, effects) => spaceRefusal(command, effects),
};
