/** String commands: the table of all of them, and those that read or edit the bytes of a string. */
import { NIL } from "../../arena/arena.ts";
import { copyBytes } from "../../base/bytes.ts";
import type { Call } from "../../calls/call.ts";
import {
  exactExpiry,
  NO_EXPIRY,
  Option,
  parsedExpiry,
  parseOptions,
  TIME_OPTIONS,
} from "../../calls/expire_options.ts";
import { type ArgumentWords, KeyFlag, type KeyRef } from "../../calls/key_specs.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { lcs } from "./string_lcs.ts";
import { decr, decrby, incr, incrby, incrbyfloat } from "./string_number.ts";
import {
  delex,
  digest,
  getset,
  mset,
  msetex,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  store,
} from "./string_set.ts";

export const stringCommands = group("string", {
  APPEND: {
    run: append,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key value",
    since: "2.0.0",
    complexity:
      "O(1). The amortized time complexity is O(1) assuming the appended value is small and the " +
      "already present value is of any size, since the dynamic string library used by Redis " +
      "will double the free space available on every reallocation.",
    summary: "Adds text to the end of a string.",
  },
  DECR: {
    run: decr,
    arity: 2,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Subtracts one from an integer.",
  },
  DECRBY: {
    run: decrby,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key decrement:integer",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Subtracts a number from an integer.",
  },
  DELEX: {
    run: delex,
    arity: -2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: `key
      condition:[IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]`,
    since: "8.4.0",
    complexity:
      "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.",
    summary: "Deletes a key if its string meets a condition.",
  },
  DIGEST: {
    run: digest,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "8.4.0",
    complexity: "O(N) where N is the length of the string value.",
    summary: "Replies the XXH3 digest of a string, in hexadecimal digits.",
  },
  GET: {
    run: get,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Reads a string.",
  },
  GETDEL: {
    run: getdel,
    arity: 2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key",
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Reads a string and deletes its key.",
  },
  GETEX: {
    run: getex,
    arity: -2,
    flags: ["write", "fast"],
    keys: [
      {
        at: 1,
        flags: ["RW", "access", "update"],
        notes: "RW and UPDATE because it changes the TTL",
      },
    ],
    args: `key
      expiration:[EX seconds | PX milliseconds | EXAT unix-time-seconds
        | PXAT unix-time-milliseconds | PERSIST]`,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Reads a string and may change when its key expires.",
  },
  GETRANGE: {
    run: getrange,
    arity: 4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key start:integer end:integer",
    since: "2.4.0",
    complexity:
      "O(N) where N is the length of the returned string. The complexity is ultimately " +
      "determined by the returned length, but because creating a substring from an existing " +
      "string is very cheap, it can be considered O(1) for small strings.",
    summary: "Reads a part of a string.",
  },
  GETSET: {
    run: getset,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key value",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Replaces a string and returns the old one.",
    deprecated: { since: "6.2.0", replacedBy: "`SET` with the `!GET` argument" },
  },
  INCR: {
    run: incr,
    arity: 2,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Adds one to an integer.",
  },
  INCRBY: {
    run: incrby,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key increment:integer",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Adds a number to an integer.",
  },
  INCRBYFLOAT: {
    run: incrbyfloat,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key increment:double",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Adds a decimal number to a number.",
  },
  LCS: {
    run: lcs,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, last: 1, flags: ["RO", "access"] }],
    args: "key1:key key2:key [LEN] [IDX] [MINMATCHLEN len:integer] [WITHMATCHLEN]",
    since: "7.0.0",
    complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    summary: "Finds the longest common subsequence of two strings.",
  },
  MGET: {
    run: mget,
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, last: -1, flags: ["RO", "access"] }],
    args: "key ...",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys to retrieve.",
    summary: "Reads the strings of several keys.",
    tips: ["request_policy:multi_shard"],
  },
  MSET: {
    run: mset,
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [{ at: 1, last: -1, step: 2, flags: ["OW", "update"] }],
    args: "{key value} ...",
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    summary: "Sets several keys to strings.",
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
  },
  MSETEX: {
    run: msetex,
    arity: -4,
    flags: ["write", "denyoom"],
    keys: [{ at: 1, numkeys: 0, first: 1, step: 2, flags: ["OW", "update"] }],
    args: `numkeys data:{key value} ...
      condition:[NX | XX]
      expiration:[EX seconds | PX milliseconds | EXAT unix-time-seconds
        | PXAT unix-time-milliseconds | KEEPTTL]`,
    since: "8.4.0",
    complexity: "O(N) where N is the number of keys to set.",
    summary: "Sets several keys to strings that expire at the same time.",
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
  },
  MSETNX: {
    run: msetnx,
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [{ at: 1, last: -1, step: 2, flags: ["OW", "insert"] }],
    args: "{key value} ...",
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    summary: "Sets several keys to strings, if none of them exists.",
    tips: ["request_policy:multi_shard", "response_policy:agg_min"],
  },
  PSETEX: {
    run: psetex,
    arity: 4,
    flags: ["write", "denyoom", "brief"],
    keys: [{ at: 1, flags: ["OW", "update"] }],
    args: "key milliseconds value",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Sets a key to a string that expires after some milliseconds.",
  },
  SET: {
    run: set,
    arity: -3,
    flags: ["write", "denyoom", "brief"],
    keys: [
      {
        at: 1,
        flags: ["RW", "access", "update", "variable_flags"],
        notes: "RW and ACCESS due to the optional `GET` argument",
      },
    ],
    findKeys: keyOfSet,
    args: `key value
      condition:[NX | XX | IFEQ ifeq-value@8.4.0 | IFNE ifne-value@8.4.0
        | IFDEQ ifdeq-digest@8.4.0 | IFDNE ifdne-digest@8.4.0]@2.6.12
      [GET@6.2.0]
      expiration:[EX seconds@2.6.12 | PX milliseconds@2.6.12 | EXAT unix-time-seconds@6.2.0
        | PXAT unix-time-milliseconds@6.2.0 | KEEPTTL@6.0.0]`,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Sets a key to a string, on conditions and for as long as options say.",
    history: [
      ["2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."],
      ["6.0.0", "Added the `KEEPTTL` option."],
      ["6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."],
      ["7.0.0", "Allowed the `NX` and `GET` options to be used together."],
      ["8.4.0", "Added the `IFEQ`, `IFNE`, `IFDEQ`, `IFDNE` options."],
    ],
  },
  SETEX: {
    run: setex,
    arity: 4,
    flags: ["write", "denyoom", "brief"],
    keys: [{ at: 1, flags: ["OW", "update"] }],
    args: "key seconds value",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Sets a key to a string that expires after some seconds.",
  },
  SETNX: {
    run: setnx,
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["OW", "insert"] }],
    args: "key value",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Sets a key to a string, if it does not exist.",
  },
  SETRANGE: {
    run: setrange,
    arity: 4,
    flags: ["write", "denyoom"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key offset value",
    since: "2.2.0",
    complexity:
      "O(1), not counting the time taken to copy the new string in place. Usually, this string " +
      "is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M " +
      "being the length of the value argument.",
    summary: "Overwrites a part of a string.",
  },
  STRLEN: {
    run: strlen,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Measures a string, in bytes.",
  },
  SUBSTR: {
    run: substr,
    arity: 4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key start:integer end:integer",
    since: "1.0.0",
    complexity:
      "O(N) where N is the length of the returned string. The complexity is ultimately " +
      "determined by the returned length, but because creating a substring from an existing " +
      "string is very cheap, it can be considered O(1) for small strings.",
    summary: "Reads a part of a string: the old name of GETRANGE.",
    deprecated: { since: "2.0.0", replacedBy: "`GETRANGE`" },
  },
});

/** No proto-max-bulk-len is lower. */
const SIZE_LIMIT_LEAST = 1 << 20;

const TOO_LONG = new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
const BAD_OFFSET = new CommandError("ERR offset is out of range");

function get(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.string);
  if (e === NIL) call.reply.nil();
  else stringValue.reply(e, call.reply);
}

function mget(call: Call): void {
  const { db, args, reply, argc } = call;
  reply.array(argc - 1);
  for (let index = 1; index < argc; index++) {
    const e = db.read(args, index);
    if (e === NIL || entry.type(e) !== Type.string) reply.nil();
    else stringValue.reply(e, reply);
  }
}

function getdel(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.string);
  if (e === NIL) {
    call.reply.nil();
    return;
  }
  stringValue.reply(e, call.reply);
  call.db.remove(e);
  propagate.deleted(call);
}

function getex(call: Call): void {
  const { db, args, reply, keyspace } = call;
  const { mask } = parseOptions(call, 2, TIME_OPTIONS | Option.persist);
  const e = db.readTyped(args, 1, Type.string);
  if (e === NIL) {
    reply.nil();
    return;
  }
  const expiry = parsedExpiry(call);

  stringValue.reply(e, reply);
  if (expiry > 0 && call.isOver(expiry)) {
    call.db.remove(e);
    propagate.expired(call);
  } else if (expiry > 0) {
    keyspace.changing(db, e, "expire");
    db.setExpiry(e, expiry, exactExpiry(expiry));
    propagate.expiresAt(call, expiry, exactExpiry(expiry));
  } else if ((mask & Option.persist) !== 0 && entry.hasTtl(e)) {
    keyspace.changing(db, e, "persist");
    db.clearExpiry(e);
    propagate.asCommand(call, "PERSIST", 1);
  }
}

function strlen(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.string);
  call.reply.integer(e === NIL ? 0 : stringValue.size(e));
}

function substr(call: Call): void {
  getrange(call);
}

function getrange(call: Call): void {
  let first = call.integer(2);
  let last = call.integer(3);
  const e = call.db.readTyped(call.args, 1, Type.string);
  if (e === NIL || (first < 0 && last < 0 && isAfter(call, first, last))) {
    call.reply.bulkText("");
    return;
  }
  const { bytes, offset, size } = stringValue.rangeOf(e);
  if (first < 0) first = Math.max(0, first + size);
  if (last < 0) last = Math.max(0, last + size);
  last = Math.min(last, size - 1);
  if (first > last) call.reply.bulkText("");
  else call.reply.bulk(bytes, offset + first, last - first + 1);
}

/** Whether `first` > `last`, arguments 2 and 3: by themselves where doubles make them equal. */
function isAfter(call: Call, first: number, last: number): boolean {
  if (first !== last || Number.isSafeInteger(first)) return first > last;
  return call.int64(2) > call.int64(3);
}

function append(call: Call): void {
  const { db, args, reply } = call;
  const added = args.size[2];
  const keyHash = db.hash(args, 1);
  const e = db.writeTyped(args, 1, keyHash, Type.string);
  if (e === NIL) {
    store(call, 1, keyHash, e, 2, NO_EXPIRY, "append");
    reply.integer(added);
    return;
  }
  const size = stringValue.size(e);
  checkSize(call, size + added);
  stringValue.ensureRoom(call.keyspace.isWalked, e, size + added);
  call.keyspace.changing(db, e, "append");
  writeAt(call, stringValue.grow(db, e, size + added), size, 2);
  reply.integer(size + added);
}

function setrange(call: Call): void {
  const { db, args, reply } = call;
  const at = call.integer(2);
  if (at < 0) throw BAD_OFFSET;
  const written = args.size[3];
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  const size = e === NIL ? 0 : stringValue.size(e);
  if (written === 0) {
    reply.integer(size);
    return;
  }
  checkSize(call, at + written);
  const newSize = Math.max(size, at + written);
  stringValue.ensureRoom(call.keyspace.isWalked, e, newSize);

  if (e === NIL) {
    e = db.add(args, 1, keyHash, stringValue.areaFor(at + written), false, "setrange");
    stringValue.writeBytes(e, args.bytes, args.view, 0, 0);
  } else {
    call.keyspace.changing(db, e, "setrange");
  }
  e = stringValue.grow(db, e, newSize);
  const { bytes, offset } = stringValue.rangeOf(e);
  if (at > size) bytes.fill(0, offset + size, offset + at);
  writeAt(call, e, at, 3);
  reply.integer(newSize);
}

/** Writes an argument over the bytes of a string, beginning at its byte `at`. */
function writeAt(call: Call, e: EntryRef, at: number, index: number): void {
  const { args } = call;
  const { bytes, offset } = stringValue.rangeOf(e);
  copyBytes(args.bytes, args.start[index], args.size[index], bytes, offset + at);
}

/** Throws when no string may be so long. */
function checkSize(call: Call, size: number): void {
  if (size <= SIZE_LIMIT_LEAST) return;
  if (size > call.server.config.number("proto-max-bulk-len")) throw TOO_LONG;
}

/** Options of SET that look at the old value. */
const READING = ["get", "ifeq", "ifne", "ifdeq", "ifdne"];
const OVERWRITTEN: KeyRef[] = [{ index: 1, flags: KeyFlag.OW | KeyFlag.update }];
const READ_AND_WRITTEN: KeyRef[] = [
  { index: 1, flags: KeyFlag.RW | KeyFlag.access | KeyFlag.update },
];

/** SET looks at the old value only when an option asks for it. */
function keyOfSet(argumentCount: number, words: ArgumentWords): KeyRef[] {
  for (let index = 3; index < argumentCount; index++) {
    for (const word of READING) if (words.is(index, word)) return READ_AND_WRITTEN;
  }
  return OVERWRITTEN;
}
