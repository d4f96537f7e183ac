/** What is said while a script has run for longer than busy-reply-threshold: Redis's words. */
import { CommandError } from "../protocol/errors.ts";
import type { ScriptKind } from "./scripts.ts";

const busyError = (kill: string) =>
  new CommandError(
    `BUSY Redis is busy running a script. You can only call ${kill} or SHUTDOWN NOSAVE.`,
  );

/** By what it is that runs. */
export const BUSY: Readonly<Record<ScriptKind, CommandError>> = {
  script: busyError("SCRIPT KILL"),
  function: busyError("FUNCTION KILL"),
};

export const NOT_BUSY = new CommandError("NOTBUSY No scripts in execution right now.");

export const UNKILLABLE = new CommandError(
  "UNKILLABLE Sorry the script already executed write commands against the dataset. You can " +
    "either wait the script termination or kill the server in a hard way using the SHUTDOWN " +
    "NOSAVE command.",
);
