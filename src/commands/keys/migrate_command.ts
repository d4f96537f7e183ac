/**
 * MIGRATE: moves keys to another server, which is sent RESTORE with what DUMP would give. The whole
 * exchange is one command, during which the server does nothing else: the commands of other
 * clients wait, inside a transaction as well, and no key can change between its copy and its
 * removal.
 */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { type ArgumentWords, KeyFlag, type KeyRef, maskOf } from "../../calls/key_specs.ts";
import { Lost, NO_DATABASE, type Target } from "../../calls/migrate_target.ts";
import { group } from "../../calls/table.ts";
import { dumpPayload } from "../../persistence/rdb/dump_payload.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";

const KEY_AND_KEYS = new CommandError(
  "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
);
const NOT_CONNECTED = new CommandError("IOERR error or timeout connecting to the client");
const NOT_WRITTEN = new CommandError("IOERR error or timeout writing to target instance");
const NOT_READ = new CommandError("IOERR error or timeout reading to target instance");
const NOT_POSSIBLE = new CommandError(
  "ERR MIGRATE needs sockets that can be waited for, which this runtime does not have",
);
const HOST = 1;
const PORT = 2;
const KEY = 3;
const DATABASE = 4;
const TIMEOUT = 5;
const OPTIONS = 6;
/** The index of an argument that was not given. */
const NONE = -1;
/** In place of a timeout of 0 or less. */
const DEFAULT_TIMEOUT_MS = 1000n;

const KEY_FLAGS = ["RW", "access", "delete"] as const;

export const migrateCommands = group("generic", {
  MIGRATE: {
    run: migrate,
    arity: -6,
    flags: ["write"],
    acl: ["keyspace", "dangerous"],
    keys: [
      { at: KEY, flags: KEY_FLAGS },
      { at: { keyword: "KEYS", from: -2 }, last: -1, flags: [...KEY_FLAGS, "incomplete"] },
    ],
    findKeys: keysOfMigrate,
    args:
      'host port:integer key_or_empty_string:{key#0 | empty_string:""} destination-db:integer ' +
      "timeout:integer [COPY]@3.0.0 [REPLACE]@3.0.0 " +
      "authentication:[[AUTH password]@4.0.7 | " +
      "[AUTH2 username_password:{username password}]@6.0.0] " +
      "[KEYS key#1 ...]@3.0.6",
    since: "2.6.0",
    complexity:
      "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the " +
      "target instance. See the pages of these commands for time complexity. Also an O(N) data " +
      "transfer between the two instances is performed.",
    summary: "Moves keys to another server.",
    history: [
      ["3.0.0", "Added the `COPY` and `REPLACE` options."],
      ["3.0.6", "Added the `KEYS` option."],
      ["4.0.7", "Added the `AUTH` option."],
      ["6.0.0", "Added the `AUTH2` option."],
    ],
    tips: ["nondeterministic_output"],
  },
});

/** Those after KEYS, or the one in its place. */
function keysOfMigrate(argumentCount: number, words: ArgumentWords): KeyRef[] | null {
  const flags = maskOf(KeyFlag, KEY_FLAGS);
  for (let i = OPTIONS; i + 1 < argumentCount; i++) {
    if (words.is(i, "auth")) i++;
    else if (words.is(i, "auth2")) i += 2;
    else if (words.is(i, "keys")) {
      if (words.text(KEY) !== "") return null;
      const keys: KeyRef[] = [];
      for (let index = i + 1; index < argumentCount; index++) keys.push({ index, flags });
      return keys;
    }
  }
  return [{ index: KEY, flags }];
}

/** What `parse` found. */
const options = {
  copies: false,
  replaces: false,
  /** Of AUTH2, or NONE. */
  user: NONE,
  /** Of AUTH or AUTH2, or NONE. */
  password: NONE,
  keyFirst: KEY,
  keyEnd: KEY + 1,
  timeoutMs: 0,
  database: 0n,
};

function parse(call: Call): typeof options {
  Object.assign(options, { copies: false, replaces: false, user: NONE, password: NONE });
  Object.assign(options, { keyFirst: KEY, keyEnd: KEY + 1 });
  for (let i = OPTIONS; i < call.argc; i++) {
    const more = call.argc - 1 - i;
    if (call.is(i, "copy")) {
      options.copies = true;
    } else if (call.is(i, "replace")) {
      options.replaces = true;
    } else if (call.is(i, "auth") && more >= 1) {
      options.password = ++i;
    } else if (call.is(i, "auth2") && more >= 2) {
      options.user = ++i;
      options.password = ++i;
    } else if (call.is(i, "keys")) {
      if (call.args.size[KEY] !== 0) throw KEY_AND_KEYS;
      options.keyFirst = i + 1;
      options.keyEnd = call.argc;
      break;
    } else {
      throw SYNTAX;
    }
  }
  const timeoutMs = call.int64(TIMEOUT);
  options.timeoutMs = Number(timeoutMs > 0n ? timeoutMs : DEFAULT_TIMEOUT_MS);
  options.database = call.int64(DATABASE);
  return options;
}

function migrate(call: Call): void {
  const { server, reply } = call;
  const { keyFirst, keyEnd, timeoutMs } = parse(call);
  if (!server.targets.arePossible) throw NOT_POSSIBLE;
  const keys: number[] = [];
  for (let i = keyFirst; i < keyEnd; i++) if (call.db.read(call.args, i) !== NIL) keys.push(i);
  if (keys.length === 0) {
    reply.simple("NOKEY");
    return;
  }
  call.keyspace.keeper?.leaveTrace();
  const host = call.cText(HOST);
  const port = Number.parseInt(call.text(PORT), 10) || 0;
  // A connection that was kept may be closed by now: then a new one is tried.
  for (let mayRetry = true; ; mayRetry = false) {
    const target = server.targets.get(host, port, timeoutMs);
    if (target === null) throw NOT_CONNECTED;
    try {
      send(call, target, keys);
      finish(call, target, keys);
      return;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (error.isClosed && mayRetry) continue;
      throw error.verb === "writing" ? NOT_WRITTEN : NOT_READ;
    } finally {
      if (target.isLost) server.targets.drop(host, port);
    }
  }
}

/** Sends all that the other side is to do. */
function send(call: Call, target: Target, keys: readonly number[]): void {
  const { user, password, database } = options;
  if (password !== NONE) {
    target.command(user === NONE ? 2 : 3);
    target.wordOf("AUTH");
    if (user !== NONE) sendArgument(call, target, user);
    sendArgument(call, target, password);
  }
  if (target.database !== database) {
    target.command(2);
    target.wordOf("SELECT");
    target.wordOf(String(database));
  }
  for (const index of keys) sendKey(call, target, index);
  target.flush();
}

function sendArgument({ args }: Call, target: Target, index: number): void {
  target.word(args.bytes, args.start[index], args.size[index]);
}

function sendKey(call: Call, target: Target, index: number): void {
  const e = entryOf(call, index);
  const { bytes, size } = dumpPayload(e, call.server.config.flag("rdbcompression"));
  target.command(options.replaces ? 5 : 4);
  target.wordOf("RESTORE");
  sendArgument(call, target, index);
  target.wordOf(String(ttlOf(call, e)));
  target.word(bytes, 0, size);
  if (options.replaces) target.wordOf("REPLACE");
}

/** The key's entry, or NIL once it is moved. */
function entryOf({ db, args }: Call, index: number): EntryRef {
  return db.peek(args, index, db.hash(args, index));
}

/** Ms that the key has still to live; 0 for ever. */
function ttlOf({ db, nowMs }: Call, e: EntryRef): bigint {
  const expiryMs = db.expiryOf(e);
  if (expiryMs < 0) return 0n;
  return (db.farExpiryOf(e) ?? BigInt(expiryMs)) - BigInt(nowMs);
}

/** Reads what the other side says to each command, and removes the keys that it has taken. */
function finish(call: Call, target: Target, keys: readonly number[]): void {
  const { copies, password, database } = options;
  const welcome: string[] = [];
  if (password !== NONE) welcome.push(target.line());
  if (target.database !== database) welcome.push(target.line());
  const unwelcome = welcome.find(isRefusal);
  let refusal: string | undefined;
  const removed: number[] = [];
  try {
    for (const index of keys) {
      const line = answer(target, index === keys[0], refusal !== undefined);
      if (line === null) break;
      const problem = unwelcome ?? (isRefusal(line) ? line : undefined);
      refusal ??= problem;
      if (problem === undefined && !copies && remove(call, index)) removed.push(index);
    }
  } finally {
    tell(call, removed);
  }
  target.database = refusal === undefined ? database : NO_DATABASE;
  if (refusal === undefined) call.reply.ok();
  else throw new CommandError(`ERR Target instance replied with error: ${refusal.slice(1)}`);
}

const isRefusal = (line: string) => line[0] === "-";

/**
 * What the other side says to one RESTORE. When it says nothing, throws Lost: only before the first
 * key can all be sent again; or returns null when the client is told of a refusal already.
 */
function answer(target: Target, isFirst: boolean, isRefused: boolean): string | null {
  try {
    return target.line();
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    if (!isRefused) throw isFirst ? error : new Lost("reading", false);
    return null;
  }
}

/** Removes the key; false when it is gone, since it was named twice. */
function remove(call: Call, index: number): boolean {
  const e = entryOf(call, index);
  if (e === NIL) return false;
  call.db.remove(e);
  return true;
}

/** Has the feed of changes know that keys were removed. */
function tell({ feed, db, args }: Call, removed: readonly number[]): void {
  if (!feed.active || removed.length === 0) return;
  const out = feed.tellInstead(db, removed.length + 1);
  out.bulkText("DEL");
  for (const index of removed) out.bulk(args.bytes, args.start[index], args.size[index]);
}
