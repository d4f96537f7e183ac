/**
 * `rusk --check-system`: looks at what of the system makes a server slow or ends it. The checks
 * that Redis has, too, have its names; what only matters to who forks is not asked for.
 */
import type { ToolParts } from "./tool_parts.ts";

/** Clients for which there should be open files, as many as the default of maxclients. */
const FILES_WANTED = 10_032;
/** The default of tcp-backlog. */
const BACKLOG_WANTED = 511;

/** A check: what to do about what it found, null if all is well, undefined if nothing tells. */
type Check = (parts: ToolParts) => string | null | undefined;

const CLOCK_FOLDER = "/sys/devices/system/clocksource/clocksource0";

const CHECKS: Readonly<Record<string, Check>> = {
  "slow-clocksource"({ readFile }) {
    const now = textOf(readFile, `${CLOCK_FOLDER}/current_clocksource`);
    if (now === undefined) return undefined;
    if (!/^(hpet|acpi_pm|jiffies|refined-jiffies)$/.test(now)) return null;
    const others = textOf(readFile, `${CLOCK_FOLDER}/available_clocksource`);
    return (
      `The system's clock is ${now}, and to look at it costs every command more than it should. ` +
      `Available are: ${others}. A better one is set with: ` +
      `echo tsc > ${CLOCK_FOLDER}/current_clocksource`
    );
  },
  "xen-clocksource"({ readFile }) {
    const now = textOf(readFile, `${CLOCK_FOLDER}/current_clocksource`);
    if (now !== "xen") return now === undefined ? undefined : null;
    return (
      "The system's clock is xen, which is slow. If tsc is available, set it: " +
      `echo tsc > ${CLOCK_FOLDER}/current_clocksource`
    );
  },
  overcommit({ readFile }) {
    const mode = textOf(readFile, "/proc/sys/vm/overcommit_memory");
    if (mode !== "2") return mode === undefined ? undefined : null;
    return (
      "The system promises no more memory than it has (vm.overcommit_memory is 2): the server " +
      "may be refused memory that is free. Snapshots do not fork, so that 0 and 1 are both well."
    );
  },
  THP({ readFile }) {
    const modes = textOf(readFile, "/sys/kernel/mm/transparent_hugepage/enabled");
    if (!modes?.includes("[always]")) return modes === undefined ? undefined : null;
    return (
      "Transparent huge pages are on for all programs, which makes memory larger than the data. " +
      "Set: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    );
  },
  "open-files"({ openFilesMax }) {
    if (openFilesMax >= FILES_WANTED) return null;
    return (
      `The process may have ${openFilesMax} files open, which is not enough for 10000 clients: ` +
      `ulimit -n ${FILES_WANTED}, or LimitNOFILE= of the service.`
    );
  },
  "connection-backlog"({ readFile }) {
    const most = textOf(readFile, "/proc/sys/net/core/somaxconn");
    if (most === undefined || Number(most) >= BACKLOG_WANTED) return most && null;
    return (
      `net.core.somaxconn is ${most}, below tcp-backlog's default of ${BACKLOG_WANTED}: when ` +
      `many connect at once some wait longer. Set: sysctl net.core.somaxconn=${BACKLOG_WANTED}`
    );
  },
};

/** What a file of the system's says; undefined where there is none. */
function textOf(readFile: ToolParts["readFile"], path: string): string | undefined {
  try {
    return readFile(path).trim();
  } catch {
    return undefined;
  }
}

/** Makes all checks and tells of each; returns the exit status, 1 if one found something. */
export function checkSystem(parts: ToolParts): number {
  let isWell = true;
  for (const [name, check] of Object.entries(CHECKS)) {
    const found = check(parts);
    if (typeof found === "string") isWell = false;
    const told = found === undefined ? "skipped" : found === null ? "OK" : `WARNING:\n${found}\n`;
    parts.writeOut(`[${name}]...${told}\n`);
  }
  return isWell ? 0 : 1;
}
