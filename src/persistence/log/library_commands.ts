/**
 * What an append-only log tells of libraries of functions, which are kept and not run: Redis logs
 * each FUNCTION command that has changed something as it came.
 */
import type { Libraries } from "../../keyspace/libraries.ts";
import type { Args } from "../../protocol/args.ts";
import { isIntact, librariesOf } from "../rdb/dump_payload.ts";
import { Malformed } from "../rdb/rdb_format.ts";

const SUBCOMMAND = 1;
/** A name, a payload, or what decides about those that are there. */
const FIRST = 2;
const POLICY = 3;

/** Carries out a FUNCTION command of a log; why it cannot be one, or null. */
export function replayFunction(args: Args, libraries: Libraries): string | null {
  if (args.count < 2) return "FUNCTION without a subcommand";
  if (args.is(SUBCOMMAND, "load") && args.count > FIRST) {
    libraries.add(args.copy(args.count - 1));
  } else if (args.is(SUBCOMMAND, "delete") && args.count > FIRST) {
    libraries.remove(args.text(FIRST));
  } else if (args.is(SUBCOMMAND, "flush")) {
    libraries.clear();
  } else if (args.is(SUBCOMMAND, "restore") && args.count > FIRST) {
    return restore(args, libraries);
  } else {
    return `Unknown command 'FUNCTION ${args.text(SUBCOMMAND, 128)}'`;
  }
  return null;
}

function restore(args: Args, libraries: Libraries): string | null {
  const payload = args.copy(FIRST);
  if (!isIntact(payload, 0, payload.length, true)) return "FUNCTION RESTORE of a broken payload";
  try {
    const codes = librariesOf(payload);
    if (args.count > POLICY && args.is(POLICY, "flush")) libraries.clear();
    for (const code of codes) libraries.add(code);
    return null;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return `FUNCTION RESTORE of ${error.message}`;
  }
}
