/**
 * A library of functions: code whose first line names it, and which registers functions when it
 * runs, once, as it is loaded. What its top level declares stays for as long as the library does:
 *
 *   #!js name=mylib
 *   let calls = 0;
 *   redis.registerFunction('count', () => ++calls);
 *
 * Texts of errors are Redis's.
 */
import { latin1 } from "../base/bytes.ts";
import { CommandError } from "../protocol/errors.ts";
import { Execution, type ScriptFailure } from "./execution.ts";
import { countedSize, countMemory } from "./guards/meter.ts";
import type { FunctionDefinition } from "./host.ts";
import { type HostMachine, LibraryHost } from "./library_host.ts";
import { LibraryUse } from "./library_memory.ts";
import { CompileError, compileScript, type Script } from "./script.ts";
import { SCRIPT_FLAGS } from "./script_flags.ts";
import { hasShebang, readShebang } from "./shebang.ts";
import { NO_ARGUMENTS, NO_KEYS, type ScriptFunction } from "./value.ts";

/** The only engine, as replies name it; libraries may do so in any case. */
export const ENGINE = "JS";

/** Bytes that a function takes, with what refers to it, roughly. */
const FUNCTION_SIZE = 512;
const NAME = /^\w+$/;
const NAME_OPTION = /^name=/i;
const BAD_NAME =
  "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least " +
  "one character long";
const NO_METADATA = new CommandError("ERR Missing library metadata");
const BAD_METADATA = new CommandError("ERR Invalid library metadata");
const TWO_NAMES = new CommandError(
  "ERR Invalid metadata value, name argument was given multiple times",
);
const NO_NAME = new CommandError("ERR Library name was not given");
const NO_FUNCTIONS = new CommandError("ERR No functions registered");
const TIMEOUT = "ERR FUNCTION LOAD timeout";
const TWICE = "ERR Function already exists in the library";

/** A function that a library has registered: what FCALL runs. */
export class LibraryFunction {
  readonly kind = "function";
  readonly name: string;
  readonly library: Library;
  readonly callback: ScriptFunction;
  /** Mask of ScriptFlag. */
  readonly flags: number;
  readonly description: string | null;
  readonly mayRunLong: boolean;

  constructor(library: Library, { name, callback, description, flags }: FunctionDefinition) {
    this.name = name;
    this.library = library;
    this.callback = callback as ScriptFunction;
    this.flags = flags.reduce((mask, flag) => mask | (SCRIPT_FLAGS.get(flag) ?? 0), 0);
    this.description = description;
    this.mayRunLong = library.mayRunLong;
  }
}

export interface Library {
  readonly name: string;
  readonly code: Uint8Array;
  /** In the order in which they were registered; at least one. */
  readonly functions: readonly LibraryFunction[];
  /** Whether something in it may run for long: see Script. */
  readonly mayRunLong: boolean;
  readonly use: LibraryUse;
}

/** The name that the first line of a library gives; throws a CommandError: of other engines too. */
export function libraryName(code: Uint8Array): string {
  const text = latin1(code, 0, code.length);
  if (!hasShebang(text)) throw NO_METADATA;
  const shebang = readShebang(text);
  if (typeof shebang === "string") throw BAD_METADATA;
  let name: string | null = null;
  for (const option of shebang.options) {
    if (!NAME_OPTION.test(option)) {
      throw new CommandError(`ERR Invalid metadata value given: ${option}`);
    }
    if (name !== null) throw TWO_NAMES;
    name = option.slice("name=".length);
  }
  if (name === null) throw NO_NAME;
  if (!NAME.test(name)) throw new CommandError(BAD_NAME);
  if (shebang.engine.toUpperCase() !== ENGINE) {
    throw new CommandError(`ERR Engine '${shebang.engine}' not found`);
  }
  return name;
}

/** Compiles the code of a library and runs its top level; throws a CommandError. */
export function loadLibrary(
  name: string,
  code: Uint8Array,
  machine: HostMachine,
  timeLimitMs: number,
): Library {
  const functions: LibraryFunction[] = [];
  const names = new Set<string>();
  const script = compiled(code);
  const { mayRunLong } = script;
  const library = { name, code, functions, mayRunLong, use: new LibraryUse() };
  const host = new LibraryHost(machine, (definition) => {
    const problem = problemOf(definition, names);
    if (problem !== null) return problem;
    countMemory(FUNCTION_SIZE);
    names.add(definition.name.toLowerCase());
    functions.push(new LibraryFunction(library, definition));
    return null;
  });
  const execution = Execution.ofScript(script, NO_KEYS, NO_ARGUMENTS, host);
  if (!execution.step(machine.now() + timeLimitMs)) execution.kill(TIMEOUT);
  library.use.end(countedSize());
  const problem = host.misuse ?? failureText(execution.failure);
  if (problem !== null) throw new CommandError(`ERR Error registering functions: ${problem}`);
  if (functions.length === 0) throw NO_FUNCTIONS;
  return library;
}

function compiled(code: Uint8Array): Script {
  try {
    return compileScript(latin1(code, 0, code.length), "library");
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { line, message } = error;
    throw new CommandError(`ERR Error compiling function: user_function:${line}: ${message}`);
  }
}

function failureText(failure: ScriptFailure | null): string | null {
  if (failure === null || failure.isReply) return failure?.message ?? null;
  return failure.message.replace(/^ERR /, `ERR user_function:${failure.line}: `);
}

/** Why a function cannot be registered beside those of these names, which are in lower case. */
function problemOf({ name }: FunctionDefinition, names: ReadonlySet<string>): string | null {
  if (!NAME.test(name)) return BAD_NAME;
  return names.has(name.toLowerCase()) ? TWICE : null;
}
