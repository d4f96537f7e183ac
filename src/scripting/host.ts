/** What a script reaches of the server: whoever has it run gives it this. */
import type { ScriptValue } from "./value.ts";

/** A function that a library registers: redis.registerFunction. */
export interface FunctionDefinition {
  readonly name: string;
  readonly callback: ScriptValue;
  readonly description: string | null;
  /** Names of SCRIPT_FLAGS. */
  readonly flags: readonly string[];
}

export interface ScriptHost {
  /**
   * Runs a command of these byte strings, one at least; its reply as scripts have it. An error
   * reply is an object with `err`: redis.call throws it, redis.pcall returns it.
   */
  call(args: string[]): ScriptValue;
  /** Monotonic, in ms. */
  now(): number;
  /** Memory of the process that a script can make grow, in bytes; a cheap look. */
  memorySize(): number;
  /** Has garbage collected, where the runtime can. */
  collect(): void;
  /** redis.log; the level is one of Redis's, 0 (debug) to 3 (warning). */
  log(level: number, text: string): void;
  /** redis.setresp: in which version replies to this script's commands are. */
  setProtocol(version: 2 | 3): void;
  /** redis.set_repl: which effects are told, a mask of REPL_AOF (1) and REPL_REPLICA (2). */
  setReplication(mask: number): void;
  /** redis.acl_check_cmd: whether the client may run this; an error object if there is no such. */
  mayRun(args: string[]): ScriptValue;
  /** redis.registerFunction; null unless a library is being loaded. */
  readonly register: ((definition: FunctionDefinition) => void) | null;
}
