/** Faults that a process may have. */
export type CrashKind = "segfault" | "panic" | "assert";

/** What only DEBUG does: no other command may stop the process, or end it without more ado. */
export interface ServerControl {
  /** Stops the whole server for so long. */
  sleep(ms: number): void;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Ends the process as if it had a fault of its own, with a report in the log. */
  crash(kind: CrashKind): void;
  /** Whether keys expire without being asked for. */
  expireByItself(on: boolean): void;
}
