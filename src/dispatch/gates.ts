/**
 * Gates: bits that tell whether a command has to pass more than look-up and arity. They come from
 * three sides, and no two have the same bit:
 *
 *   Gate (calls/client.ts)   modes of the client that sent the command: bits 0 to 15
 *   COMMAND_GATES            flags of the command itself
 *   ServerGate               what every command meets, whoever sends it: other bits from 17 on
 *
 * While none is on a command goes straight to its handler.
 */
import { Flag, HiddenFlag } from "../calls/command.ts";

/** What every command meets while it is on, whoever sends it. */
export const ServerGate = {
  /** Some client is in MONITOR. */
  monitor: 1 << 17,
  /** CLIENT PAUSE is in force. */
  pause: 1 << 18,
  /** maxmemory is set. */
  memory: 1 << 20,
  /** Writes need replicas (min-replicas-to-write), and there are none. */
  replicas: 1 << 21,
  /** The disk does not take what it should. */
  disk: 1 << 22,
  /** Data are being loaded. */
  loading: 1 << 23,
  /** Too much waits for the disk. */
  backlog: 1 << 24,
  /** The arena has no more than its reserve. */
  space: 1 << 25,
  /** A script has run for longer than busy-reply-threshold, and is not over. */
  busy: 1 << 26,
} as const;

/** Flags of a command that are gates as well: bits 16 and 19. */
export const COMMAND_GATES = Flag.no_multi | HiddenFlag.protected;
