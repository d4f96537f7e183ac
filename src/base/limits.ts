/** Every limit that is ours rather than a directive's, with its reason. */

/**
 * Bytes read at once from one socket: enough for a deep pipeline, and little enough that the
 * others' commands need not wait for long.
 */
export const INPUT_BUFFER_SIZE = 128 << 10;

/**
 * Of a client whose last request was a large one so much is read at once: what comes before the
 * next large argument, which is then read to where it stays.
 */
export const HEAD_READ_SIZE = 4 << 10;

/**
 * What is there of a command that is not whole is copied to where what follows is read, if it is no
 * more than this.
 */
export const JOINED_SIZE_MAX = 32 << 10;

/** Commands that have not arrived whole may take so much of the arena; others lie outside. */
export const INPUT_BLOCKS_SIZE_MAX = 2 ** 31;

/**
 * A client with this much unread output, and no output limit of its own, is not read from until it
 * has taken half: memory stays bounded and no other client notices. Far above what a client that
 * writes a whole pipeline before it reads can expect to have buffered.
 */
export const UNREAD_OUTPUT_SIZE_MAX = 64 << 20;

/** Replies of one turn above this leave before the turn's end, so that its buffer stays small. */
export const TURN_OUTPUT_SIZE_MAX = 4 << 20;

/**
 * A reply is put together in pieces of this size: no copying beyond it, and a client that takes its
 * reply slowly gives memory back piece by piece.
 */
export const REPLY_PIECE_SIZE = 4 << 20;

/**
 * A client whose output comes to this part of the machine's memory is closed, whatever limit is
 * set: one more command of its kind and the system would end the process.
 */
export const OUTPUT_MEMORY_PART = 0.5;

/**
 * A client whose pipeline is answered with more than this lets the others have their turn before
 * it goes on; as does the sending of what waits for one client.
 */
export const RUN_OUTPUT_SIZE_MAX = 8 << 20;

/**
 * Memory that is kept for a shortage is in pieces of this size, as large as slabs may be: who asks
 * for no more at once finds it in what they leave behind.
 */
export const BALLAST_PIECE_SIZE = 8 << 20;

/**
 * What is told of changes in one turn is kept in pieces of this size: it may be any amount, and
 * must be had when there is no other memory any more.
 */
export const LOG_PIECE_SIZE = BALLAST_PIECE_SIZE;

/**
 * While more than this waits for the disk (changes that are not written to the log, and replies
 * that show them), clients that would add to it are not read from. Far more than what is written
 * during a slow sync, so that it is met when the disk stands still, and little enough to have.
 */
export const BACKLOG_SIZE_MAX = 64 << 20;

/**
 * When clients of one turn have waited for eviction for so long, each lets the others have their
 * turn after every command: a pipeline of hundreds would keep them waiting for as many waits
 * (maxmemory-eviction-tenacity). It is ten waits by default, which nobody notices.
 */
export const EVICTION_TURN_MS = 5;

/** Output that a socket does not take is kept in pieces of this size, but for the first ones. */
export const OUTPUT_PIECE_SIZE = 16 << 10;

/** The server's timer runs this often at most (hz), and its slices of work are this long. */
export const SLICE_MS = 1;

/** The longest string that the server holds: `proto-max-bulk-len` cannot be above. */
export const STRING_SIZE_MAX = 1 << 30;

/** The longest string in an RDB file or a DUMP payload: no block of the arena is larger. */
export const RDB_STRING_SIZE_MAX = STRING_SIZE_MAX;
