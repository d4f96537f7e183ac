/**
 * What the server has against a script, or against what it wants to write: the questions of
 * stations/ that Redis asks again when a script starts, and before its first write. Texts are
 * Redis's.
 */
import { type Command, Flag } from "../calls/command.ts";
import type { ScriptProgram, ScriptRules } from "../calls/scripts.ts";
import { CommandError } from "../protocol/errors.ts";
import { ScriptFlag } from "../scripting/script_flags.ts";
import { ServerGate } from "./gates.ts";
import { OUT_OF_MEMORY } from "./stations/memory.ts";
import { NO_REPLICAS, NOT_SAVED } from "./stations/safety.ts";
import type { Stations } from "./stations/stations.ts";

const NOT_READ_ONLY = new CommandError(
  "ERR Can not execute a script with write flag using *_ro command.",
);
const NO_MEMORY = new CommandError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
);
const NOT_SAVED_FOR_SCRIPTS = new CommandError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    "disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts.",
);
/** How the error of a log that cannot be written begins, and what a script is told instead. */
const LOG_PROBLEM = /^MISCONF Errors writing to the AOF file: /;
const LOG_PROBLEM_FOR_SCRIPTS =
  "MISCONF Redis is configured to persist data to AOF, but it's currently unable to persist to " +
  "disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts. AOF error: ";

const GATES = ServerGate.memory | ServerGate.disk | ServerGate.replicas;

/** Where gates and stations are: the dispatcher. */
export interface GateKeeper {
  readonly gates: number;
  readonly stations: Stations;
}

export class ServerScriptRules implements ScriptRules {
  private readonly keeper: GateKeeper;
  /** More than maxmemory was in use, and nothing could be evicted, when the script began. */
  private lacksMemory = false;

  constructor(keeper: GateKeeper) {
    this.keeper = keeper;
  }

  refuseStart({ flags }: ScriptProgram, isReadOnly: boolean): CommandError | null {
    this.lacksMemory = this.isOn(ServerGate.memory);
    // Old scripts say nothing of themselves.
    if (flags === null) return null;
    const mayWrite = (flags & ScriptFlag.no_writes) === 0;
    if (mayWrite) {
      if (this.isOn(ServerGate.disk)) return forScripts(this.keeper.stations.disk.problem);
      if (isReadOnly) return NOT_READ_ONLY;
      if (this.isOn(ServerGate.replicas)) return NO_REPLICAS;
    }
    const needsMemory = mayWrite && (flags & ScriptFlag.allow_oom) === 0;
    return needsMemory && this.lacksMemory ? NO_MEMORY : null;
  }

  refuseCommand(command: Command, { flags }: ScriptProgram): CommandError | null {
    if ((this.keeper.gates & GATES) === 0) return null;
    if ((command.flags & Flag.write) !== 0) {
      if (this.isOn(ServerGate.disk)) return this.keeper.stations.disk.problem;
      if (this.isOn(ServerGate.replicas)) return NO_REPLICAS;
    }
    const isAllowed = flags !== null && (flags & ScriptFlag.allow_oom) !== 0;
    const needsMemory = !isAllowed && (command.flags & Flag.denyoom) !== 0;
    return needsMemory && this.lacksMemory ? OUT_OF_MEMORY : null;
  }

  private isOn(gate: number): boolean {
    return (this.keeper.gates & gate) !== 0;
  }
}

function forScripts(problem: CommandError): CommandError {
  if (problem === NOT_SAVED) return NOT_SAVED_FOR_SCRIPTS;
  return new CommandError(problem.message.replace(LOG_PROBLEM, LOG_PROBLEM_FOR_SCRIPTS));
}
