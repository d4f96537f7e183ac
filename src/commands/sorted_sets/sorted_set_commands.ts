/** Sorted set commands: the table; their handlers are in sorted_set_*.ts. */

import { group } from "../../calls/table.ts";
import { zadd, zincrby, zrem } from "./sorted_set_add.ts";
import {
  zdiff,
  zdiffstore,
  zinter,
  zintercard,
  zinterstore,
  zunion,
  zunionstore,
} from "./sorted_set_combine.ts";
import { zmpop, zpopmax, zpopmin } from "./sorted_set_pop.ts";
import {
  zcount,
  zlexcount,
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zremrangebylex,
  zremrangebyrank,
  zremrangebyscore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
} from "./sorted_set_range.ts";
import { zcard, zmscore, zrandmember, zrank, zrevrank, zscan, zscore } from "./sorted_set_read.ts";

const COMBINING = "[WEIGHTS weight:integer ...] [AGGREGATE aggregate:{SUM | MIN | MAX}]";
const LIMIT = "[LIMIT offset_count:{offset count}]";

export const sortedSetCommands = group("sorted-set", {
  ZADD: {
    run: zadd,
    arity: -4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key
      condition:[NX | XX]@3.0.2
      comparison:[GT | LT]@6.2.0
      [change:CH@3.0.2] [increment:INCR@3.0.2] {score:double member} ...`,
    since: "1.2.0",
    complexity:
      "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    summary: "Adds members to a sorted set, or changes their scores.",
    history: [
      ["2.4.0", "Accepts multiple elements."],
      ["3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."],
      ["6.2.0", "Added the `GT` and `LT` options."],
    ],
  },
  ZCARD: {
    run: zcard,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Counts the members of a sorted set.",
  },
  ZCOUNT: {
    run: zcount,
    arity: 4,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key min:double max:double",
    since: "2.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    summary: "Counts the members whose scores lie in a range.",
  },
  ZDIFF: {
    run: zdiff,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: "numkeys key ... [WITHSCORES]",
    since: "6.2.0",
    complexity:
      "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, " +
      "N is the size of the first set, and K is the size of the result set.",
    summary: "Finds the members that only the first of several sorted sets has.",
  },
  ZDIFFSTORE: {
    run: zdiffstore,
    arity: -4,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, numkeys: 0, first: 1, flags: ["RO", "access"] },
    ],
    args: "destination numkeys key ...",
    since: "6.2.0",
    complexity:
      "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, " +
      "N is the size of the first set, and K is the size of the result set.",
    summary: "Stores the members that only the first of several sorted sets has.",
  },
  ZINCRBY: {
    run: zincrby,
    arity: 4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key increment:integer member",
    since: "1.2.0",
    complexity: "O(log(N)) where N is the number of elements in the sorted set.",
    summary: "Adds a number to a member's score.",
  },
  ZINTER: {
    run: zinter,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: `numkeys key ... ${COMBINING} [WITHSCORES]`,
    since: "6.2.0",
    complexity:
      "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the " +
      "number of input sorted sets and M being the number of elements in the resulting sorted " +
      "set.",
    summary: "Finds the members that all of several sorted sets have.",
  },
  ZINTERCARD: {
    run: zintercard,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: "numkeys key ... [LIMIT limit:integer]",
    since: "7.0.0",
    complexity:
      "O(N*K) worst case with N being the smallest input sorted set, K being the number of " +
      "input sorted sets.",
    summary: "Counts the members that all of several sorted sets have.",
  },
  ZINTERSTORE: {
    run: zinterstore,
    arity: -4,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, numkeys: 0, first: 1, flags: ["RO", "access"] },
    ],
    args: `destination numkeys key ... ${COMBINING}`,
    since: "2.0.0",
    complexity:
      "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the " +
      "number of input sorted sets and M being the number of elements in the resulting sorted " +
      "set.",
    summary: "Stores the members that all of several sorted sets have.",
  },
  ZLEXCOUNT: {
    run: zlexcount,
    arity: 4,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key min max",
    since: "2.8.9",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    summary: "Counts the members that lie in a range of texts.",
  },
  ZMPOP: {
    run: zmpop,
    arity: -4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RW", "access", "delete"] }],
    args: "numkeys key ... where:{MIN | MAX} [COUNT count]",
    since: "7.0.0",
    complexity:
      "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of " +
      "elements in the sorted set, and M being the number of elements popped.",
    summary: "Pops members from an end of the first sorted set that has any.",
  },
  ZMSCORE: {
    run: zmscore,
    arity: -3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member ...",
    since: "6.2.0",
    complexity: "O(N) where N is the number of members being requested.",
    summary: "Reads the scores of several members.",
  },
  ZPOPMAX: {
    run: zpopmax,
    arity: -2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key [count]",
    since: "5.0.0",
    complexity:
      "O(log(N)*M) with N being the number of elements in the sorted set, and M being the " +
      "number of elements popped.",
    summary: "Pops the members with the highest scores.",
  },
  ZPOPMIN: {
    run: zpopmin,
    arity: -2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key [count]",
    since: "5.0.0",
    complexity:
      "O(log(N)*M) with N being the number of elements in the sorted set, and M being the " +
      "number of elements popped.",
    summary: "Pops the members with the lowest scores.",
  },
  ZRANDMEMBER: {
    run: zrandmember,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key options:[count [WITHSCORES]]",
    since: "6.2.0",
    complexity: "O(N) where N is the number of elements returned",
    summary: "Picks members of a sorted set at random.",
    tips: ["nondeterministic_output"],
  },
  ZRANGE: {
    run: zrange,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key start stop
      sortby:[BYSCORE | BYLEX]@6.2.0 [REV@6.2.0]
      [LIMIT offset_count:{offset count}@6.2.0] [WITHSCORES]`,
    since: "1.2.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements returned.",
    summary: "Reads a range of a sorted set, by rank, score or text.",
    history: [["6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."]],
  },
  ZRANGEBYLEX: {
    run: zrangebylex,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key min max ${LIMIT}`,
    since: "2.8.9",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements being returned. If M is constant (e.g. always asking for the first 10 elements " +
      "with LIMIT), you can consider it O(log(N)).",
    summary: "Reads the members that lie in a range of texts.",
    deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `BYLEX` argument" },
  },
  ZRANGEBYSCORE: {
    run: zrangebyscore,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key min:double max:double [WITHSCORES@2.0.0] ${LIMIT}`,
    since: "1.0.5",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements being returned. If M is constant (e.g. always asking for the first 10 elements " +
      "with LIMIT), you can consider it O(log(N)).",
    summary: "Reads the members whose scores lie in a range.",
    history: [["2.0.0", "Added the `WITHSCORES` modifier."]],
    deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `BYSCORE` argument" },
  },
  ZRANGESTORE: {
    run: zrangestore,
    arity: -5,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, flags: ["RO", "access"] },
    ],
    args: `dst:key src:key min max sortby:[BYSCORE | BYLEX] [REV] ${LIMIT}`,
    since: "6.2.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements stored into the destination key.",
    summary: "Stores a range of a sorted set under another key.",
  },
  ZRANK: {
    run: zrank,
    arity: -3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member [WITHSCORE@7.2.0]",
    since: "2.0.0",
    complexity: "O(log(N))",
    summary: "Tells the rank of a member, from the lowest score up.",
    history: [["7.2.0", "Added the optional `WITHSCORE` argument."]],
  },
  ZREM: {
    run: zrem,
    arity: -3,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key member ...",
    since: "1.2.0",
    complexity:
      "O(M*log(N)) with N being the number of elements in the sorted set and M the number of " +
      "elements to be removed.",
    summary: "Removes members from a sorted set.",
    history: [["2.4.0", "Accepts multiple elements."]],
  },
  ZREMRANGEBYLEX: {
    run: zremrangebylex,
    arity: 4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key min max",
    since: "2.8.9",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements removed by the operation.",
    summary: "Removes the members that lie in a range of texts.",
  },
  ZREMRANGEBYRANK: {
    run: zremrangebyrank,
    arity: 4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key start:integer stop:integer",
    since: "2.0.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements removed by the operation.",
    summary: "Removes the members whose ranks lie in a range.",
  },
  ZREMRANGEBYSCORE: {
    run: zremrangebyscore,
    arity: 4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key min:double max:double",
    since: "1.2.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements removed by the operation.",
    summary: "Removes the members whose scores lie in a range.",
  },
  ZREVRANGE: {
    run: zrevrange,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key start:integer stop:integer [WITHSCORES]",
    since: "1.2.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements returned.",
    summary: "Reads a range of ranks, from the highest score down.",
    deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` argument" },
  },
  ZREVRANGEBYLEX: {
    run: zrevrangebylex,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key max min ${LIMIT}`,
    since: "2.8.9",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements being returned. If M is constant (e.g. always asking for the first 10 elements " +
      "with LIMIT), you can consider it O(log(N)).",
    summary: "Reads the members that lie in a range of texts, from the last down.",
    deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments" },
  },
  ZREVRANGEBYSCORE: {
    run: zrevrangebyscore,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key max:double min:double [WITHSCORES] ${LIMIT}`,
    since: "2.2.0",
    complexity:
      "O(log(N)+M) with N being the number of elements in the sorted set and M the number of " +
      "elements being returned. If M is constant (e.g. always asking for the first 10 elements " +
      "with LIMIT), you can consider it O(log(N)).",
    summary: "Reads the members whose scores lie in a range, highest first.",
    history: [["2.1.6", "`min` and `max` can be exclusive."]],
    deprecated: { since: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments" },
  },
  ZREVRANK: {
    run: zrevrank,
    arity: -3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member [WITHSCORE@7.2.0]",
    since: "2.0.0",
    complexity: "O(log(N))",
    summary: "Tells the rank of a member, from the highest score down.",
    history: [["7.2.0", "Added the optional `WITHSCORE` argument."]],
  },
  ZSCAN: {
    run: zscan,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key cursor [MATCH pattern] [COUNT count]",
    since: "2.8.0",
    complexity:
      "O(1) for every call. O(N) for a complete iteration, including enough command calls for " +
      "the cursor to return back to 0. N is the number of elements inside the collection..",
    summary: "Walks through a sorted set, some members at a time.",
    tips: ["nondeterministic_output"],
  },
  ZSCORE: {
    run: zscore,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member",
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Reads the score of a member.",
  },
  ZUNION: {
    run: zunion,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: `numkeys key ... ${COMBINING} [WITHSCORES]`,
    since: "6.2.0",
    complexity:
      "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M " +
      "being the number of elements in the resulting sorted set.",
    summary: "Unites several sorted sets, their scores aggregated.",
  },
  ZUNIONSTORE: {
    run: zunionstore,
    arity: -4,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, numkeys: 0, first: 1, flags: ["RO", "access"] },
    ],
    args: `destination numkeys key ... ${COMBINING}`,
    since: "2.0.0",
    complexity:
      "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M " +
      "being the number of elements in the resulting sorted set.",
    summary: "Stores the union of several sorted sets, their scores aggregated.",
  },
});
