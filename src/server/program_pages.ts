/**
 * Keeps the program's own pages out of memory while nobody needs them. After a start they lie
 * there, and the compiler brings many back for each function that an idle timer makes warm.
 */
import type { EventLoop } from "../runtime/net.ts";

/** What the rehearsal has had compiled, and the collector, need the pages for so long. */
const FIRST_MS = 1000;
/** It is looked so often whether many are there again. */
const LOOK_MS = 2000;
/** So many bytes of them are: an idle server needs fewer. */
const GROWTH_SIZE = 8 << 20;
/** Who serves so many commands from one look to the next has no time for it. */
const BUSY_COUNT = 100;

export interface ProgramParts {
  readonly loop: Pick<EventLoop, "later">;
  /** The number of commands that clients have sent. */
  readonly commandCount: () => number;
  /** Bytes of the program's pages in memory; 0 where the system does not tell. */
  readonly programSize: () => number;
  readonly giveBack: () => void;
}

/** Gives the pages back soon, once, and from then on whenever many are there in a quiet time. */
export function keepProgramSmall({
  loop,
  commandCount,
  programSize,
  giveBack,
}: ProgramParts): void {
  let countBefore = 0;
  let leastSize = 0;
  const give = (): void => {
    giveBack();
    countBefore = commandCount();
    leastSize = programSize();
    loop.later(LOOK_MS, look);
  };
  const look = (): void => {
    const count = commandCount();
    const isQuiet = count - countBefore < BUSY_COUNT;
    countBefore = count;
    if (isQuiet && programSize() > leastSize + GROWTH_SIZE) give();
    else loop.later(LOOK_MS, look);
  };
  loop.later(FIRST_MS, give);
}
