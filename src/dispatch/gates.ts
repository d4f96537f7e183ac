/**
 * Gates: bits that tell whether a command has to pass more than look-up and arity. They come from
 * three sides, and no two have the same bit:
 *
 *   Gate (calls/client.ts)   modes of the client that sent the command: bits 0 to 15
 *   ServerGate               what every command meets, whoever sends it: from bit 16 on
 *   COMMAND_GATES            flags of the command itself
 *
 * While none is on a command goes straight to its handler.
 */
import { HiddenFlag } from "../calls/command.ts";

/** What every command meets while it is on, whoever sends it. */
export const ServerGate = {
  /** Some client is in MONITOR. */
  monitor: 1 << 16,
  /** CLIENT PAUSE is in force. */
  pause: 1 << 17,
  /** maxmemory is set. */
  memory: 1 << 18,
  // 1 << 19 is HiddenFlag.protected.
  /** Writes need replicas (min-replicas-to-write), and there are none. */
  replicas: 1 << 20,
  /** The disk does not take what it should. */
  disk: 1 << 21,
  /** Data are being loaded. */
  loading: 1 << 22,
  /** Too much waits for the disk. */
  backlog: 1 << 23,
  /** The arena has no more than its reserve. */
  space: 1 << 24,
} as const;

/** Flags of a command that are a gate as well: who sends it has to pass its station, always. */
export const COMMAND_GATES = HiddenFlag.protected;
