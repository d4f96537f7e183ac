/** Whether there is memory for what a command may add. */
import { usedSize } from "../../arena/arena.ts";
import type { Client } from "../../calls/client.ts";
import type { Clients } from "../../calls/clients.ts";
import { type Command, Flag } from "../../calls/command.ts";
import type { Durability } from "../../calls/durability.ts";
import type { Scripts } from "../../calls/scripts.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ServerGate } from "../gates.ts";
import { spaceRefusal } from "../space_gate.ts";
import type { Station, Verdict } from "./station.ts";

export const OUT_OF_MEMORY = new CommandError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);

/** What it needs of the server. */
export interface MemoryContext {
  readonly clients: Pick<Clients, "pauseMode">;
  readonly durability: Pick<Durability, "loading">;
  readonly scripts: Pick<Scripts, "isSuspended">;
}

/** What ends a transaction: the memory for what is queued is given back. */
const ENDINGS = new Set(["exec", "discard", "quit", "reset"]);

/**
 * maxmemory: what users allow. Commands of a transaction that runs are not asked about, those that
 * are to be queued all are. While clients are paused, data are loaded or a script is in its middle,
 * Redis evicts nothing, and refuses nothing.
 */
export class MemoryStation implements Station {
  readonly name = "memory";
  readonly gate = ServerGate.memory;
  readonly nested = false;
  /** maxmemory, in bytes, while the gate is on. */
  max = Infinity;
  private readonly context: MemoryContext;

  constructor(context: MemoryContext) {
    this.context = context;
  }

  ask(client: Client, command: Command, _args: Args, effects: number): Verdict {
    const isQueued = client.queue !== null && !ENDINGS.has(command.name);
    if (!isQueued && (effects & Flag.denyoom) === 0) return null;
    return this.isOver() ? OUT_OF_MEMORY : null;
  }

  /** Whether more is in use than may be. */
  isOver(): boolean {
    const { clients, durability, scripts } = this.context;
    if (scripts.isSuspended) return false;
    if (clients.pauseMode !== "none" || durability.loading !== null) return false;
    return usedSize() > this.max;
  }
}

/** What the arena can give, see space_gate.ts: asked about each command of a transaction. */
export const spaceStation: Station = {
  name: "space",
  gate: ServerGate.space,
  nested: true,
  ask: (_client, command, _args, effects) => spaceRefusal(command, effects),
};
