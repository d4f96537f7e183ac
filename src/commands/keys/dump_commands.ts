/** DUMP and RESTORE: values as Redis's own payloads, to and from any server that knows them. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { type CommandEntry, group } from "../../calls/table.ts";
import { dumpPayload, isIntact, restorePayload } from "../../persistence/rdb/dump_payload.ts";
import { Malformed } from "../../persistence/rdb/rdb_format.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";

const BUSY_KEY = new CommandError("BUSYKEY Target key name already exists.");
const BAD_FOOTER = new CommandError("ERR DUMP payload version or checksum are wrong");
const BAD_FORMAT = new CommandError("ERR Bad data format");
const BAD_TTL = new CommandError("ERR Invalid TTL value, must be >= 0");
const BAD_IDLE_TIME = new CommandError("ERR Invalid IDLETIME value, must be >= 0");
const BAD_FREQUENCY = new CommandError("ERR Invalid FREQ value, must be >= 0 and <= 255");
const FREQUENCY_MAX = 255;
const KEY = 1;
const TTL = 2;
const PAYLOAD = 3;
const OPTIONS = 4;

const restoreEntry: CommandEntry = {
  run: restore,
  arity: -4,
  flags: ["write", "denyoom"],
  acl: ["keyspace", "dangerous"],
  keys: [{ at: 1, flags: ["OW", "update"] }],
  args:
    "key ttl:integer serialized-value [REPLACE]@3.0.0 [ABSTTL]@5.0.0 " +
    "[IDLETIME seconds:integer]@5.0.0 [FREQ frequency:integer]@5.0.0",
  since: "2.6.0",
  complexity:
    "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where " +
    "N is the number of Redis objects composing the value and M their average size. For small " +
    "string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). " +
    "However for sorted set values the complexity is O(N*M*log(N)) because inserting values into " +
    "sorted sets is O(log(N)).",
  summary: "Makes a key with a value that DUMP has given.",
  history: [
    ["3.0.0", "Added the `REPLACE` modifier."],
    ["5.0.0", "Added the `ABSTTL` modifier."],
    ["5.0.0", "Added the `IDLETIME` and `FREQ` options."],
  ],
};

export const dumpCommands = group("generic", {
  DUMP: {
    run: dump,
    arity: 2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "2.6.0",
    complexity:
      "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of " +
      "Redis objects composing the value and M their average size. For small string values the " +
      "time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
    summary: "Gives a value in the form that RESTORE takes.",
    tips: ["nondeterministic_output"],
  },
  RESTORE: restoreEntry,
});

export const restoreAskingCommands = group("server", {
  "RESTORE-ASKING": {
    ...restoreEntry,
    flags: ["write", "denyoom", "asking"],
    since: "3.0.0",
    summary: "Does as RESTORE, for keys that move between the nodes of a cluster.",
    syscmd: true,
  },
});

function dump(call: Call): void {
  const { db, args, reply, server } = call;
  const e = db.read(args, KEY);
  if (e === NIL) {
    reply.nil();
    return;
  }
  const { bytes, size } = dumpPayload(e, server.config.flag("rdbcompression"));
  reply.bulk(bytes, 0, size);
}

/** What `parseOptions` found; -1 for what was not given. */
const options = { replaces: false, isAbsolute: false, idleSeconds: -1, frequency: -1 };

function parseOptions(call: Call): typeof options {
  options.replaces = false;
  options.isAbsolute = false;
  options.idleSeconds = -1;
  options.frequency = -1;
  for (let i = OPTIONS; i < call.argc; i++) {
    const hasValue = i + 1 < call.argc;
    if (call.is(i, "replace")) {
      options.replaces = true;
    } else if (call.is(i, "absttl")) {
      options.isAbsolute = true;
    } else if (call.is(i, "idletime") && hasValue && options.frequency < 0) {
      options.idleSeconds = call.count(++i, BAD_IDLE_TIME);
    } else if (call.is(i, "freq") && hasValue && options.idleSeconds < 0) {
      options.frequency = call.count(++i, BAD_FREQUENCY, FREQUENCY_MAX);
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

function restore(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const { replaces, isAbsolute, idleSeconds, frequency } = parseOptions(call);
  const keyHash = db.hash(args, KEY);
  const old = db.write(args, KEY, keyHash);
  if (old !== NIL && !replaces) throw BUSY_KEY;
  const expiry = expiryOf(call, isAbsolute);
  const expires = expiry !== 0n;
  const made = restoredEntry(call, keyHash, expires);
  const isOver = expires && call.isOver(Number(expiry)) && keyspace.mayExpire;
  if (old !== NIL) {
    if (isOver) db.remove(old);
    else db.makeWay(old);
  }
  if (isOver) {
    keyspace.dispose(made);
    if (old !== NIL) propagate.deleted(call);
    reply.ok();
    return;
  }
  if (keyspace.events.tellsMade) keyspace.events.made(db, args, KEY);
  const e = expires ? linkExpiring(call, made, expiry) : db.link(made, -1);
  keyspace.restoreClock(e, idleSeconds, frequency);
  keyspace.changing(db, e, "restore");
  db.appeared(e);
  if (expires && !isAbsolute) propagateAbsolute(call, expiry);
  reply.ok();
}

function propagateAbsolute(call: Call, expiry: bigint): void {
  if (!call.feed.active) return;
  const out = call.feed.tellInstead(call.db, call.argc + 1);
  propagate.writeArguments(call, out, 0, TTL);
  out.bulkText(String(expiry));
  propagate.writeArguments(call, out, TTL + 1, call.argc);
  out.bulkText("ABSTTL");
}

/** Unix ms at which the key is to expire, as Redis reckons in 64 bits; 0 for never. */
function expiryOf(call: Call, isAbsolute: boolean): bigint {
  if (call.integer(TTL) === 0) return 0n;
  const ttl = call.int64(TTL);
  if (ttl < 0n) throw BAD_TTL;
  if (ttl === 0n || isAbsolute) return ttl;
  return BigInt.asIntN(64, ttl + BigInt(call.nowMs));
}

/** An entry with the value of the payload, which no database has. */
function restoredEntry({ args, server }: Call, keyHash: number, expires: boolean): EntryRef {
  const { bytes, view, start, size } = args;
  const looksAtChecksum = !server.debug.checksumsSkipped;
  if (!isIntact(bytes, start[PAYLOAD], size[PAYLOAD], looksAtChecksum)) throw BAD_FOOTER;
  const key = { bytes, view, offset: start[KEY], size: size[KEY], hash: keyHash, expires };
  try {
    return restorePayload(bytes, view, start[PAYLOAD], size[PAYLOAD], key);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    server.log("warning", `RESTORE: ${error.message}`);
    throw BAD_FORMAT;
  }
}

function linkExpiring({ db }: Call, made: EntryRef, expiry: bigint): EntryRef {
  const timeMs = Number(expiry);
  return db.link(made, timeMs, timeMs > Number.MAX_SAFE_INTEGER ? expiry : undefined);
}
