/** Sorted set commands that wait for members: BZPOPMIN, BZPOPMAX, BZMPOP. */
import { NIL } from "../../arena/arena.ts";
import { TIMEOUT_HISTORY, takingWait, timeoutOf, waitForKeys } from "../../calls/blocking.ts";
import type { Call, Wait } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { Type } from "../../values/types.ts";
import { FLAT, parsePops, pop, popMany, popName, pops } from "./sorted_set_pop.ts";

export const blockingSortedSetCommands = group("sorted-set", {
  BZMPOP: {
    run: bzmpop,
    arity: -5,
    flags: ["write", "shrinking", "blocking"],
    keys: [{ at: 2, numkeys: 0, first: 1, flags: ["RW", "access", "delete"] }],
    args: "timeout:double numkeys key ... where:{MIN | MAX} [COUNT count]",
    since: "7.0.0",
    complexity:
      "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of " +
      "elements in the sorted set, and M being the number of elements popped.",
    summary: "Pops members from an end of the first sorted set that has any, or will have.",
  },
  BZPOPMAX: {
    run: (call) => popOne(call, maxWait, true),
    arity: -3,
    flags: ["write", "shrinking", "noscript", "fast", "blocking"],
    keys: [{ at: 1, last: -2, flags: ["RW", "access", "delete"] }],
    args: "key ... timeout:double",
    since: "5.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    summary: "Pops the highest member of the first sorted set that has any, or will have.",
    history: TIMEOUT_HISTORY,
  },
  BZPOPMIN: {
    run: (call) => popOne(call, minWait, false),
    arity: -3,
    flags: ["write", "shrinking", "noscript", "fast", "blocking"],
    keys: [{ at: 1, last: -2, flags: ["RW", "access", "delete"] }],
    args: "key ... timeout:double",
    since: "5.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    summary: "Pops the lowest member of the first sorted set that has any, or will have.",
    history: TIMEOUT_HISTORY,
  },
});

const minWait = takingWait(Type.zset, (call, index, e) => popFrom(call, index, e, false));
const maxWait = takingWait(Type.zset, (call, index, e) => popFrom(call, index, e, true));

function popOne(call: Call, wait: Wait, fromMax: boolean): void {
  const { db, args, argc } = call;
  const timeoutMs = timeoutOf(call, argc - 1);
  for (let i = 1; i < argc - 1; i++) {
    const e = db.writeTyped(args, i, db.hash(args, i), Type.zset);
    if (e === NIL) continue;
    popFrom(call, i, e, fromMax);
    return;
  }
  waitForKeys(call, wait, 1, argc - 2, timeoutMs);
}

/** Replies with the key in argument `index` and a member and score popped from its set. */
function popFrom(call: Call, index: number, e: EntryRef, fromMax: boolean): void {
  const { db, args, keyspace, reply } = call;
  reply.array(3);
  reply.bulk(args.bytes, args.start[index], args.size[index]);
  pop(keyspace, db, e, fromMax, 1, reply, FLAT);
  propagate.popped(call, popName(fromMax), index, 0);
}

const manyWait = takingWait(Type.zset, (call, index, e) => {
  parsePops(call, 2);
  popMany(call, e, index);
});

function bzmpop(call: Call): void {
  const { db, args } = call;
  parsePops(call, 2);
  const { firstKey, keyCount } = pops;
  const timeoutMs = timeoutOf(call, 1);
  for (let i = firstKey; i < firstKey + keyCount; i++) {
    const e = db.writeTyped(args, i, db.hash(args, i), Type.zset);
    if (e === NIL) continue;
    popMany(call, e, i);
    return;
  }
  waitForKeys(call, manyWait, firstKey, keyCount, timeoutMs);
}
