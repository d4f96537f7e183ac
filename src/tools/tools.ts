/**
 * What the program does besides serving: `rusk export`, `rusk import` and `rusk check-snapshot`,
 * `rusk check-aof`, and `rusk script-check`. None needs more memory for a larger file, but for its
 * largest value.
 */
import { followThresholds } from "../values/thresholds.ts";
import { checkLog } from "./check_log.ts";
import { checkScripts } from "./check_script.ts";
import { checkSnapshot, exportFile, FORCE, importFile, RDB, type Request } from "./data_tools.ts";
import { innerName, STANDARD } from "./tool_files.ts";
import { usageOf } from "./tool_help.ts";
import type { ToolParts } from "./tool_parts.ts";

/** Words that are no options of the server's, as is `FORCE`. */
const INCOMPLETE = "--incomplete";
const FORMAT = "--format";
const FORMATS = [RDB, "json", "msgpack"];

type Tool = (request: Request, parts: ToolParts) => Promise<void>;

const TOOLS: Readonly<Record<string, Tool>> = {
  export: exportFile,
  import: importFile,
  "check-snapshot": checkSnapshot,
};

/** The words that each tool knows and the server does not. */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  export: [FORMAT, FORCE, INCOMPLETE],
  import: [FORCE, INCOMPLETE],
  "check-snapshot": [],
};

/** Runs the tool that a command line names; returns the exit code. */
export async function runTool(args: readonly string[], parts: ToolParts): Promise<number> {
  const [name, file, ...words] = args;
  const isOfData = Object.hasOwn(TOOLS, name);
  if (isOfData && (file === undefined || (file.startsWith("-") && file !== STANDARD))) {
    parts.writeError(`Usage:\n${usageOf(name)}`);
    return 1;
  }
  // While check-aof asks a question nothing else is seen to, and it makes no file.
  if (isOfData) {
    parts.onEndSignal(() => {
      for (const remove of parts.unfinished) remove();
    });
  }
  try {
    if (name === "check-aof") return await checkLog(args.slice(1), parts);
    if (name === "script-check") return await checkScripts(args.slice(1), parts);
    await TOOLS[name](requestOf(name, file, words, parts), parts);
    return 0;
  } catch (error) {
    parts.writeError(`rusk ${name}: ${(error as Error).message}\n`);
    return 1;
  }
}

function requestOf(name: string, file: string, words: string[], parts: ToolParts): Request {
  // The configuration may go to another folder.
  const path = file === STANDARD ? file : parts.absolutePath(file);
  const stray = words.find(
    (word) => !OWN_WORDS[name].includes(word) && Object.values(OWN_WORDS).flat().includes(word),
  );
  if (stray !== undefined) throw new Error(`${stray} means nothing here`);
  const { format, others } = formatIn(words);
  const own = others.filter((word) => OWN_WORDS[name].includes(word));
  const config = parts.readConfig(others.filter((word) => !OWN_WORDS[name].includes(word)));
  followThresholds(config);
  return {
    file: path,
    config,
    format: format ?? formatOfName(path),
    isForced: own.includes(FORCE),
    allowsLoss: own.includes(INCOMPLETE) || config.flag("load-incomplete"),
  };
}

/** What `--format` says, if it is there, and the words without it. */
function formatIn(words: string[]): { format: string | null; others: string[] } {
  const at = words.indexOf(FORMAT);
  if (at < 0) return { format: null, others: words };
  const format = words[at + 1];
  if (!FORMATS.includes(format)) {
    const what = format === undefined ? "needs a word" : `${format} is unknown`;
    throw new Error(`${FORMAT} ${what}: one of ${FORMATS.join(", ")}`);
  }
  return { format, others: words.toSpliced(at, 2) };
}

/** The format that a file's name asks for. */
function formatOfName(path: string): string {
  const name = innerName(path);
  return FORMATS.find((format) => name.endsWith(`.${format}`)) ?? RDB;
}
