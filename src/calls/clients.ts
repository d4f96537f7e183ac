/** The clients of the server, as commands reach them. */
import type { Client } from "./client.ts";

/** Which commands CLIENT PAUSE holds back. */
export type PauseMode = "none" | "write" | "all";

/** All connected clients. */
export interface Clients {
  readonly count: number;
  /** By id, ascending. */
  all(): Iterable<Client>;
  byId(id: number): Client | undefined;
  /** Holds commands back until Unix ms `untilMs`; of two pauses the stronger mode and later end. */
  pause(mode: PauseMode, untilMs: number): void;
  unpause(): void;
  readonly pauseMode: PauseMode;
  /** Notes that a command of this client waits for the end of the pause. */
  addPaused(client: Client): void;
  /** Sends every command that any client runs to this one (MONITOR). */
  monitor(client: Client): void;
  /** Makes a client as new: RESET. */
  reset(client: Client): void;
  /** The client's memory in bytes, as CLIENT LIST's tot-mem and client eviction count it. */
  memorySize(client: Client): number;
  /** Of all of them. */
  totalMemorySize(): number;
}
