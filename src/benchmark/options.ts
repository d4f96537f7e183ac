/** The options of `rusk benchmark`, which are redis-benchmark's: what each means. */
import type { Option } from "../base/option.ts";
import { leadingInteger } from "../client/options.ts";
import { defaultTls, type TlsOptions } from "../client/tls_options.ts";
import { parseUri } from "../client/uri.ts";

export interface BenchmarkOptions {
  host: string;
  port: number;
  socketPath: string | null;
  user: string | null;
  password: string | null;
  database: number;
  clients: number;
  requests: number;
  /** Bytes of a value. */
  dataSize: number;
  /** Random numbers are below it; null: keys are always the same. */
  keyspace: number | null;
  pipeline: number;
  keepsAlive: boolean;
  /** In lower case, with a comma before and after each; null: all. */
  tests: string | null;
  isQuiet: boolean;
  isCsv: boolean;
  loops: boolean;
  isIdle: boolean;
  readsLastArgument: boolean;
  speaksResp3: boolean;
  tracks: boolean;
  /** Decimal digits of latencies that are kept. */
  precision: number;
  /** As it was asked for. */
  threads: number;
  usesTls: boolean;
  tls: TlsOptions;
  tellsVersion: boolean;
  /** What to say before it begins. */
  warnings: string[];
  /** A command of one's own. */
  words: readonly string[];
}

/** A wrong option: what to say. */
export class OptionError extends Error {}

/** What the help would not explain. */
export class BadValue extends Error {}

interface OptionRow extends Option {
  readonly apply: (options: BenchmarkOptions, value: string) => void;
}

const DATA_SIZE_MAX = 1 << 30;
const KEYSPACE_MAX = 2 ** 31 - 1;
const PRECISION_MAX = 4;
const THREADS_MAX = 500;

function flag(name: string, about: string, apply: (options: BenchmarkOptions) => void): OptionRow {
  return { names: name.split(" "), about, apply };
}

function valued(
  name: string,
  value: string,
  about: string,
  apply: (options: BenchmarkOptions, value: string) => void,
): OptionRow {
  const takesPath = value === "FILE" || value === "FOLDER" || value === "PATH";
  return { names: [name], value, ...(takesPath && { takesPath }), about, apply };
}

const CONNECTING: readonly OptionRow[] = [
  valued("-h", "HOST", "Host of the server (127.0.0.1)", (options, value) => {
    options.host = value;
  }),
  valued("-p", "PORT", "Port of the server (6379)", (options, value) => {
    options.port = leadingInteger(value);
    if (options.port > 65535) throw new BadValue("Invalid server port.\n");
  }),
  valued("-s", "PATH", "A Unix socket, in place of host and port", (options, value) => {
    options.socketPath = value;
  }),
  valued("-a", "PASSWORD", "Password; others may see it in the list of processes", (o, value) => {
    o.password = value;
  }),
  valued("--user", "NAME", "User whose password it is", (options, value) => {
    options.user = value;
  }),
  valued("-u", "URI", "redis://user:password@host:port/database, rediss:// for TLS", applyUri),
  valued("--dbnum", "NUMBER", "Database (0)", (options, value) => {
    options.database = leadingInteger(value);
  }),
  flag("-3", "Speak RESP3", (options) => {
    options.speaksResp3 = true;
  }),
  flag("--enable-tracking", "Have each connection's reads tracked (CLIENT TRACKING)", (options) => {
    options.tracks = true;
  }),
];

const LOAD: readonly OptionRow[] = [
  valued("-c", "COUNT", "Connections at the same time (50)", (options, value) => {
    options.clients = leadingInteger(value);
  }),
  valued("-n", "COUNT", "Requests of each test (100000)", (options, value) => {
    options.requests = leadingInteger(value);
    if (options.requests < 1) throw new BadValue("-n: there must be requests.\n");
  }),
  valued("-d", "BYTES", "Size of values (3)", (options, value) => {
    options.dataSize = Math.min(Math.max(1, leadingInteger(value)), DATA_SIZE_MAX);
  }),
  valued("-P", "COUNT", "Requests that are sent at once by a connection (1)", (options, value) => {
    options.pipeline = Math.max(1, leadingInteger(value));
  }),
  valued(
    "-r",
    "COUNT",
    "Random keys, members and scores: __rand_int__ in a word is a number of 12 digits below this",
    (options, value) => {
      options.keyspace = Math.min(Math.max(0, leadingInteger(value)), KEYSPACE_MAX);
    },
  ),
  valued("-k", "0|1", "0: a new connection for each request (1)", (options, value) => {
    options.keepsAlive = leadingInteger(value) !== 0;
  }),
  valued("-t", "TESTS", "Only these tests, with commas between their names", (options, value) => {
    options.tests = `,${value.toLowerCase()},`;
  }),
  flag("-l", "Run the tests for ever", (options) => {
    options.loops = true;
  }),
  flag("-I", "Only open connections, and keep them", (options) => {
    options.isIdle = true;
  }),
  flag("-x", "The last argument is what comes on standard input", (options) => {
    options.readsLastArgument = true;
  }),
  valued(
    "--threads",
    "COUNT",
    "Without effect: one thread is busy for all connections",
    setThreads,
  ),
  flag("-e", "Without effect, as an error of the server always ends it", (options) => {
    options.warnings.push(
      "WARNING: -e option has no effect. " +
        "We now immediately exit on error to avoid false results.\n",
    );
  }),
  flag("--cluster", "Not here: rusk benchmark knows no clusters", () => {
    throw new BadValue("--cluster: use redis-benchmark for a cluster.\n");
  }),
];

const SHOWING: readonly OptionRow[] = [
  flag("-q", "Only the requests in a second", (options) => {
    options.isQuiet = true;
  }),
  flag("--csv", "Results as CSV", (options) => {
    options.isCsv = true;
  }),
  valued("--precision", "DIGITS", "Significant digits of latencies, up to 4 (3)", (o, value) => {
    const digits = leadingInteger(value);
    o.precision = digits < 0 ? 3 : Math.min(Math.max(1, digits), PRECISION_MAX);
  }),
  flag("--help", "Tell this", () => {
    throw new OptionError("");
  }),
  flag("-v --version", "Tell the version", (options) => {
    options.tellsVersion = true;
  }),
];

const TLS: readonly OptionRow[] = [
  flag("--tls", "Speak TLS", (options) => {
    options.usesTls = true;
  }),
  valued("--sni", "HOST", "Name of the server to ask for", ({ tls }, value) => {
    tls.serverName = value;
  }),
  valued("--cacert", "FILE", "Certificates of who signs servers' ones", ({ tls }, value) => {
    tls.authorityFile = value;
  }),
  valued("--cacertdir", "FOLDER", "A folder of such files", ({ tls }, value) => {
    tls.authorityFolder = value;
  }),
  flag("--insecure", "Trust every certificate", ({ tls }) => {
    tls.isInsecure = true;
  }),
  valued("--cert", "FILE", "The client's certificate", ({ tls }, value) => {
    tls.certificateFile = value;
  }),
  valued("--key", "FILE", "Its private key", ({ tls }, value) => {
    tls.keyFile = value;
  }),
  valued("--tls-ciphers", "LIST", "Ciphers up to TLS 1.2, by preference", ({ tls }, value) => {
    tls.ciphers = value;
  }),
  valued("--tls-ciphersuites", "LIST", "Ciphers of TLS 1.3", ({ tls }, value) => {
    tls.cipherSuites = value;
  }),
];

const ROWS: readonly OptionRow[] = [...CONNECTING, ...LOAD, ...SHOWING, ...TLS];

/** All options, for the help. */
export const BENCHMARK_OPTIONS: readonly Option[] = ROWS;

const ROW_OF_NAME = new Map(
  ROWS.flatMap((row) => row.names.map((name): [string, OptionRow] => [name, row])),
);

function applyUri(options: BenchmarkOptions, value: string): void {
  const uri = parseUri(value);
  if (typeof uri === "string") throw new BadValue(`${uri}\n`);
  options.host = uri.host ?? options.host;
  options.port = uri.port ?? options.port;
  options.user = uri.user ?? options.user;
  options.password = uri.password ?? options.password;
  options.database = uri.database ?? options.database;
  options.usesTls ||= uri.usesTls;
}

function setThreads(options: BenchmarkOptions, value: string): void {
  options.threads = leadingInteger(value);
  if (options.threads > THREADS_MAX) {
    options.threads = THREADS_MAX;
    options.warnings.push(`WARNING: Too many threads, limiting threads to ${THREADS_MAX}.\n`);
  }
}

function defaults(): BenchmarkOptions {
  return {
    host: "127.0.0.1",
    port: 6379,
    socketPath: null,
    user: null,
    password: null,
    database: 0,
    clients: 50,
    requests: 100_000,
    dataSize: 3,
    keyspace: null,
    pipeline: 1,
    keepsAlive: true,
    tests: null,
    isQuiet: false,
    isCsv: false,
    loops: false,
    isIdle: false,
    readsLastArgument: false,
    speaksResp3: false,
    tracks: false,
    precision: 3,
    threads: 0,
    usesTls: false,
    tls: defaultTls(),
    tellsVersion: false,
    warnings: [],
    words: [],
  };
}

/** What the words after the program's name ask for; throws an OptionError. */
export function parseOptions(args: readonly string[]): BenchmarkOptions {
  const options = defaults();
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    const row = ROW_OF_NAME.get(word);
    if (row === undefined && !word.startsWith("-")) {
      options.words = args.slice(i);
      break;
    }
    const lacksValue = row?.value !== undefined && i === args.length - 1;
    if (row === undefined || lacksValue) {
      throw new OptionError(`Invalid option "${word}" or option argument missing\n\n`);
    }
    row.apply(options, row.value === undefined ? "" : args[++i]);
  }
  return options;
}
