/** The options of `rusk cli`, which are redis-cli's: what each means, and how they are read. */
import type { Option } from "../base/option.ts";
import { splitWords } from "../base/words.ts";
import type { OutputFormat } from "./formats.ts";
import { defaultTls, type TlsOptions } from "./tls_options.ts";
import { parseUri } from "./uri.ts";

/** What to do instead of sending a command or talking with a person. */
export type Mode =
  | "stat"
  | "latency"
  | "latency-history"
  | "latency-dist"
  | "intrinsic-latency"
  | "replica"
  | "rdb"
  | "functions-rdb"
  | "pipe"
  | "bigkeys"
  | "memkeys"
  | "hotkeys"
  | "scan"
  | "eval"
  | "help"
  | "version";

export interface ClientOptions {
  host: string;
  port: number;
  socketPath: string | null;
  user: string | null;
  password: string | null;
  /** The password stood on the command line, where others may see it. */
  isPasswordShown: boolean;
  asksPassword: boolean;
  warnsOfPassword: boolean;
  database: number;
  /** 0 where none was asked for; both is refused. */
  protocol: 0 | 2 | 3 | "both";
  /** RESP3 where no protocol was asked for. */
  prefersResp3: boolean;
  repeat: number;
  intervalMs: number;
  readsLastArgument: boolean;
  inputTag: string | null;
  followsRedirections: boolean;
  failsOnError: boolean;
  format: OutputFormat | null;
  isInputQuoted: boolean;
  showsPushes: boolean | null;
  replyDelimiter: string;
  elementDelimiter: string;
  mode: Mode | null;
  /** What the mode works with: a file, a number of seconds. */
  modeArgument: string;
  pattern: string | null;
  pipeTimeoutMs: number;
  memorySamples: number;
  isVerbose: boolean;
  usesTls: boolean;
  tls: TlsOptions;
  /** The command, with what follows it. */
  words: readonly string[];
}

/** A wrong option; the message is for the person. */
export class OptionError extends Error {}

/** One option, and what it changes. */
interface OptionRow extends Option {
  readonly apply: (options: ClientOptions, value: string) => void;
}

function flag(names: string, about: string, apply: (options: ClientOptions) => void): OptionRow {
  return { names: names.split(" "), about, apply };
}

function valued(
  names: string,
  value: string,
  about: string,
  apply: (options: ClientOptions, value: string) => void,
): OptionRow {
  const what = value.toUpperCase();
  const takesPath = what === "FILE" || what === "FOLDER" || what === "PATH";
  return { names: names.split(" "), value: what, ...(takesPath && { takesPath }), about, apply };
}

const mode = (names: string, about: string, set: Mode): OptionRow =>
  flag(names, about, (options) => {
    options.mode = set;
  });

const refused = (names: string, why: string): OptionRow =>
  flag(names, `Not here: ${why}`, () => {
    throw new OptionError(`${names.split(" ")[0]}: ${why}.`);
  });

/** As C's atoi and atof read a text: what of it is a number. */
export const leadingInteger = (text: string) => Number.parseInt(text, 10) || 0;
const leadingNumber = (text: string) => Number.parseFloat(text) || 0;

const CONNECTING: readonly OptionRow[] = [
  valued("-h", "host", "Host of the server (127.0.0.1)", (options, value) => {
    options.host = value;
  }),
  valued("-p", "port", "Port of the server (6379)", (options, value) => {
    options.port = portOf(value);
  }),
  valued("-s", "path", "A Unix socket, in place of host and port", (options, value) => {
    options.socketPath = value;
  }),
  valued(
    "-a --pass",
    "password",
    "Password. Others may see it in the list of processes; the variable REDISCLI_AUTH is not there",
    (options, value) => {
      options.password = value;
      options.isPasswordShown = true;
    },
  ),
  valued("--user", "name", "User whose password it is", (options, value) => {
    options.user = value;
  }),
  flag("--askpass", "Ask for the password at the terminal", (options) => {
    options.asksPassword = true;
  }),
  flag("--no-auth-warning", "Do not warn of a password on the command line", (options) => {
    options.warnsOfPassword = false;
  }),
  valued("-u", "uri", "redis://user:password@host:port/database, rediss:// for TLS", applyUri),
  valued("-n", "number", "Database (0)", (options, value) => {
    options.database = leadingInteger(value);
  }),
  flag("-2", "Speak RESP2", (options) => {
    options.protocol = options.protocol === 3 ? "both" : 2;
  }),
  flag("-3", "Speak RESP3", (options) => {
    options.protocol = options.protocol === 2 ? "both" : 3;
  }),
  flag("-c", "Follow -MOVED and -ASK to other servers of a cluster", (options) => {
    options.followsRedirections = true;
  }),
];

const SENDING: readonly OptionRow[] = [
  valued("-r", "count", "Send the command so many times; -1: for ever", (options, value) => {
    options.repeat = leadingInteger(value);
  }),
  valued(
    "-i",
    "seconds",
    "Wait between commands of -r, and between rounds of what goes on and on (0.1 is fine)",
    (options, value) => {
      options.intervalMs = leadingNumber(value) * 1000;
    },
  ),
  flag("-x", "The last argument is what comes on standard input", (options) => {
    options.readsLastArgument = true;
  }),
  valued("-X", "tag", "The argument `tag` is what comes on standard input", (options, value) => {
    options.inputTag = value;
  }),
  flag("-e", "End with status 1 when the server replies with an error", (options) => {
    options.failsOnError = true;
  }),
  flag("--quoted-input", "Arguments are quoted, as in a session", (options) => {
    options.isInputQuoted = true;
  }),
];

const SHOWING: readonly OptionRow[] = [
  flag("--raw", "Replies as they are (so if standard output is no terminal)", (options) => {
    options.format = "raw";
  }),
  flag("--no-raw", "Replies as for a terminal", (options) => {
    options.format = "standard";
  }),
  flag("--csv", "Replies as CSV", (options) => {
    options.format = "csv";
  }),
  flag("--json", "Replies as JSON; by RESP3, if -2 is not there", (options) => {
    options.format = "json";
    options.prefersResp3 = true;
  }),
  flag("--quoted-json", "As --json, with all but ASCII escaped", (options) => {
    options.format = "quoted-json";
    options.prefersResp3 = true;
  }),
  valued("-d", "text", "Between elements of a raw reply (a new line)", (options, value) => {
    options.elementDelimiter = value;
  }),
  valued("-D", "text", "Between raw replies (a new line)", (options, value) => {
    options.replyDelimiter = value;
  }),
  valued("--show-pushes", "yes|no", "Show RESP3's messages (yes at a terminal)", setShowsPushes),
  flag("--verbose", "Tell more", (options) => {
    options.isVerbose = true;
  }),
];

const TLS: readonly OptionRow[] = [
  flag("--tls", "Speak TLS", (options) => {
    options.usesTls = true;
  }),
  valued("--sni", "host", "Name of the server to ask for", (options, value) => {
    options.tls.serverName = value;
  }),
  valued("--cacert", "file", "Certificates of who signs servers' ones", (options, value) => {
    options.tls.authorityFile = value;
  }),
  valued("--cacertdir", "folder", "A folder of such files", (options, value) => {
    options.tls.authorityFolder = value;
  }),
  flag("--insecure", "Trust every certificate", (options) => {
    options.tls.isInsecure = true;
  }),
  valued("--cert", "file", "The client's certificate", (options, value) => {
    options.tls.certificateFile = value;
  }),
  valued("--key", "file", "Its private key", (options, value) => {
    options.tls.keyFile = value;
  }),
  valued("--tls-ciphers", "list", "Ciphers up to TLS 1.2, by preference", (options, value) => {
    options.tls.ciphers = value;
  }),
  valued("--tls-ciphersuites", "list", "Ciphers of TLS 1.3", (options, value) => {
    options.tls.cipherSuites = value;
  }),
];

const MODES: readonly OptionRow[] = [
  mode("--stat", "A line of figures of the server each second (-i)", "stat"),
  mode("--bigkeys", "The largest keys of each type, by elements", "bigkeys"),
  mode("--memkeys", "The largest keys of each type, by memory", "memkeys"),
  valued(
    "--memkeys-samples",
    "count",
    "As --memkeys, by so many elements of each key",
    (options, value) => {
      options.mode = "memkeys";
      options.memorySamples = leadingInteger(value);
    },
  ),
  mode("--hotkeys", "The most used keys; only with an LFU maxmemory-policy", "hotkeys"),
  mode("--scan", "The names of all keys", "scan"),
  valued(
    "--pattern",
    "pattern",
    "Only keys like this, with --scan and its kin",
    (options, value) => {
      options.pattern = value;
    },
  ),
  valued("--quoted-pattern", "text", "As --pattern, quoted", (options, value) => {
    options.pattern = unquoteOne(value);
  }),
  mode("--pipe", "Send standard input, which is commands or RESP, and count replies", "pipe"),
  valued(
    "--pipe-timeout",
    "seconds",
    "For the last reply of --pipe; 0: for ever (30)",
    (o, value) => {
      o.pipeTimeoutMs = leadingInteger(value) * 1000;
    },
  ),
  mode("--latency", "The time of a round trip, again and again", "latency"),
  mode("--latency-history", "As --latency, a line for each 15 seconds (-i)", "latency-history"),
  mode("--latency-dist", "Round trips as a spectrum; needs 256 colours", "latency-dist"),
  valued(
    "--intrinsic-latency",
    "seconds",
    "How long this machine keeps a busy program waiting",
    (options, value) => {
      options.mode = "intrinsic-latency";
      options.modeArgument = value;
    },
  ),
  valued(
    "--rdb",
    "file",
    "All data, as a replica gets them, as an RDB file (-: output)",
    (o, value) => {
      o.mode = "rdb";
      o.modeArgument = value;
    },
  ),
  valued("--functions-rdb", "file", "As --rdb, functions only", (options, value) => {
    options.mode = "functions-rdb";
    options.modeArgument = value;
  }),
  mode("--replica --slave", "Show what a replica is sent", "replica"),
  valued("--eval", "file", "Run a script: --eval FILE KEY ... , ARG ...", (options, value) => {
    options.mode = "eval";
    options.modeArgument = value;
  }),
  refused("--ldb --ldb-sync-mode", "scripts have no debugger"),
  valued("--lru-test", "keys", "Not here: redis-cli has it", () => {
    throw new OptionError("--lru-test: use redis-cli.");
  }),
  refused("--cluster", "clusters are managed with redis-cli; Rusk has none yet"),
  mode("--help", "Show this", "help"),
  mode("-v --version", "Show the version", "version"),
];

const ROWS: readonly OptionRow[] = [...CONNECTING, ...SENDING, ...SHOWING, ...TLS, ...MODES];

/** All options, for the help. */
export const CLIENT_OPTIONS: readonly Option[] = ROWS;

const ROW_OF_NAME = new Map(
  ROWS.flatMap((row) => row.names.map((name): [string, OptionRow] => [name, row])),
);

const DEFAULT_PORT = 6379;

function defaults(): ClientOptions {
  return {
    host: "127.0.0.1",
    port: DEFAULT_PORT,
    socketPath: null,
    user: null,
    password: null,
    isPasswordShown: false,
    asksPassword: false,
    warnsOfPassword: true,
    database: 0,
    protocol: 0,
    prefersResp3: false,
    repeat: 1,
    intervalMs: 0,
    readsLastArgument: false,
    inputTag: null,
    followsRedirections: false,
    failsOnError: false,
    format: null,
    isInputQuoted: false,
    showsPushes: null,
    replyDelimiter: "\n",
    elementDelimiter: "\n",
    mode: null,
    modeArgument: "",
    pattern: null,
    pipeTimeoutMs: 30_000,
    memorySamples: -1,
    isVerbose: false,
    usesTls: false,
    tls: defaultTls(),
    words: [],
  };
}

/** Reads a command line. Throws an OptionError. */
export function parseOptions(args: readonly string[]): ClientOptions {
  const options = defaults();
  let at = 0;
  while (at < args.length) {
    const name = args[at];
    const hasValue = at + 1 < args.length;
    const row = ROW_OF_NAME.get(name);
    if (name === "-h" && !hasValue) {
      options.mode = "help";
      return options;
    }
    if (row === undefined && !name.startsWith("-")) break;
    if (row === undefined || (row.value !== undefined && !hasValue)) {
      throw new OptionError(`Unrecognized option or bad number of args for: '${name}'`);
    }
    row.apply(options, row.value === undefined ? "" : args[at + 1]);
    at += row.value === undefined ? 1 : 2;
  }
  options.words = args.slice(at);
  if (options.mode === "help" || options.mode === "version") return options;
  checkTogether(options);
  return options;
}

function checkTogether(options: ClientOptions): void {
  if (options.protocol === "both") {
    throw new OptionError("Options -2 and -3 are mutually exclusive.");
  }
  if (options.readsLastArgument && options.inputTag !== null) {
    throw new OptionError("Options -x and -X are mutually exclusive.");
  }
}

function portOf(text: string): number {
  const port = leadingInteger(text);
  if (port < 0 || port > 65535) throw new OptionError("Invalid server port.");
  return port;
}

function setShowsPushes(options: ClientOptions, value: string): void {
  const answer = value.toLowerCase();
  if (answer.startsWith("y")) options.showsPushes = true;
  else if (answer.startsWith("n")) options.showsPushes = false;
  else throw new OptionError(`Unknown --show-pushes value '${value}' (valid: '[y]es', '[n]o')`);
}

function applyUri(options: ClientOptions, value: string): void {
  const uri = parseUri(value);
  if (typeof uri === "string") throw new OptionError(uri);
  options.usesTls ||= uri.usesTls;
  options.host = uri.host ?? options.host;
  options.port = uri.port ?? options.port;
  options.database = uri.database ?? options.database;
  options.user = uri.user ?? options.user;
  if (uri.password !== null) {
    options.password = uri.password;
    options.isPasswordShown = true;
  }
}

function unquoteOne(text: string): string {
  const word = unquoted(text);
  if (word === null) throw new OptionError("Invalid quoted string specified for --quoted-pattern.");
  return word;
}

/** The one word that a quoted text is; null if it is none, or more. */
export function unquoted(text: string): string | null {
  const words = splitWords(text);
  return words?.length === 1 ? words[0] : null;
}
