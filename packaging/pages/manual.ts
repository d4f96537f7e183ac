/** The manual, packaging/man/rusk.1, made from what the program tells of itself. */
import type { Option } from "../../src/base/option.ts";
import { REDIS_VERSION, RUSK_VERSION } from "../../src/base/version.ts";
import { SERVER_OPTIONS, TOOL_PAGES } from "../../src/tools/tool_help.ts";

/** Of the release, so that the page is always the same. */
const DATE = "2026-11-30";

/** A text as it is, in the markup of man(7). */
const plain = (text: string) =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

const bold = (text: string) => `\\fB${plain(text)}\\fR`;
const italic = (text: string) => `\\fI${plain(text)}\\fR`;

/** Each sentence on a line of its own. */
const paragraph = (text: string) => plain(text).replace(/([.:?]) (?=[A-Z])/g, "$1\n");

function optionOf({ names, value, about }: Option): string {
  const shown = value === undefined ? "" : ` ${italic(value)}`;
  return `.TP\n${names.map(bold).join(", ")}${shown}\n${paragraph(about)}.\n`;
}

function toolOf([name, { about, usage, options, text }]: [
  string,
  (typeof TOOL_PAGES)[keyof typeof TOOL_PAGES],
]): string {
  const ways = usage.map((words) => `${bold(`rusk ${name}`)} ${plain(words.replace(/\s+/g, " "))}`);
  return (
    `.SS rusk ${plain(name)}\n${ways.join("\n.br\n")}\n.PP\n` +
    `${paragraph(`${about}. ${text}`)}\n${options.map(optionOf).join("")}`
  );
}

const LINKS: readonly (readonly [string, string])[] = [
  ["redis-server", "a server; its version is told as Redis's is"],
  ["redis-cli", "rusk cli"],
  ["redis-benchmark", "rusk benchmark"],
  ["redis-check-aof", "rusk check-aof"],
  ["redis-check-rdb", "rusk check-snapshot, with what redis-check-rdb prints"],
  ["redis-sentinel", "nothing: it says that there is no Sentinel, and ends with status 1"],
];

/** The whole page. */
export const manualPage = (): string => `\
.\\" Made by packaging/pages/manual.ts.
.TH RUSK 1 ${DATE} "Rusk ${RUSK_VERSION}" "Rusk"
.SH NAME
rusk \\- a server of data structures that speaks the protocol of Redis
.SH SYNOPSIS
${bold("rusk")} [${italic("/path/to/redis.conf")}] [${bold("--")}${italic("directive")} \
${italic("value")} ...] [${bold("-")}]
.br
${bold("rusk")} ${italic("tool")} [${italic("words")} ...]
.SH DESCRIPTION
${bold("rusk")} keeps strings, lists, sets, sorted sets, hashes and streams in memory, and their
changes on the disk.
Clients of Redis ${REDIS_VERSION} work with it as they are.
.PP
Without a configuration file it listens on port 6379 of all addresses, to clients of this machine
only, and keeps its files in the folder where it is started.
Directives of a configuration file can be given as options; what is said last counts.
.SH OPTIONS
${SERVER_OPTIONS.map(optionOf).join("")}.SH TOOLS
${Object.entries(TOOL_PAGES).map(toolOf).join("")}.SH NAMES
Started under another name, through a link, ${bold("rusk")} acts as the program of that name, with
its options, its output and its exit status:
${LINKS.map(([name, meaning]) => `.TP\n${bold(name)}\n${paragraph(meaning)}.\n`).join("")}\
.SH SIGNALS
SIGTERM and SIGINT end the server, after a last save if save points are configured.
A second SIGINT ends it at once.
.SH EXIT STATUS
0 if all is well, 1 if the configuration, an option or a file is not, or a check has found
something.
.SH ENVIRONMENT
${bold("REDISCLI_AUTH")} is the password of ${bold("rusk cli")}.
.SH SEE ALSO
The documentation in the folder docs of the sources, which lists all directives.
`;
