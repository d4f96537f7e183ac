/** Frees what was detached from the keyspace (a large value, a whole database) in slices. */
import type { Clock } from "../base/clock.ts";
import { SLICE_MS } from "../base/limits.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";

/** Has it freed by `later` whenever there is something, until nothing is left. */
export function reclaimInSlices(
  keyspace: Keyspace,
  clock: Clock,
  later: (ms: number, run: () => void) => void,
): void {
  let isUnderWay = false;
  const slice = () => {
    const beganMs = keyspace.delays.begin();
    const endMs = clock.monotonicMs() + SLICE_MS;
    let isMore = true;
    while (isMore && clock.monotonicMs() < endMs) isMore = keyspace.reclaimSlice();
    keyspace.delays.end("free-slice", beganMs);
    isUnderWay = isMore;
    if (isMore) later(SLICE_MS, slice);
  };
  keyspace.onReclaim = () => {
    if (isUnderWay) return;
    isUnderWay = true;
    later(0, slice);
  };
}
