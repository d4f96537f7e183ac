/** Finds the service manager that `supervised` is about, and tells it that the process is there. */
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { openDatagrams } from "../runtime/datagrams.ts";
import * as host from "../runtime/host.ts";
import { Supervisor, type SupervisorName } from "./supervisor.ts";

type Report = (level: LogLevel, text: string) => void;

/** Who watches over the process from now on; what is asked for and not there, the log says. */
export async function superviseAs(config: Config, log: Report): Promise<Supervisor> {
  switch (wantedBy(config.text("supervised"), log)) {
    case "upstart":
      return supervisor(stopForUpstart(log) ? "upstart" : "no");
    case "systemd":
      return underSystemd(log);
    default:
      return supervisor("no");
  }
}

/** With `auto` the environment tells which. */
function wantedBy(wanted: string, log: Report): string {
  if (wanted !== "auto") return wanted;
  if (host.variable("UPSTART_JOB") !== "") {
    log("verbose", "Upstart supervision detected.");
    return "upstart";
  }
  if (host.variable("NOTIFY_SOCKET") === "") return "no";
  log("verbose", "Systemd supervision detected.");
  return "systemd";
}

function supervisor(
  name: SupervisorName,
  send: (message: string) => void = () => {},
  watchdogMs = Infinity,
): Supervisor {
  return new Supervisor({ name, send, monotonicMs: host.monotonicMs, watchdogMs });
}

/** Upstart (`expect stop`) takes a process for ready when it stops, and has it go on. */
function stopForUpstart(log: Report): boolean {
  if (host.variable("UPSTART_JOB") === "") {
    log("warning", "upstart supervision requested, but UPSTART_JOB not found!");
    return false;
  }
  log("notice", "supervised by upstart, will stop to signal readiness.");
  host.stopSelf();
  return true;
}

async function underSystemd(log: Report): Promise<Supervisor> {
  const path = host.variable("NOTIFY_SOCKET");
  if (path === "") {
    log("warning", "systemd supervision error: NOTIFY_SOCKET not found!");
    return supervisor("no");
  }
  const datagrams = await openDatagrams();
  if (datagrams === null) {
    log("warning", "systemd supervision error: this system has no C library that is known here");
    return supervisor("no");
  }
  const send = (message: string) => {
    if (datagrams.send(path, message, false)) return;
    log("warning", `systemd supervision error: ${path} takes no messages`);
  };
  const found = supervisor("systemd", send, watchdogMs());
  found.status("Rusk is loading...");
  log(
    "notice",
    "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and " +
      "TimeoutStopSec in your service unit.",
  );
  return found;
}

/** WATCHDOG_USEC, if it is this process that is meant. */
function watchdogMs(): number {
  const meant = host.variable("WATCHDOG_PID");
  const ms = Number(host.variable("WATCHDOG_USEC")) / 1000;
  return ms > 0 && (meant === "" || meant === String(host.pid)) ? ms : Infinity;
}
