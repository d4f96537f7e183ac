/**
 * What the process is to be: a server, or one of the program's tools, by its first word or by the
 * name of Redis's program that it was started under, through a link. The tools themselves are
 * loaded when one of them is asked for: a server has none of them in memory.
 */

/** What a command line asks for. */
export interface Program {
  /** The tool's name; null: a server. */
  readonly tool: string | null;
  /** The words for it. */
  readonly args: readonly string[];
  /** The program of Redis's that it was started as ("redis-cli"); null: as itself. */
  readonly actsAs: string | null;
}

/** The tools that are asked for by name, as the help lists them. */
export const TOOL_NAMES = [
  "cli",
  "benchmark",
  "export",
  "import",
  "check-snapshot",
  "check-aof",
  "script-check",
] as const;

/** What the server's own options ask for instead of a server. */
const INSTEAD: Readonly<Record<string, string>> = {
  "-v": "version",
  "--version": "version",
  "-h": "help",
  "--help": "help",
  "--test-memory": "test-memory",
  "--check-system": "check-system",
};

/** Names that begin otherwise, and go on, are these as well, as in Redis: redis-check-rdb-7.0. */
const LINK = /(?:redis|valkey)-(server|sentinel|cli|benchmark|check-aof|check-rdb)[^/]*$/;

/** The program that is asked for by what it was started as, and the words after that. */
export function programOf(startedAs: string, args: readonly string[]): Program {
  const link = LINK.exec(startedAs)?.[1] ?? null;
  const actsAs = link === null ? null : `redis-${link}`;
  if (link !== null && link !== "server") return { tool: link, args, actsAs };
  const [first] = args;
  if (args.includes("--sentinel")) return { tool: "sentinel", args, actsAs };
  if (Object.hasOwn(INSTEAD, first)) return { tool: INSTEAD[first], args: args.slice(1), actsAs };
  const isTool = actsAs === null && (TOOL_NAMES as readonly string[]).includes(first);
  return isTool ? { tool: first, args: args.slice(1), actsAs } : { tool: null, args, actsAs };
}
