/**
 * Every limit of a running script, with its reason. What passes one is an error of the script (a
 * RangeError that it may catch), but for memory and reply, which end it.
 */

/** What an operator may set, once for all scripts. */
export const adjustable = {
  /** By how much one run may make the process grow, in bytes: directive script-memory-limit. */
  memorySize: 256 << 20,
};

/**
 * Units of work between two looks at the clock: 30 to 500 us. A unit is a turn of a loop or the
 * call of a function; built-ins take units in proportion to their work, some 20 ns each.
 */
export const FUEL = 20_000;

/** What a thrown and caught error takes: unwinding costs microseconds. */
export const CATCH_FUEL = 60;

/** What a stack overflow takes on top of it: hundreds of frames are unwound. */
export const OVERFLOW_FUEL = 200;

/**
 * Counted bytes between two looks at the real figure. Counts are estimates, at worst a quarter of
 * what an engine takes for it: so at most four times this is made unseen.
 */
export const MEMORY_QUANTUM = 32 << 20;

/** Counted bytes before the first look, which stores what is there: most scripts never get here. */
export const FIRST_MEMORY_QUANTUM = 4 << 20;

/**
 * Counted at each look at the clock, for what nothing else counts: closures and their variables, of
 * which one unit of work makes a few.
 */
export const TICK_MEMORY = 1 << 20;

/**
 * Depth of calls, weighted by the size of frames. At this depth more than a third of the host's
 * stack is free for the command that redis.call runs: a data structure is never left half changed.
 */
export const DEPTH_MAX = 1000;

/** Bytes of a string that a script makes: strings are copied whole, without a pause. */
export const STRING_SIZE_MAX = 32 << 20;

/** Elements of an array: engines turn larger ones with little in them into hash tables. */
export const ARRAY_COUNT_MAX = 4 << 20;

/** Bytes of a property's name: engines keep each name once, in a table of their own. */
export const NAME_SIZE_MAX = 8 << 10;

/** Arguments that `f(...list)` can pass: they lie on the host's stack. */
export const SPREAD_COUNT_MAX = 8000;

/** Arguments of redis.call, as of any client, and their bytes. */
export const CALL_ARGUMENT_COUNT_MAX = 1 << 20;
export const CALL_SIZE_MAX = 512 << 20;

/** Nesting of JSON, msgpack and flat(). */
export const NESTING_MAX = 1000;

/** Characters of an error's text in a reply; the rest is left out. */
export const MESSAGE_SIZE_MAX = 4096;
