/** The system's log (syslog-enabled): what is logged goes there too, in the form of RFC 3164. */
import type { LogLevel } from "../base/log.ts";
import { MONTHS, twoDigits } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Datagrams } from "../runtime/datagrams.ts";

/** Where Linux's loggers listen. */
const SYSLOG_SOCKET = "/dev/log";

/** As Redis has them. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  debug: 7,
  verbose: 6,
  notice: 5,
  warning: 4,
};
const FACILITIES = ["kern", "user"];
const LOCAL_0 = 16;

/** Sends a message of the log. Lost when the logger is behind: it must not hold the server up. */
export function syslogOf(
  config: Config,
  datagrams: Datagrams,
  pid: number,
  nowMs: () => number,
  path = SYSLOG_SOCKET,
): (level: LogLevel, text: string) => void {
  const facility = numberOf(config.text("syslog-facility"));
  const ident = config.text("syslog-ident");
  return (level, text) => {
    const priority = facility * 8 + SEVERITIES[level];
    const message = `<${priority}>${timestamp(nowMs())} ${ident}[${pid}]: ${text}`;
    datagrams.send(path, message, true);
  };
}

function numberOf(facility: string): number {
  const index = FACILITIES.indexOf(facility);
  return index >= 0 ? index : LOCAL_0 + Number(facility.slice(-1));
}

/** `Jan  1 00:00:00`, in local time. */
function timestamp(ms: number): string {
  const date = new Date(ms);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${time}`;
}
