/**
 * What the program tells of itself and of its tools, in one table: its help, the manual and the
 * completions of shells are made from it.
 */
import type { Option } from "../base/option.ts";
import { REDIS_VERSION } from "../base/version.ts";
import { BENCHMARK_OPTIONS } from "../benchmark/options.ts";
import { CLIENT_OPTIONS } from "../client/options.ts";
import type { TOOL_NAMES } from "./programs.ts";

/** What is told of one tool. */
export interface ToolPage {
  /** In a line, without a full stop. */
  readonly about: string;
  /** The ways to call it, without `rusk` and its name. */
  readonly usage: readonly string[];
  readonly options: readonly Option[];
  /** All else, in paragraphs. */
  readonly text: string;
}

type ToolName = (typeof TOOL_NAMES)[number];

const HELP: Option = { names: ["-h", "--help"], about: "Tells how it is called" };
const INCOMPLETE: Option = {
  names: ["--incomplete"],
  about: "Leaves out what cannot be kept; otherwise a file that holds such things is refused",
};
const DIRECTIVE: Option = {
  names: ["--NAME"],
  value: "VALUE",
  about: "Any directive of redis.conf",
};
const PACKED =
  "What is called .gz or .zip is packed, or unpacked; - in the place of a file is standard " +
  "output, or input. The snapshot is that of the configuration: --dir and --dbfilename, or a " +
  "redis.conf, say where it is.";

/** The options of the program itself. */
export const SERVER_OPTIONS: readonly Option[] = [
  { names: ["-"], about: "Reads the configuration from standard input" },
  { names: ["-v", "--version"], about: "Tells the version" },
  { names: ["-h", "--help"], about: "Tells this" },
  {
    names: ["--test-memory"],
    value: "MEGABYTES",
    about: "Looks whether so much of the machine's memory keeps what is written to it",
  },
  { names: ["--check-system"], about: "Looks whether the system is set up well for a server" },
  DIRECTIVE,
];

export const TOOL_PAGES: Readonly<Record<ToolName, ToolPage>> = {
  cli: {
    about: "Talks to a server: one command, or as many as you type",
    usage: ["[options] [COMMAND [argument ...]]"],
    options: CLIENT_OPTIONS,
    text: "Its options, what it shows and how it ends are those of redis-cli.",
  },
  benchmark: {
    about: "Measures how fast a server answers",
    usage: ["[options] [COMMAND [argument ...]]"],
    options: BENCHMARK_OPTIONS,
    text: "Its options and what it shows are those of redis-benchmark.",
  },
  export: {
    about: "Writes the snapshot as a file for Redis, or as records",
    usage: [
      "<FILE|-> [--format rdb|json|msgpack] [--force] [--incomplete]\n" +
        "                   [/path/to/redis.conf] [options]",
    ],
    options: [
      {
        names: ["--format"],
        value: "FORMAT",
        values: ["rdb", "json", "msgpack"],
        about: "What it is written as, where the file's name does not tell",
      },
      { names: ["--force"], about: "Replaces a file that is there" },
      INCOMPLETE,
      HELP,
      DIRECTIVE,
    ],
    text: `An RDB file is one that Redis 7.0 loads. ${PACKED}`,
  },
  import: {
    about: "Makes the snapshot of a file of Redis's, of Rusk's, or of records",
    usage: ["<FILE|-> [--force] [--incomplete] [/path/to/redis.conf] [options]"],
    options: [
      { names: ["--force"], about: "Replaces a snapshot that is there" },
      INCOMPLETE,
      HELP,
      DIRECTIVE,
    ],
    text: PACKED,
  },
  "check-snapshot": {
    about: "Tells what is in a snapshot or RDB file, or where it is broken",
    usage: ["<FILE|-> [options]"],
    options: [HELP, DIRECTIVE],
    text: "The file may be packed, and of any format that import reads.",
  },
  "check-aof": {
    about: "Tells whether an append-only log is whole, and cuts off what is not",
    usage: ["[--fix|--truncate-to-timestamp SECONDS] <FILE.manifest|FILE.aof|-> [options]"],
    options: [
      {
        names: ["--fix"],
        about: "Cuts off what is not whole, having asked; that is kept in a file of its own",
      },
      {
        names: ["--truncate-to-timestamp"],
        value: "SECONDS",
        about:
          "Cuts off all that was written after that second (Unix time), which the log tells if " +
          "it was written with aof-timestamp-enabled",
      },
      HELP,
      DIRECTIVE,
    ],
    text: "It takes the manifest of a log of several files, or a single one.",
  },
  "script-check": {
    about: "Compiles scripts and libraries without running them, and tells what is wrong",
    usage: ["<FILE|-> [FILE ...]"],
    options: [HELP],
    text: "Of each that is none it tells the line, the column and why, as compilers do.",
  },
};

const WIDTH = 100;

/** The lines that tell how a tool is called. */
export const usageOf = (name: string, startedAs = `rusk ${name}`): string =>
  TOOL_PAGES[name as ToolName].usage.map((words) => `       ${startedAs} ${words}\n`).join("");

/** All that is told of a tool; `startedAs`: what to type for it. */
export function helpOf(name: string, startedAs: string): string {
  const { about, options, text } = TOOL_PAGES[name as ToolName];
  const parts = [
    `Usage:\n${usageOf(name, startedAs)}`,
    wrapped(`${about}. ${text}`),
    optionLines(options),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** What `rusk --help` tells. */
export function programHelp(): string {
  const tools = Object.entries(TOOL_PAGES).map(([name, { about }]) => row(name, about));
  return `\
Usage: rusk [/path/to/redis.conf] [options] [-]
       rusk TOOL [words]

A server of data structures that speaks the protocol of Redis ${REDIS_VERSION}.

${optionLines(SERVER_OPTIONS)}
Tools, of which rusk TOOL --help tells more:
${tools.join("")}
Examples:
  rusk                              a server on port 6379, with its files in this folder
  rusk /etc/rusk/rusk.conf --loglevel verbose
  rusk --port 7777 --maxmemory 1gb
  echo 'maxmemory 128mb' | rusk -

Started under the name redis-server, redis-cli, redis-benchmark, redis-check-aof or redis-check-rdb,
through a link, it acts as that program.
`;
}

const optionLines = (options: readonly Option[]): string =>
  options.length === 0
    ? ""
    : `Options:\n${options.map((each) => row(nameOf(each), each.about)).join("")}`;

/** As an option is shown: its names, and what stands for its value. */
const nameOf = ({ names, value }: Option): string =>
  names.join(", ") + (value === undefined ? "" : ` ${value}`);

/** Columns before what a row tells. */
const ABOUT_AT = 34;

/** A name and what is told of it, in lines that are not too long. */
function row(name: string, about: string): string {
  const lines = wrapped(about, WIDTH - ABOUT_AT)
    .trimEnd()
    .split("\n");
  const head = `  ${name}`;
  const [first, ...others] = head.length < ABOUT_AT ? lines : ["", ...lines];
  return [head.padEnd(ABOUT_AT) + first, ...others.map((line) => " ".repeat(ABOUT_AT) + line)]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** A text in lines of at most so many columns. */
function wrapped(text: string, width = WIDTH): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] === "") lines[last] = word;
    else if (lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return `${lines.join("\n")}\n`;
}
