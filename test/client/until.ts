// Purpose: waiting for what comes by itself. How long it takes is the machine's business: the limit
// only makes a wait in vain a failure that says what for.

const WAIT_LIMIT_MS = 120_000;
const LOOK_MS = 1;
const ATTEMPTS_MAX = 40;

/** Waits until it is so; throws when it does not come to that. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await Bun.sleep(LOOK_MS);
  }
}

/**
 * Tries something that has to be quick until it was so once. A busy machine may hold any one
 * attempt up; who is late by himself is late in all.
 */
export async function atLeastOnce(what: string, isQuick: () => Promise<boolean>): Promise<void> {
  for (let left = ATTEMPTS_MAX; !(await isQuick()); left--) {
    if (left === 0) throw new Error(`not once: ${what}`);
  }
}
