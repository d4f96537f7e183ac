/**
 * What scripts and functions of Rusk have, for editors: so that a script is checked as it is typed.
 * It stands in for the libraries that TypeScript assumes, none of which exist in a script. Beside
 * the script, a `jsconfig.json`:
 *
 *     {
 *       "compilerOptions": {
 *         "noLib": true, "checkJs": true, "strict": true, "noImplicitAny": false,
 *         "types": [], "moduleDetection": "force"
 *       },
 *       "files": ["rusk-script.d.ts", "my-script.js"]
 *     }
 *
 * A `return` outside functions, which ends a script, is the one thing that editors complain of and
 * Rusk wants; libraries of functions have none.
 *
 * Strings are byte strings: each character is one byte, "\x00" to "\xff", and text is its UTF-8, so
 * that "é" has the length 2.
 */

/** The keys of EVAL and EVALSHA, counting from 1. [...KEYS] is an array, which counts from 0. */
declare const KEYS: KeyVector;
/** The other arguments of EVAL and EVALSHA, counting from 1. */
declare const ARGV: KeyVector;

/** Keys or arguments: read only, from 1 to `length`. */
interface KeyVector extends Iterable<string> {
  readonly 0: never;
  readonly length: number;
  readonly [index: number]: string;
}

/**
 * An integer beyond 2^53, of a reply, JSON or msgpack, which a number would round. It can be
 * compared, written, passed to redis.call and returned; arithmetic needs Number(it), which rounds.
 */
interface LargeInteger {
  readonly "an integer beyond 2^53": never;
}

/** An error that redis.call throws, redis.pcall returns, and a script can return. */
interface ErrorReply {
  err: string;
}
/** A status, such as that of SET: { ok: "OK" }. */
interface StatusReply {
  ok: string;
}

declare namespace redis {
  type Argument = string | number | LargeInteger;
  /** Integers are numbers, bulk strings are strings, arrays are arrays, nil is null. */
  type CommandReply = any;

  /** Runs a command. Throws its error: in catch, an object with `err`. */
  function call(command: string, ...args: Argument[]): CommandReply;
  /** Runs a command. Returns its error: an object with `err`. */
  function pcall(command: string, ...args: Argument[]): CommandReply;

  /** An error to return. A message of one word gets the code ERR. */
  function errorReply(message: string): ErrorReply;
  function error_reply(message: string): ErrorReply;
  /** A status to return. */
  function statusReply(status: string): StatusReply;
  function status_reply(status: string): StatusReply;

  /** The SHA-1 of a byte string, in 40 hexadecimal digits. */
  function sha1Hex(text: Argument): string;
  function sha1hex(text: Argument): string;

  /** Writes a line to the server's log. */
  function log(level: 0 | 1 | 2 | 3, ...texts: (string | number | boolean | null)[]): void;
  const LOG_DEBUG: 0;
  const LOG_VERBOSE: 1;
  const LOG_NOTICE: 2;
  const LOG_WARNING: 3;

  /** The version of RESP that replies to this script's commands are in: 2 until it says 3. */
  function setResp(version: 2 | 3): void;
  function setresp(version: 2 | 3): void;

  /** Which effects of the commands after it are told to the log and to replicas. */
  function setRepl(mask: 0 | 1 | 2 | 3): void;
  function set_repl(mask: 0 | 1 | 2 | 3): void;
  const REPL_NONE: 0;
  const REPL_AOF: 1;
  const REPL_REPLICA: 2;
  const REPL_SLAVE: 2;
  const REPL_ALL: 3;
  /** True: effects are always what is told. */
  function replicateCommands(): true;
  function replicate_commands(): true;

  /** Whether the user of the client may run a command. Throws if there is no such command. */
  function aclCheckCmd(command: string, ...args: Argument[]): boolean;
  function acl_check_cmd(command: string, ...args: Argument[]): boolean;

  type FunctionFlag =
    | "no-writes"
    | "allow-oom"
    | "allow-stale"
    | "no-cluster"
    | "allow-cross-slot-keys"
    | "atomic";
  /** What FCALL runs; its keys and arguments count from 1. */
  type Callback = (keys: KeyVector, args: KeyVector) => unknown;
  interface FunctionDefinition {
    name?: string;
    /** Redis's word for the name. */
    function_name?: string;
    callback: Callback;
    flags?: FunctionFlag[];
    description?: string;
  }
  /** Registers a function: at the top level of a library, while FUNCTION LOAD runs it. */
  function registerFunction(name: string, callback: Callback): void;
  function registerFunction(definition: FunctionDefinition): void;
  function register_function(name: string, callback: Callback): void;
  function register_function(definition: FunctionDefinition): void;

  /** There is no debugger: false. */
  function breakpoint(): false;
  /** There is no debugger: nothing. */
  function debug(...values: unknown[]): void;

  const REDIS_VERSION: string;
  const REDIS_VERSION_NUM: number;
}

declare namespace JSON {
  /**
   * The value of a text. Integers beyond 2^53 are large integers, \u escapes become UTF-8, and an
   * empty array stays an array.
   */
  function parse(text: string): any;
  /** The text of a value. There is no replacer: `null`, before the indentation. */
  function stringify(value: unknown, replacer?: null, space?: number | string): string;
}

/** MessagePack: the same bytes as cmsgpack of Redis's Lua. */
declare namespace msgpack {
  /** The bytes of the values, one after the other. */
  function pack(value: unknown, ...values: unknown[]): string;
  /** The value of bytes that hold exactly one. */
  function unpack(bytes: string): any;
  /** All the values that bytes hold, one after the other. */
  function unpackAll(bytes: string): any[];
}

/**
 * Numbers and strings as bytes, in the formats of Redis's struct: `>` `<` big and little endian,
 * `!n` alignment, `b` `B` `h` `H` `l` `L` `T` `in` `In` integers, `f` `d` floats, `s` strings ended
 * by a zero byte, `cn` strings of n bytes, `x` a zero byte.
 */
declare namespace struct {
  function pack(format: string, ...values: (string | number | LargeInteger)[]): string;
  /** The values, and at last the next position. Positions count from 1. */
  function unpack(format: string, bytes: string, position?: number): any[];
  function size(format: string): number;
}

/** Operations on 32 bits, as Lua's bit has them. */
declare namespace bit {
  function tobit(value: number): number;
  /** Hexadecimal digits: 8, or as many as said, in capitals if negative. */
  function tohex(value: number, digits?: number): string;
  function bnot(value: number): number;
  function bswap(value: number): number;
  function band(value: number, ...values: number[]): number;
  function bor(value: number, ...values: number[]): number;
  function bxor(value: number, ...values: number[]): number;
  function lshift(value: number, distance: number): number;
  function rshift(value: number, distance: number): number;
  function arshift(value: number, distance: number): number;
  function rol(value: number, distance: number): number;
  function ror(value: number, distance: number): number;
}

declare namespace Math {
  const E: number;
  const LN2: number;
  const LN10: number;
  const LOG2E: number;
  const LOG10E: number;
  const PI: number;
  const SQRT1_2: number;
  const SQRT2: number;
  function abs(x: number): number;
  function acos(x: number): number;
  function acosh(x: number): number;
  function asin(x: number): number;
  function asinh(x: number): number;
  function atan(x: number): number;
  function atan2(y: number, x: number): number;
  function atanh(x: number): number;
  function cbrt(x: number): number;
  function ceil(x: number): number;
  function clz32(x: number): number;
  function cos(x: number): number;
  function cosh(x: number): number;
  function exp(x: number): number;
  function expm1(x: number): number;
  function floor(x: number): number;
  function fround(x: number): number;
  function hypot(...values: number[]): number;
  function imul(x: number, y: number): number;
  function log(x: number): number;
  function log10(x: number): number;
  function log1p(x: number): number;
  function log2(x: number): number;
  function max(...values: number[]): number;
  function min(...values: number[]): number;
  function pow(x: number, y: number): number;
  /** From 0 up to 1. Goes on from script to script. */
  function random(): number;
  function round(x: number): number;
  function sign(x: number): number;
  function sin(x: number): number;
  function sinh(x: number): number;
  function sqrt(x: number): number;
  function tan(x: number): number;
  function tanh(x: number): number;
  function trunc(x: number): number;
}

interface ObjectConstructor {
  keys(value: object | string): string[];
  values<T>(value: { [name: string]: T } | readonly T[]): T[];
  values(value: object): unknown[];
  entries<T>(value: { [name: string]: T } | readonly T[]): [string, T][];
  entries(value: object): [string, unknown][];
  assign<T extends object, S>(target: T, ...sources: S[]): T & S;
  fromEntries<T>(pairs: readonly (readonly [string | number, T])[]): { [name: string]: T };
  hasOwn(value: object, name: string | number): boolean;
  is(a: unknown, b: unknown): boolean;
}
declare const Object: ObjectConstructor;

interface ArrayConstructor {
  new <T = unknown>(count: number): T[];
  new <T>(...values: T[]): T[];
  <T = unknown>(count: number): T[];
  <T>(...values: T[]): T[];
  isArray(value: unknown): value is unknown[];
  of<T>(...values: T[]): T[];
  from<T>(values: Iterable<T> | { readonly length: number; readonly [index: number]: T }): T[];
  from<T, U>(
    values: Iterable<T> | { readonly length: number; readonly [index: number]: T },
    map: (value: T, index: number) => U,
  ): U[];
}
declare const Array: ArrayConstructor;

interface NumberConstructor {
  /** The number that a value is, or NaN. Rounds a large integer. */
  (value?: unknown): number;
  readonly EPSILON: number;
  readonly MAX_SAFE_INTEGER: number;
  readonly MAX_VALUE: number;
  readonly MIN_SAFE_INTEGER: number;
  readonly MIN_VALUE: number;
  readonly NEGATIVE_INFINITY: number;
  readonly NaN: number;
  readonly POSITIVE_INFINITY: number;
  isFinite(value: unknown): value is number;
  isInteger(value: unknown): value is number;
  isNaN(value: unknown): boolean;
  isSafeInteger(value: unknown): value is number;
  parseFloat(text: string): number;
  parseInt(text: string, radix?: number): number;
}
declare const Number: NumberConstructor;

interface StringConstructor {
  (value?: unknown): string;
  /** Of bytes, 0 to 255. */
  fromCharCode(...bytes: number[]): string;
}
declare const String: StringConstructor;

interface BooleanConstructor {
  (value?: unknown): boolean;
}
declare const Boolean: BooleanConstructor;

declare function parseInt(text: string | number, radix?: number): number;
declare function parseFloat(text: string | number): number;
declare function isNaN(value: unknown): boolean;
declare function isFinite(value: unknown): boolean;
declare const NaN: number;
declare const Infinity: number;

/** What a script throws; uncaught, its message is the script's error reply. */
interface Error {
  name: string;
  message: string;
}
interface ErrorConstructor {
  new (message?: string): Error;
  (message?: string): Error;
}
declare const Error: ErrorConstructor;
declare const TypeError: ErrorConstructor;
declare const RangeError: ErrorConstructor;

/** A byte string. */
interface String extends Iterable<string> {
  readonly length: number;
  readonly [index: number]: string;
  at(index: number): string | undefined;
  charAt(index: number): string;
  /** A byte, 0 to 255; NaN beyond the end. */
  charCodeAt(index: number): number;
  concat(...texts: (string | number)[]): string;
  endsWith(text: string, end?: number): boolean;
  includes(text: string, from?: number): boolean;
  indexOf(text: string, from?: number): number;
  lastIndexOf(text: string, from?: number): number;
  /** By bytes. */
  localeCompare(other: string): number;
  padEnd(length: number, filling?: string): string;
  padStart(length: number, filling?: string): string;
  repeat(count: number): string;
  replace(sought: string, by: string | ((found: string, index: number) => string)): string;
  replaceAll(sought: string, by: string | ((found: string, index: number) => string)): string;
  slice(start?: number, end?: number): string;
  split(separator?: string, limit?: number): string[];
  startsWith(text: string, from?: number): boolean;
  substr(start: number, length?: number): string;
  substring(start: number, end?: number): string;
  /** ASCII only, as all of these. */
  toLowerCase(): string;
  toUpperCase(): string;
  toString(): string;
  trim(): string;
  trimEnd(): string;
  trimStart(): string;
}

interface Number {
  toFixed(digits?: number): string;
  toString(radix?: number): string;
}

interface Boolean {
  toString(): string;
}

/** Arrays have no holes: what is set beyond the end fills what is before it with undefined. */
interface Array<T> extends Iterable<T> {
  length: number;
  [index: number]: T;
  at(index: number): T | undefined;
  concat(...values: (T | readonly T[] | KeyVector)[]): T[];
  /** An array, as `keys` and `values`. */
  entries(): [number, T][];
  every(test: (value: T, index: number, array: T[]) => unknown): boolean;
  fill(value: T, start?: number, end?: number): this;
  filter(test: (value: T, index: number, array: T[]) => unknown): T[];
  find(test: (value: T, index: number, array: T[]) => unknown): T | undefined;
  findIndex(test: (value: T, index: number, array: T[]) => unknown): number;
  findLast(test: (value: T, index: number, array: T[]) => unknown): T | undefined;
  findLastIndex(test: (value: T, index: number, array: T[]) => unknown): number;
  flat(depth?: number): any[];
  flatMap<U>(map: (value: T, index: number, array: T[]) => U | readonly U[]): U[];
  forEach(visit: (value: T, index: number, array: T[]) => unknown): void;
  includes(value: T, from?: number): boolean;
  indexOf(value: T, from?: number): number;
  join(separator?: string): string;
  keys(): number[];
  lastIndexOf(value: T, from?: number): number;
  map<U>(map: (value: T, index: number, array: T[]) => U): U[];
  pop(): T | undefined;
  push(...values: T[]): number;
  reduce(step: (result: T, value: T, index: number, array: T[]) => T): T;
  reduce<U>(step: (result: U, value: T, index: number, array: T[]) => U, initial: U): U;
  reduceRight(step: (result: T, value: T, index: number, array: T[]) => T): T;
  reduceRight<U>(step: (result: U, value: T, index: number, array: T[]) => U, initial: U): U;
  reverse(): this;
  shift(): T | undefined;
  slice(start?: number, end?: number): T[];
  some(test: (value: T, index: number, array: T[]) => unknown): boolean;
  sort(compare?: (a: T, b: T) => number): this;
  splice(start: number, count?: number, ...values: T[]): T[];
  toSorted(compare?: (a: T, b: T) => number): T[];
  toString(): string;
  unshift(...values: T[]): number;
  values(): T[];
}

interface Object {
  hasOwnProperty(name: string | number): boolean;
}

// What TypeScript itself asks for. None of it can be named in a script.
interface ReadonlyArray<T> extends Iterable<T> {
  readonly length: number;
  readonly [index: number]: T;
}
interface Function {}
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
interface IArguments {}
interface RegExp {}
interface SymbolConstructor {
  readonly iterator: unique symbol;
}
declare const Symbol: SymbolConstructor;
interface Symbol {}
interface IteratorYieldResult<T> {
  done?: false;
  value: T;
}
interface IteratorReturnResult<R> {
  done: true;
  value: R;
}
type IteratorResult<T, R = unknown> = IteratorYieldResult<T> | IteratorReturnResult<R>;
interface Iterator<T, R = unknown, N = unknown> {
  next(...values: [] | [N]): IteratorResult<T, R>;
}
interface Iterable<T, R = unknown, N = unknown> {
  [Symbol.iterator](): Iterator<T, R, N>;
}
interface IterableIterator<T, R = unknown, N = unknown> extends Iterator<T, R, N> {
  [Symbol.iterator](): IterableIterator<T, R, N>;
}
