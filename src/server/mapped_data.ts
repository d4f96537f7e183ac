/** Which memory data lie in: mappings of the server's own, or the runtime's. */
import { useMappings } from "../arena/arena.ts";
import { MappedMemory } from "../arena/mapped_memory.ts";
import type { LogLevel } from "../base/log.ts";
import type { Mappings } from "../runtime/mappings.ts";

export interface MappedDataParts {
  /** Null where the system, or the runtime, has none. */
  readonly mappings: Mappings | null;
  /** The system refuses memory to the process before it ends it. */
  readonly isLimited: boolean;
  /** Pages may be huge ones. */
  readonly wantsHugePages: boolean;
  later(ms: number, run: () => void): void;
  log(level: LogLevel, text: string): void;
}

/**
 * Has data mapped from now on, and the log say what is in force. Under a limit on the process's
 * memory they are left to the runtime: what the ballast gives up must be there for all of the
 * server, and would not be while some of it lies in chunks for data alone.
 */
export function mapData({
  mappings,
  isLimited,
  wantsHugePages,
  later,
  log,
}: MappedDataParts): void {
  if (mappings === null) return;
  if (isLimited) {
    log(
      "notice",
      "The memory of the process is limited (ulimit -v, or vm.overcommit_memory is 2): data are " +
        "not mapped, and lie in no huge pages.",
    );
    return;
  }
  const isForbidden = mappings.hugePages === "never";
  if (!wantsHugePages) log("notice", "Data lie in small pages (huge-pages no).");
  else if (isForbidden) log("notice", FORBIDDEN);
  else log("notice", "Large data lie in huge pages.");
  useMappings(new MappedMemory(mappings, wantsHugePages && !isForbidden, later));
}

const FORBIDDEN =
  "The system has no huge pages for this process, without which large data take more CPU time. " +
  "To have them, run 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled' as root, and " +
  "then restart Rusk.";
