/** What the code of a library reaches while it is loaded: it registers functions, and logs. */
import type { FunctionDefinition, ScriptHost } from "./host.ts";
import { ScriptObject, type ScriptValue } from "./value.ts";

/** What is the same for whatever runs. */
export type HostMachine = Pick<ScriptHost, "now" | "memorySize" | "collect" | "log">;

const NOT_YET = "ERR a library can run commands only in its functions, not while it is loaded";

export class LibraryHost implements ScriptHost {
  /** What the code did that it must not, whether or not it caught the error of that. */
  misuse: string | null = null;
  readonly register: (definition: FunctionDefinition) => void;
  private readonly machine: HostMachine;

  /** `register` says why a definition is refused. */
  constructor(machine: HostMachine, register: (definition: FunctionDefinition) => string | null) {
    this.machine = machine;
    this.register = (definition) => this.note(register(definition));
  }

  call(): ScriptValue {
    return this.refuse();
  }

  mayRun(): ScriptValue {
    return this.refuse();
  }

  setProtocol(): void {
    this.note(NOT_YET);
  }

  setReplication(): void {
    this.note(NOT_YET);
  }

  now(): number {
    return this.machine.now();
  }

  memorySize(): number {
    return this.machine.memorySize();
  }

  collect(): void {
    this.machine.collect();
  }

  log(level: number, text: string): void {
    this.machine.log(level, text);
  }

  private refuse(): ScriptValue {
    this.note(NOT_YET);
    const error = new ScriptObject();
    error.err = NOT_YET;
    return error;
  }

  private note(problem: string | null): void {
    this.misuse ??= problem;
  }
}
