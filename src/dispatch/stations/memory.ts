/** Whether there is memory for what a command may add. */
import { isAboveLimit } from "../../arena/memory_limit.ts";
import type { Client } from "../../calls/client.ts";
import { type Command, Flag } from "../../calls/command.ts";
import { Room } from "../../keyspace/eviction.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ServerGate } from "../gates.ts";
import { spaceRefusal } from "../space_gate.ts";
import type { Station, Verdict } from "./station.ts";

export const OUT_OF_MEMORY = new CommandError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);

/** Who evicts keys. */
export interface RoomMaker {
  makeRoom(): Room;
}

/** What ends a transaction: the memory for what is queued is given back. */
const ENDINGS = new Set(["exec", "discard", "quit", "reset"]);

/**
 * maxmemory: what users allow. The gate is on after a command was to run, more was in use than may
 * be, and nothing could be evicted. Commands of a transaction that runs are not asked about, those
 * that are to be queued all are.
 */
export class MemoryStation implements Station {
  readonly name = "memory";
  readonly gate = ServerGate.memory;
  readonly nested = false;
  private readonly evictor: RoomMaker;

  constructor(evictor: RoomMaker) {
    this.evictor = evictor;
  }

  /** Has keys evicted; whether there is room then, or will be. */
  makeRoom(): boolean {
    return this.evictor.makeRoom() !== Room.none;
  }

  ask(client: Client, command: Command, _args: Args, effects: number): Verdict {
    const isQueued = client.queue !== null && !ENDINGS.has(command.name);
    if (!isQueued && (effects & Flag.denyoom) === 0) return null;
    return isAboveLimit() ? OUT_OF_MEMORY : null;
  }
}

/** What the arena can give, see space_gate.ts: asked about each command of a transaction. */
export const spaceStation: Station = {
  name: "space",
  gate: ServerGate.space,
  nested: true,
  ask: (_client, command, _args, effects) => spaceRefusal(command, effects),
};
