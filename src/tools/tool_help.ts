/**
 * What the program tells of its tools, and by which names it knows them. The tools themselves are
 * loaded when one of them is asked for: a server has none of them in memory.
 */

export const CHECK_LOG = "check-aof";
export const CHECK_LOG_HELP =
  "       rusk check-aof [--fix|--truncate-to-timestamp SECONDS] " +
  "<FILE.manifest|FILE.aof|-> [options]\n";

export const SCRIPT_CHECK = "script-check";
export const SCRIPT_CHECK_HELP = "       rusk script-check <FILE|-> [FILE ...]\n";

const TOOL_NAMES: readonly (string | undefined)[] = [
  "export",
  "import",
  "check-snapshot",
  CHECK_LOG,
  SCRIPT_CHECK,
];

/** How the tools are called, for the program's help. */
export const TOOLS_HELP = `\
       rusk export <FILE|-> [--format rdb|json|msgpack] [--incomplete] [/path/to/redis.conf]
                   [options]
       rusk import <FILE|-> [--force] [--incomplete] [/path/to/redis.conf] [options]
       rusk check-snapshot <FILE|-> [options]
${CHECK_LOG_HELP}${SCRIPT_CHECK_HELP}`;

/** Whether the first word of a command line is a tool's name. */
export const isTool = (name: string | undefined) => TOOL_NAMES.includes(name);
