/** Starts the server: reads the command line and the configuration, and puts the parts together. */

import { Clock } from "./base/clock.ts";
import { seedHash } from "./base/hash.ts";
import { REDIS_VERSION, RUSK_VERSION } from "./base/version.ts";
import { commandTable } from "./commands/all.ts";
import type { Host } from "./commands/server_context.ts";
import { Config } from "./config/config.ts";
import { ConfigError, loadConfig, parseCommandLine } from "./config/file.ts";
import type { ConfigHost } from "./config/kinds.ts";
import * as host from "./runtime/host.ts";
import { listen } from "./runtime/net.ts";
import { Listeners } from "./server/listeners.ts";
import { Log } from "./server/log.ts";
import { Server } from "./server/server.ts";
import { applySettings, listenSettings } from "./server/settings.ts";

const CRON_MS = 100;
const EXIT_FAILURE = 1;

const configHost: ConfigHost = {
  readFile: host.readFile,
  listFolder: host.listFolder,
  readStandardInput: host.readStandardInput,
  currentFolder: host.currentDirectory,
  changeFolder: host.changeDirectory,
  renameCommand: (from, to) => commandTable.rename(from, to),
};

start();

function start(): void {
  const first = host.args[0];
  if (first === "-v" || first === "--version") {
    host.writeOut(`Rusk server v=${RUSK_VERSION} redis_version=${REDIS_VERSION}\n`);
    return;
  }
  if (first === "-h" || first === "--help") {
    host.writeOut(HELP);
    return;
  }
  const config = readConfig();
  seedHash(host.random() * 2 ** 32, host.random() * 2 ** 32);
  const clock = new Clock(host);
  const log = new Log(host.pid, host.wallMs, (line) => writeLog(config, line));
  const server = new Server({
    clock,
    config,
    table: commandTable,
    host: { ...host, configFile: config.file } as Host,
    log,
    loop: host,
    random: host.random,
    leave: () => leave(config, log, listeners),
  });
  const listeners: Listeners = new Listeners(
    listen,
    (socket, path) => server.accept(socket, path),
    (problem) => log.add("warning", problem),
  );
  applySettings(server, log, listeners);
  greet(config, log);
  void serve(server, config, log, listeners);
}

function readConfig(): Config {
  const config = new Config(configHost);
  try {
    const line = parseCommandLine(host.args);
    // Before `dir` changes the folder that a relative path is in.
    if (line.file !== null) config.file = host.absolutePath(line.file);
    loadConfig(config, line);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    host.writeError(error.report(`Redis ${REDIS_VERSION}`));
    host.exit(EXIT_FAILURE);
  }
  return config;
}

function writeLog(config: Config, line: string): void {
  const file = config.text("logfile");
  if (file === "") host.writeOut(line);
  else host.appendFile(file, line);
}

function greet(config: Config, log: Log): void {
  log.add("warning", "oO0OoO0OoO0Oo Rusk is starting oO0OoO0OoO0Oo");
  log.add(
    "warning",
    `Rusk version=${RUSK_VERSION}, Redis version=${REDIS_VERSION}, bits=64, pid=${host.pid}, ` +
      "just started",
  );
  if (config.file !== "") log.add("warning", "Configuration loaded");
  else {
    log.add(
      "warning",
      "Warning: no config file specified, using the default config. In order to specify a config " +
        "file use rusk /path/to/redis.conf",
    );
  }
}

async function serve(
  server: Server,
  config: Config,
  log: Log,
  listeners: Listeners,
): Promise<void> {
  handleSignals(server, log);
  const path = config.value("unixsocket");
  const backlog = config.number("tcp-backlog");
  try {
    const opened =
      listeners.openTcp(listenSettings(config)) && (path === null || openFile(path, config));
    if (!opened) throw new Error();
    await listeners.ready();
  } catch {
    log.add("warning", `Failed listening on port ${config.number("port")} (TCP), aborting.`);
    host.exit(EXIT_FAILURE);
  }
  if (listeners.count === 0) {
    log.add("warning", "Configured to not listen anywhere, exiting.");
    host.exit(EXIT_FAILURE);
  }
  showLogo(config, log);
  log.add("warning", "Server initialized");
  if (config.number("port") !== 0) log.add("notice", "Ready to accept connections");
  if (path !== null) log.add("notice", `The server is now ready to accept connections at ${path}`);
  server.begin();
  host.every(CRON_MS, () => server.tick());

  function openFile(socketPath: string, from: Config): boolean {
    host.removeStaleFile(socketPath);
    if (!listeners.openFile(socketPath, backlog)) return false;
    const mode = from.number("unixsocketperm");
    if (mode !== 0) host.setMode(socketPath, mode);
    return true;
  }
}

/** What tools look for, and what a person likes to see: who runs, where, and as which process. */
function showLogo(config: Config, log: Log): void {
  const port = config.number("port");
  if (!config.flag("always-show-logo") && !host.isTerminal()) {
    log.add("notice", `Running mode=standalone, port=${port}.`);
    log.add("notice", `Rusk ${RUSK_VERSION} listening, PID: ${host.pid}`);
    return;
  }
  log.raw(
    `\n   ┌────────────┐   Rusk ${RUSK_VERSION}, speaking Redis ${REDIS_VERSION}\n` +
      `   │ ░░░░░░░░░░ │   Running in standalone mode\n` +
      `   │ ░░ rusk ░░ │   Port: ${port}\n` +
      `   └────────────┘   PID: ${host.pid}\n`,
  );
}

function handleSignals(server: Server, log: Log): void {
  host.onSignal("SIGTERM", () => server.signal("SIGTERM"));
  host.onSignal("SIGINT", () => server.signal("SIGINT"));
  host.onSignal("SIGHUP", () => {});
  host.onSignal("SIGPIPE", () => {});
  host.onFailure((error) => {
    log.add("warning", `Rusk crashed: ${error instanceof Error ? error.stack : String(error)}`);
    host.exit(EXIT_FAILURE);
  });
}

function leave(config: Config, log: Log, listeners: Listeners): void {
  listeners.close();
  const path = config.value("unixsocket");
  if (path !== null) host.removeStaleFile(path);
  const pidFile = config.text("pidfile");
  if (pidFile !== "") host.removeStaleFile(pidFile);
  log.add("warning", "Rusk is now ready to exit, bye bye...");
  host.exit(0);
}

const HELP = `Usage: rusk [/path/to/redis.conf] [options] [-]
       rusk - (read the configuration from standard input)
       rusk -v or --version
       rusk -h or --help

Any directive of redis.conf can be given as an option:
       rusk --port 7777
       rusk /etc/redis/6379.conf --loglevel verbose
`;
