/**
 * What may be begun when little space is left for data. A command that has begun cannot be undone,
 * so it must find what it needs: the arena's reserve is for that, and here is asked, before, who
 * may draw on it (docs/decisions/0016):
 *
 *   commands that may make the data grow (denyoom)       while there is more than the reserve
 *   those that note something beside the data (EXPIRE)   while there is half of it
 *   those that only take away (DEL)                      while there is an eighth of it
 *
 * So a server that is full can always be read, saved and emptied.
 */
import {
  ensure,
  OUT_OF_SPACE,
  RESERVED_SEGMENTS,
  SHRINKING_SEGMENTS,
  segmentsLeft,
} from "../arena/arena.ts";
import { isShortage } from "../arena/shortage.ts";
import { INPUT_BUFFER_SIZE } from "../base/limits.ts";
import { type Command, Flag, HiddenFlag } from "../calls/command.ts";
import type { Args } from "../protocol/args.ts";
import { CommandError } from "../protocol/errors.ts";

/** A command with no more bytes of arguments needs a small part of the reserve. */
export const SMALL_ARGUMENTS_SIZE = 2 * INPUT_BUFFER_SIZE;

/**
 * What an argument may take beside its bytes: an entry's header, its place in a sorted set's tree
 * or an order of deadlines, its slots in two hash tables, all rounded up.
 */
const ARGUMENT_OVERHEAD = 128;
/** Blocks are rounded up, and those that grow have some room, or are copied once. */
const ROOM_FACTOR = 2;

const TOO_LARGE = new CommandError(
  "OOM command not allowed: it takes more memory than the server can get",
);

/** Why the command may not begin, while space is scarce; null when it may. */
export function spaceRefusal(command: Command, effects: number): CommandError | null {
  if ((effects & (Flag.write | Flag.denyoom)) === 0) return null;
  // Each of a transaction's commands is asked about when its turn comes.
  if (command.name === "exec" && (effects & Flag.denyoom) === 0) return null;
  return segmentsLeft() > segmentsNeeded(command, effects) ? null : OUT_OF_SPACE;
}

function segmentsNeeded({ flags }: Command, effects: number): number {
  if ((effects & Flag.denyoom) !== 0) return RESERVED_SEGMENTS;
  return (flags & HiddenFlag.shrinking) !== 0 ? SHRINKING_SEGMENTS : RESERVED_SEGMENTS >> 1;
}

/**
 * Throws OUT_OF_SPACE when a command with large arguments may need more than there is; the log is
 * told of them as well.
 */
export function ensureRoom({ flags }: Command, args: Args, isLogged: boolean): void {
  if ((flags & (Flag.write | HiddenFlag.shrinking)) !== Flag.write) return;
  let size = 0;
  for (let i = 0; i < args.count; i++) size += args.size[i];
  ensure(size * (isLogged ? ROOM_FACTOR + 1 : ROOM_FACTOR) + args.count * ARGUMENT_OVERHEAD);
}

/** A command has failed when it had changed something: the data are not what they should be. */
class HalfDone extends Error {}

/**
 * The reply to a command that threw, if it can be one: a client's mistake always is, and so is
 * memory that could not be had (of JavaScript's, too) as long as nothing has changed. Throws the
 * rest on: then the data are no longer what they should be, and the log has them as they were.
 */
export function replyFor(error: unknown, hasChanged: boolean): CommandError {
  if (error instanceof CommandError && error !== OUT_OF_SPACE) return error;
  if (!isShortage(error)) throw error;
  if (hasChanged) throw new HalfDone("there is no memory to end a command", { cause: error });
  return error === OUT_OF_SPACE ? OUT_OF_SPACE : TOO_LARGE;
}
