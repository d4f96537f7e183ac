/** Starts the server: reads the command line and the configuration, and puts the parts together. */

import { declarationError } from "./access/config_users.ts";
import { Users } from "./access/users.ts";
import { keepBallast } from "./arena/arena.ts";
import { Clock } from "./base/clock.ts";
import { seedHash } from "./base/hash.ts";
import { Log, type LogLevel } from "./base/log.ts";
import { Chance } from "./base/random.ts";
import { REDIS_VERSION, RUSK_VERSION } from "./base/version.ts";
import { commandTable } from "./commands/all.ts";
import { Config } from "./config/config.ts";
import { NAMES } from "./config/directives.ts";
import {
  ConfigError,
  checkMeaning,
  loadConfig,
  parseCommandLine,
  UnreadableFile,
} from "./config/file.ts";
import type { ConfigHost } from "./config/kinds.ts";
import { claimConfigured } from "./durability/claims.ts";
import { DiskWorkers } from "./persistence/disk/disk_workers.ts";
import { openCodePages } from "./runtime/code_pages.ts";
import { openDatagrams } from "./runtime/datagrams.ts";
import { openEventLoop } from "./runtime/event_loop.ts";
import { type FileLocks, openFileLocks } from "./runtime/file_locks.ts";
import * as files from "./runtime/files.ts";
import { type Foreign, openForeign } from "./runtime/foreign.ts";
import type { Host } from "./runtime/host.ts";
import * as host from "./runtime/host.ts";
import { openLocalTime } from "./runtime/local_time.ts";
import { openMappings } from "./runtime/mappings.ts";
import type { EventLoop } from "./runtime/net.ts";
import { raiseSignal } from "./runtime/process_end.ts";
import { openProcessTitle } from "./runtime/process_title.ts";
import { standardInput, writeStandardOutput } from "./runtime/standard_streams.ts";
import { openTls } from "./runtime/tls.ts";
import { startWorker } from "./runtime/workers.ts";
import { seedRandom } from "./scripting/random.ts";
import { eager } from "./server/compacting.ts";
import { connectionKinds } from "./server/connection_kinds.ts";
import { type KindListeners, Listeners } from "./server/listeners.ts";
import { mapData } from "./server/mapped_data.ts";
import { followOomScore } from "./server/oom_score.ts";
import { followTitle } from "./server/process_title.ts";
import { keepProgramSmall } from "./server/program_pages.ts";
import { rehearse } from "./server/rehearsal.ts";
import { Server, type ServerParts } from "./server/server.ts";
import { applySettings } from "./server/settings.ts";
import { superviseAs } from "./server/supervision.ts";
import type { Supervisor } from "./server/supervisor.ts";
import { syslogOf } from "./server/syslog.ts";
import { TlsService } from "./server/tls_service.ts";
import { programOf } from "./tools/programs.ts";
import type { ToolParts } from "./tools/tool_parts.ts";

const EXIT_FAILURE = 1;
/** Open files that are not clients' connections, as Redis counts them. */
const RESERVED_FILES = 32;
/** Where the process id of a server in the background is kept unless `pidfile` says where. */
const DAEMON_PID_FILE = "/var/run/rusk.pid";
/** A process that was killed may need so long to end, and who only looks whether files are free. */
const CLAIM_MS = 500;
const CLAIM_STEP_MS = 50;
/** The title is shown so long after the start: clients come first. */
const TITLE_MS = 100;

/** A configuration that came on standard input, and where the process was started. */
let configInput: string | null = null;
const startFolder = files.currentDirectory();

const configHost: ConfigHost = {
  readFile: files.readFile,
  writeFile: files.writeFile,
  listFolder: files.listFolder,
  readStandardInput: () => {
    configInput = files.readStandardInput();
    return configInput;
  },
  currentFolder: files.currentDirectory,
  changeFolder: files.changeDirectory,
  renameCommand: (from, to) => commandTable.rename(from, to),
  userProblem: (words, before) => declarationError(words, before, new Users(commandTable)),
};

/** What clients see of chance; what they must not know comes from the system. */
const chance = new Chance(host.secretWords);

const startDiskThread = (told: (message: unknown) => void, failed: (problem: string) => void) =>
  startWorker(new URL("./persistence/disk/disk_worker.ts", import.meta.url), told, failed);

type EndSignal = "SIGTERM" | "SIGINT";

/** What a signal that asks for the end does. As long as there is nothing to lose: that, at once. */
let onEndSignal: (name: EndSignal) => void = () => host.exit(0);

async function start(): Promise<void> {
  const program = programOf(host.startedAs, host.args);
  // A file grows beyond what the system allows: the write fails, which is enough.
  host.onSignal("SIGXFSZ", () => {});
  seedHash(host.secretWords);
  seedRandom(host.secretWords);
  if (program.tool !== null) {
    const { runProgram } = await import("./tools/run_program.ts");
    host.exit(await runProgram(program, toolParts()));
  }
  handleSignals();
  const config = readConfig(host.args, checkMeaning);
  const log = new Log(host.pid, host.wallMs, (line) => writeLog(config, line));
  log.level = config.text("loglevel") as LogLevel;
  const foreign = await openForeign();
  log.localTime = openLocalTime(foreign) ?? log.localTime;
  if (config.flag("syslog-enabled")) await openSyslog(config, log);
  const supervisor = await superviseAs(config, (level, text) => log.add(level, text));
  const isDaemon = config.flag("daemonize") && supervisor.name === "no";
  const tellStarter = isDaemon ? await goToBackground(config) : () => {};
  const loop = await openEventLoop();
  const clock = new Clock(time);
  onEndSignal = (name) => {
    supervisor.stopping();
    log.add("warning", `Received ${name} scheduling shutdown...`);
    log.add("warning", "Rusk is now ready to exit, bye bye...");
    host.exit(0);
  };
  greet(config, log);
  limitClients(config, log);
  const locks = await openFileLocks((path, reason) => log.add("warning", unlocked(path, reason)));
  claimFiles(config, log, locks);
  const warn = (problem: string) => log.add("warning", problem);
  const tls = new TlsService(await openTls(loop), config, warn);
  const isLimited = host.isMemoryLimited();
  mapData({
    mappings: await openMappings(foreign),
    isLimited,
    wantsHugePages: config.flag("huge-pages"),
    later: (ms, run) => loop.later(ms, run),
    log: (level, text) => log.add(level, text),
  });
  const parts: ServerParts = {
    clock,
    config,
    table: commandTable,
    host: hostOf(loop, tls, supervisor, foreign, locks),
    log,
    loop,
    random: chance.next,
    leave: () => {
      supervisor.stopping();
      leave(config, log, listeners, locks);
    },
  };
  if (DEBUG) eager.isOn = host.variable("RUSK_COMPACTS_EAGERLY") !== "";
  const server = new Server(parts);
  loop.crowd = server.arrivals;
  if (isLimited) keepBallast();
  const listeners: Listeners = new Listeners(
    loop,
    config,
    connectionKinds((socket, path) => server.accept(socket, path), tls, server.metrics),
    warn,
  );
  applySettings(server, log);
  if (tls.isNeeded && !tls.prepare()) {
    warn("Failed to configure TLS. Check logs for more info.");
    host.exit(EXIT_FAILURE);
  }
  tls.followConfig();
  listeners.followConfig();
  followOomScore(config, host, (level, text) => log.add(level, text));
  await serve(server, config, log, listeners, loop, supervisor, {
    listening: tellStarter,
    begun: () => rehearseFor(server, parts, loop, foreign),
  });
  loop.later(TITLE_MS, () => followTitle(config, host.startedAs, openProcessTitle(foreign)));
}

/** What clients are going to send is compiled before. Returns what the timer is to call. */
function rehearseFor(
  server: Server,
  parts: ServerParts,
  loop: EventLoop,
  foreign: Foreign | null,
): () => void {
  // It would move the data of the real one, which it cannot find.
  if (DEBUG && eager.isOn) return () => {};
  const commandCount = () => server.figures.commands.commandCount;
  return rehearse({
    loop,
    table: parts.table,
    host: parts.host,
    time,
    commandCount,
    isBusy: () => !server.progress.isIdle,
    callCounts: () => server.figures.commands.countByGroup(parts.table),
    over: () => {
      host.collectGarbageLater();
      const giveBack = openCodePages(foreign);
      if (giveBack === null) return;
      keepProgramSmall({ loop, commandCount, programSize: host.programSize, giveBack });
    },
  });
}

async function openSyslog(config: Config, log: Log): Promise<void> {
  const datagrams = await openDatagrams();
  if (datagrams === null)
    log.add("warning", "This system has no log of its own that is known here");
  else log.also = syslogOf(config, datagrams, host.pid, host.wallMs);
}

/**
 * Has another process go on, and this one end when that listens; that other one gets what tells
 * this one that it does.
 */
async function goToBackground(config: Config): Promise<() => void> {
  const tellStarter = host.daemonStarter();
  if (tellStarter !== null) {
    if (config.value("pidfile") === null) config.assign("pidfile", [DAEMON_PID_FILE]);
    return tellStarter;
  }
  const { startDaemon } = await import("./runtime/daemon.ts");
  try {
    return await startDaemon(files.nativePath(startFolder), configInput);
  } catch (error) {
    host.writeError(`The server cannot be started in the background: ${String(error)}\n`);
    host.exit(EXIT_FAILURE);
  }
}

function hostOf(
  loop: EventLoop,
  tls: TlsService,
  supervisor: Supervisor,
  foreign: Foreign | null,
  locks: FileLocks,
): Host {
  const diskWorkers = new DiskWorkers(startDiskThread, (ms, run) => loop.later(ms, run));
  return {
    ...host,
    ...files,
    supervisor,
    openAppend: (path, afresh) => files.openAppend(path, afresh, loop.syncFile),
    connect: tls.outgoingBy(loop.connect),
    startDiskWorker: (told, failed) => diskWorkers.start(told, failed),
    lockFile: locks.lock,
    endBySignal: (name) => raiseSignal(foreign, name),
  };
}

/** Not the module: in the bundle each of its names is a getter, and the time is read very often. */
const time = { wallMs: host.wallMs, wallUs: host.wallUs, monotonicMs: host.monotonicMs };

const toolParts = (): ToolParts => ({
  disk: files,
  clock: new Clock(time),
  random: chance.next,
  readFile: files.readFile,
  absolutePath: files.absolutePath,
  processId: host.pid,
  standardInput,
  writeStandardOutput,
  isNoFile: files.isNoFile,
  realPath: files.realPath,
  isTaken: files.isTaken,
  openLocks: () => openFileLocks((path, reason) => host.writeError(`${unlocked(path, reason)}\n`)),
  isRunning: host.isRunning,
  readInputLine: files.readInputLine,
  readConfig,
  actsAs: null,
  isTerminal: host.isTerminal(),
  openFilesMax: host.openFilesMax(),
  memorySize: host.systemMemorySize(),
  writeOut: host.writeOut,
  writeError: host.writeError,
  pause: host.pause,
  terminalWidth: host.terminalWidth,
  unfinished: new Set(),
  onEndSignal: endBySignal,
});

/** A tool that is told to end tidies up first. */
function endBySignal(tidyUp: () => void): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.onSignal(name, () => {
      tidyUp();
      host.exit(EXIT_FAILURE);
    });
  }
}

/** The configuration; the process ends when there is something wrong, or `check` says so. */
function readConfig(args: readonly string[], check: (config: Config) => void = () => {}): Config {
  const config = new Config(configHost);
  try {
    const line = parseCommandLine(args);
    // Before `dir` changes the folder that a relative path is in.
    if (line.file !== null) config.file = files.absolutePath(line.file);
    loadConfig(config, line);
    check(config);
    checkLogFile(config.text("logfile"));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    host.writeError(error.report(`Redis ${REDIS_VERSION}`));
    if (error instanceof UnreadableFile && args === host.args) hintAt(args[0]);
    host.exit(EXIT_FAILURE);
  }
  return config;
}

/** For who has mistyped a command: a word without a slash or a dot hardly names a file. */
function hintAt(first: string): void {
  if (!/^[a-z][a-z-]*$/.test(first)) return;
  host.writeError(`There is no command '${first}' either: rusk --help lists them.\n`);
}

/** A log that cannot be written must be noticed before anyone relies on it. */
function checkLogFile(path: string): void {
  if (path === "") return;
  try {
    files.appendFile(path, "");
  } catch (error) {
    throw new ConfigError(`Can't open the log file: ${(error as Error).message}`);
  }
}

function writeLog(config: Config, line: string): void {
  const file = config.text("logfile");
  try {
    if (file === "") host.writeOut(line);
    else files.appendFile(file, line);
  } catch {
    // The disk is full, or nobody reads standard output any more: that must not end the server.
  }
}

function greet(config: Config, log: Log): void {
  log.add("warning", "oO0OoO0OoO0Oo Rusk is starting oO0OoO0OoO0Oo");
  log.add(
    "warning",
    `Rusk version=${RUSK_VERSION}, Redis version=${REDIS_VERSION}, bits=64, pid=${host.pid}, ` +
      "just started",
  );
  if (host.args.length > 0) log.add("warning", "Configuration loaded");
  else {
    log.add(
      "warning",
      "Warning: no config file specified, using the default config. In order to specify a config " +
        "file use rusk /path/to/redis.conf",
    );
  }
  for (const warning of [config.warningOf(new Set(NAMES.values())), config.warningOfIgnored()]) {
    if (warning !== null) log.add("warning", `WARNING ${warning}`);
  }
}

/** Lowers maxclients to what the system's limit on open files allows, and keeps it below. */
function limitClients(config: Config, log: Log): void {
  const limit = host.openFilesMax();
  const clientsMax = limit - RESERVED_FILES;
  const wanted = config.number("maxclients");
  if (clientsMax <= 0) {
    log.add(
      "warning",
      `Your current 'ulimit -n' of ${limit} is not enough for the server to start. ` +
        `Please increase your open file limit to at least ${wanted + RESERVED_FILES}. Exiting.`,
    );
    host.exit(EXIT_FAILURE);
  }
  if (wanted > clientsMax) {
    log.add(
      "warning",
      `Current maximum open files is ${limit}. maxclients has been reduced from ${wanted} to ` +
        `${clientsMax} to compensate for low ulimit. ` +
        "If you need higher maxclients increase 'ulimit -n'.",
    );
    config.assign("maxclients", [String(clientsMax)]);
  }
  config.onChange(["maxclients"], () =>
    config.number("maxclients") <= clientsMax
      ? null
      : "The operating system is not able to handle the specified number of clients, " +
        `try with ${clientsMax}`,
  );
}

async function serve(
  server: Server,
  config: Config,
  log: Log,
  listeners: Listeners,
  loop: EventLoop,
  supervisor: Supervisor,
  told: { listening(): void; begun(): () => void },
): Promise<void> {
  onEndSignal = (name) => server.signal(name);
  host.onFailure((error) => server.crashes.threw(error));
  host.onSignal("SIGABRT", () => server.crashes.signal("SIGABRT"));
  for (const each of listeners.kinds) await open(each, config, log);
  if (listeners.count === 0) {
    log.add("warning", "Configured to not listen anywhere, exiting.");
    host.exit(EXIT_FAILURE);
  }
  writePidFile(config.text("pidfile"), log);
  told.listening();
  showLogo(config, log);
  log.add("warning", "Server initialized");
  const problem = server.access.start();
  if (problem !== null) {
    log.add("warning", problem);
    host.exit(EXIT_FAILURE);
  }
  let afterTick = () => {};
  const tick = () => {
    server.tick();
    supervisor.tick(server.durability.loading);
    afterTick();
    loop.later(1000 / config.number("hz"), tick);
  };
  tick();
  server.load((problem) => {
    if (problem !== null) {
      supervisor.status(problem);
      log.add("warning", problem);
      host.exit(EXIT_FAILURE);
    }
    if (shownPort(config) !== 0) log.add("notice", "Ready to accept connections");
    const path = config.value("unixsocket");
    if (path !== null) {
      log.add("notice", `The server is now ready to accept connections at ${path}`);
    }
    server.begin();
    supervisor.ready();
    afterTick = told.begun();
  });
}

const unlocked = (path: string, reason: string) =>
  `${path} cannot be locked: ${reason}. Nothing keeps another server from the same files`;

/**
 * Of two servers with the same files, the second one ends before it touches any, and CONFIG SET
 * takes none that another server has.
 */
function claimFiles(config: Config, log: Log, locks: FileLocks): void {
  const problem = () =>
    claimConfigured(config, { makeFolder: files.makeFolder, lockFile: locks.lock });
  let inTheWay = problem();
  for (let waitedMs = 0; inTheWay !== null && waitedMs < CLAIM_MS; waitedMs += CLAIM_STEP_MS) {
    host.sleep(CLAIM_STEP_MS);
    inTheWay = problem();
  }
  if (inTheWay !== null) {
    const remedy = config.flag("appendonly")
      ? "Give each server a dir, appenddirname or appendfilename of its own"
      : 'Give each server a dir or dbfilename of its own; one that keeps nothing needs: save ""';
    log.add("warning", `${inTheWay}. ${remedy}. Exiting.`);
    host.exit(EXIT_FAILURE);
  }
  // Before the server's own, which touch the files.
  config.onChange(["appendonly", "dir", "dbfilename", "save"], problem);
}

/** Has one kind of connections listened for; the process ends when that cannot be. */
async function open(listeners: KindListeners, config: Config, log: Log): Promise<void> {
  const { name, file } = listeners.kind;
  if (!listeners.openTcp() || !(await listeners.ready())) {
    log.add("warning", `Failed listening on port ${listeners.port} (${name}), aborting.`);
    host.exit(EXIT_FAILURE);
  }
  const path = file === null ? null : config.value(file.path);
  if (file === null || path === null) return;
  // In place of one that a server before has left.
  files.removeFile(path);
  if (!listeners.openFile(path) || !(await listeners.ready())) host.exit(EXIT_FAILURE);
  const mode = config.number(file.mode);
  if (mode !== 0) files.setMode(path, mode);
}

/** The port that is told of: TCP's, or if there is none TLS's. */
const shownPort = (config: Config) => config.number("port") || config.number("tls-port");

function writePidFile(path: string, log: Log): void {
  if (path === "") return;
  try {
    files.writeFile(path, `${host.pid}\n`);
  } catch (error) {
    log.add("warning", `Failed to write PID file: ${(error as Error).message}`);
  }
}

/** What tools look for, and what a person likes to see: who runs, where, and as which process. */
function showLogo(config: Config, log: Log): void {
  const port = shownPort(config);
  if (!config.flag("always-show-logo") && !host.isTerminal()) {
    log.add("notice", `Running mode=standalone, port=${port}.`);
    log.add("notice", `Rusk ${RUSK_VERSION} listening, PID: ${host.pid}`);
    return;
  }
  log.raw(
    `\n    .-----------.    Rusk ${RUSK_VERSION}, speaking Redis ${REDIS_VERSION}\n` +
      `   / : : : : : /|    Running in standalone mode\n` +
      `  /___________/ |    Port: ${port}\n` +
      `  |___________|/     PID: ${host.pid}\n`,
  );
}

function handleSignals(): void {
  host.onSignal("SIGTERM", () => onEndSignal("SIGTERM"));
  host.onSignal("SIGINT", () => onEndSignal("SIGINT"));
  // Redis lives on.
  for (const name of ["SIGHUP", "SIGPIPE", "SIGALRM"] as const) host.onSignal(name, () => {});
}

function leave(config: Config, log: Log, listeners: Listeners, locks: FileLocks): void {
  const pidFile = config.text("pidfile");
  if (pidFile !== "") {
    log.add("notice", "Removing the pid file.");
    files.removeFile(pidFile);
  }
  listeners.close();
  const path = config.value("unixsocket");
  if (path !== null) {
    log.add("notice", "Removing the unix socket file.");
    files.removeFile(path);
  }
  locks.release();
  log.add("warning", "Rusk is now ready to exit, bye bye...");
  host.exit(0);
}

void start();
