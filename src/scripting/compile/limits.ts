/**
 * Every limit of a script's text, with its reason. Compiling cannot pause, so each keeps the worst
 * text that a client can send below some 300 ms. What passes one is a compile error.
 */

/** Bytes of a text. */
export const SOURCE_SIZE_MAX = 256 << 10;

/** Nodes of its tree. */
export const NODE_COUNT_MAX = 100_000;

/** How deep expressions and statements are nested: the walks over the tree recurse. */
export const NESTING_MAX = 500;

/**
 * Variables, parameters included, of one function: they lie on the host's stack, and acorn looks
 * through all of a scope for each (40,000 in one take it half a minute).
 */
export const VARIABLE_COUNT_MAX = 250;

/**
 * Variables of a script. They are looked up in a Map, whose hash a text can be made against: this
 * many that collide take 100 ms.
 */
export const SCRIPT_VARIABLE_COUNT_MAX = 10_000;

/** Arguments and parameters: they lie on the host's stack. redis.call takes them in an array. */
export const ARGUMENT_COUNT_MAX = 250;

/**
 * Operations between two looks at the fuel, at most: one of them, on the longest array or string,
 * takes some 10 ms. A function with no more than these need not be able to stop.
 */
export const LOOK_OPERATION_COUNT = 16;

/** How much of a text a look at whether it is Lua reads: enough to tell, whatever the text is. */
export const LUA_LOOK_SIZE = 8 << 10;

/** Characters that a message shows of a name. */
export const SHOWN_SIZE_MAX = 60;

/**
 * Literals of a script that are handed to its code instead of standing in it: more make each call
 * longer than they save.
 */
export const CONSTANT_COUNT_MAX = 12;

/**
 * Pieces of code, and bytes of one, of which what the host made is kept for scripts that have the
 * same: some 10 KB each.
 */
export const SHARED_CODE_COUNT_MAX = 128;
export const SHARED_CODE_SIZE_MAX = 4 << 10;

/**
 * Texts, and bytes of one, that others are compared with to find out whether they differ in
 * literals alone; and how many of them that look the same without what could be a literal (the
 * names of commands, say, are literals of method calls).
 */
export const ALIKE_COUNT_MAX = 128;
export const ALIKE_SIZE_MAX = 1 << 10;
export const ALIKE_TEXTS_MAX = 4;
