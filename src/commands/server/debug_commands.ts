/**
 * DEBUG: looks into the server and upsets it, for tests. Whether it may run at all is for
 * enable-debug-command to say, and for dispatch to heed.
 */
import { NIL, OUT_OF_SPACE, RESERVED_SEGMENTS, segmentsLeft } from "../../arena/arena.ts";
import { fromLatin1 } from "../../base/bytes.ts";
import { TICKS_PER_SECOND } from "../../base/clock.ts";
import { matchGlob } from "../../base/glob.ts";
import { parseMemory } from "../../base/units.ts";
import type { Call } from "../../calls/call.ts";
import { DEFAULT_DEBUG_SETTINGS } from "../../calls/debug_settings.ts";
import { replyHelp } from "../../calls/help.ts";
import type { ServerContext } from "../../calls/server_context.ts";
import { group } from "../../calls/table.ts";
import { argsOf } from "../../protocol/args.ts";
import {
  CommandError,
  inOneLine,
  NEGATIVE,
  NO_SUCH_KEY,
  wrongSubcommand,
} from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import * as values from "../../values/values.ts";
import { rewriteFile } from "./config_commands.ts";
import { digestOfAll, digestOfValue } from "./debug_digest.ts";
import { objectLine, structureLine } from "./debug_object.ts";
import { replyProtocol } from "./debug_protocol.ts";
import { memoryMap, tableStats, valueTableStats } from "./debug_tables.ts";

const NO_SUCH_DATABASE = new CommandError("ERR Out of range database");
const NO_TABLE = new CommandError(
  "ERR The value stored at the specified key is not represented using an hash table",
);
const NO_LISTPACK = new CommandError("ERR Not a listpack encoded object.");
const NO_QUICKLIST = new CommandError("ERR Not a quicklist encoded object.");
const BAD_THRESHOLD = new CommandError(
  "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
);
/** The log says why. */
const NOT_SAVED = new CommandError("ERR");
/** Of a command that has made some of its keys. */
const NO_SPACE = new CommandError(OUT_OF_SPACE.message);
const NOT_LOADED = new CommandError("ERR Error trying to load the RDB dump");
const RELOAD_OPTIONS = new CommandError(
  "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
);
const THRESHOLD_MAX = 2n ** 32n;

export const debugCommands = group("server", {
  DEBUG: {
    run: debug,
    arity: -2,
    flags: ["admin", "noscript", "loading", "stale", "protected"],
    since: "1.0.0",
    complexity: "Depends on subcommand.",
    summary: "Looks into the server and upsets it, for tests.",
    syscmd: true,
  },
});

interface Subcommand {
  readonly run: (call: Call) => void;
  /** Number of arguments with both names: the least and the most. */
  readonly argc: readonly [least: number, most: number];
  readonly syntax: string;
  readonly summary: string;
}

/** By name; HELP lists them in this order. */
const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  assert: {
    run: (call) => call.server.control.crash("assert"),
    argc: [2, Infinity],
    syntax: "ASSERT",
    summary: "Ends the server as if it had found itself to be wrong.",
  },
  "aof-flush-sleep": {
    run: delayLogWrites,
    argc: [3, 3],
    syntax: "AOF-FLUSH-SLEEP <microsec>",
    summary: "Has the server stop for so long before it writes to the append-only log.",
  },
  "change-repl-id": {
    run: changeReplicationId,
    argc: [2, 2],
    syntax: "CHANGE-REPL-ID",
    summary: "Takes a new replication ID.",
  },
  "config-rewrite-force-all": {
    run: rewriteAll,
    argc: [2, 2],
    syntax: "CONFIG-REWRITE-FORCE-ALL",
    summary: "Does CONFIG REWRITE with all directives, also those that have their defaults.",
  },
  digest: {
    run: digest,
    argc: [2, 2],
    syntax: "DIGEST",
    summary: "Shows a digest of all data.",
  },
  "digest-value": {
    run: digestValue,
    argc: [2, Infinity],
    syntax: "DIGEST-VALUE <key> [<key> ...]",
    summary: "Shows a digest of each key's value.",
  },
  error: {
    run: error,
    argc: [3, 3],
    syntax: "ERROR <string>",
    summary: "Replies an error of that text.",
  },
  htstats: {
    run: htstats,
    argc: [3, 3],
    syntax: "HTSTATS <dbid>",
    summary: "Shows the shape of a database's hash table.",
  },
  "htstats-key": {
    run: htstatsKey,
    argc: [3, 3],
    syntax: "HTSTATS-KEY <key>",
    summary: "Shows the shape of the hash table that a value is kept in.",
  },
  jmap: {
    run: jmap,
    argc: [2, 2],
    syntax: "JMAP",
    summary: "Shows how many segments and blocks the arena has.",
  },
  listpack: {
    run: listpack,
    argc: [3, 3],
    syntax: "LISTPACK <key>",
    summary: "Writes to the log how large the one block is that a value is packed in.",
  },
  loadaof: {
    run: loadLog,
    argc: [2, 2],
    syntax: "LOADAOF",
    summary: "Loads the append-only log in the place of all data.",
  },
  log: {
    run: log,
    argc: [3, 3],
    syntax: "LOG <message>",
    summary: "Writes a message to the log.",
  },
  reload: {
    run: reload,
    argc: [2, Infinity],
    syntax: "RELOAD [MERGE|NOFLUSH|NOSAVE]...",
    summary:
      "Writes a snapshot (NOSAVE: does not), and loads it in the place of all data (NOFLUSH: to " +
      "the data), whose keys it replaces if told to MERGE.",
  },
  object: {
    run: object,
    argc: [3, 3],
    syntax: "OBJECT <key>",
    summary: "Shows how a value is stored.",
  },
  "pause-cron": {
    run: pauseCron,
    argc: [3, 3],
    syntax: "PAUSE-CRON <0|1>",
    summary: "Stops the timer's work, or goes on with it.",
  },
  panic: {
    run: (call) => call.server.control.crash("panic"),
    argc: [2, Infinity],
    syntax: "PANIC",
    summary: "Ends the server as if it knew no way on.",
  },
  populate: {
    run: populate,
    argc: [3, 5],
    syntax: "POPULATE <count> [<prefix>] [<size>]",
    summary:
      "Makes strings named <prefix>:<number> (prefix: key), of so many bytes if size is given.",
  },
  protocol: {
    run: protocol,
    argc: [3, 3],
    syntax: "PROTOCOL <type>",
    summary: "Replies a value of the type, as an example.",
  },
  quicklist: {
    run: quicklist,
    argc: [3, 4],
    syntax: "QUICKLIST <key> [<0|1>]",
    summary: "Writes to the log of how many blocks a list consists.",
  },
  "quicklist-packed-threshold": {
    run: packedThreshold,
    argc: [3, 3],
    syntax: "QUICKLIST-PACKED-THRESHOLD <size>",
    summary: "Accepts a size of list elements from which Redis stores them apart.",
  },
  replybuffer: {
    run: replyBuffer,
    argc: [4, 4],
    syntax: "REPLYBUFFER <PEAK-RESET-TIME <NEVER|RESET|milliseconds>|RESIZING <0|1>>",
    summary:
      "Sets how long a client's peak of output counts, and whether its buffer is fitted to it.",
  },
  segfault: {
    run: (call) => call.server.control.crash("segfault"),
    argc: [2, Infinity],
    syntax: "SEGFAULT",
    summary: "Ends the server by the signal of a wrong access to memory.",
  },
  "set-active-expire": {
    run: setActiveExpire,
    argc: [3, 3],
    syntax: "SET-ACTIVE-EXPIRE <0|1>",
    summary: "Sets whether keys expire without being asked for.",
  },
  "set-disable-deny-scripts": {
    run: setDisableDenyScripts,
    argc: [3, 3],
    syntax: "SET-DISABLE-DENY-SCRIPTS <0|1>",
    summary: "Sets whether scripts may call commands that are refused to them.",
  },
  "set-skip-checksum-validation": {
    run: setSkipChecksumValidation,
    argc: [3, 3],
    syntax: "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
    summary: "Sets whether RESTORE takes payloads whose checksum is wrong.",
  },
  sleep: {
    run: sleep,
    argc: [3, 3],
    syntax: "SLEEP <seconds>",
    summary: "Stops the whole server for so long.",
  },
  "stringmatch-len": {
    run: stringmatchLen,
    argc: [4, 4],
    syntax: "STRINGMATCH-LEN <pattern> <string>",
    summary: "Tells whether the glob pattern matches the string.",
  },
};

function debug(call: Call): void {
  const word = call.cText(1);
  const name = word.toLowerCase();
  if (name === "help" && call.argc === 2) {
    const lines = Object.values(SUBCOMMANDS).map(({ syntax, summary }) => [syntax, summary]);
    replyHelp(call, lines);
    return;
  }
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  const [least, most] = subcommand?.argc ?? [Infinity, 0];
  if (call.argc < least || call.argc > most) throw wrongSubcommand(call.args);
  subcommand?.run(call);
}

function changeReplicationId({ reply, server }: Call): void {
  server.log("warning", "Changing replication IDs after receiving DEBUG change-repl-id");
  server.figures.changeReplicationId();
  reply.ok();
}

function rewriteAll({ reply, server }: Call): void {
  const reason = rewriteFile(server, true);
  if (reason !== null) throw new CommandError(`ERR CONFIG-REWRITE-FORCE-ALL failed: ${reason}`);
  reply.ok();
}

function digest({ keyspace, reply }: Call): void {
  reply.simple(digestOfAll(keyspace.databases));
}

function digestValue(call: Call): void {
  const { db, args, reply } = call;
  reply.array(call.argc - 2);
  for (let i = 2; i < call.argc; i++) {
    reply.simple(digestOfValue(db.peek(args, i, db.hash(args, i))));
  }
}

/** Not a mistake of the client's, so it is not counted as one. */
function error(call: Call): void {
  call.reply.error(inOneLine(call.text(2)));
}

function htstats(call: Call): void {
  const db = call.keyspace.databases[call.integer(2)];
  if (db === undefined) throw NO_SUCH_DATABASE;
  call.reply.verbatim("txt", tableStats(db));
}

function htstatsKey(call: Call): void {
  const stats = valueTableStats(existing(call));
  if (stats === null) throw NO_TABLE;
  call.reply.verbatim("txt", stats);
}

function listpack(call: Call): void {
  const e = existing(call);
  if (values.encodingName(e) !== "listpack") throw NO_LISTPACK;
  call.server.log("notice", structureLine(e));
  call.reply.simple("Listpack structure printed on stdout");
}

function quicklist(call: Call): void {
  const e = existing(call);
  if (values.encodingName(e) !== "quicklist") throw NO_QUICKLIST;
  call.server.log("notice", structureLine(e));
  call.reply.simple("Quicklist structure printed on stdout");
}

/** The entry of the key in argument 2. */
function existing(call: Call): EntryRef {
  const e = call.db.glance(call.args, 2);
  if (e === NIL) throw NO_SUCH_KEY;
  return e;
}

function setDisableDenyScripts(call: Call): void {
  call.server.debug.scriptsMayAll = switchAt(call, 2);
  call.reply.ok();
}

function setSkipChecksumValidation(call: Call): void {
  call.server.debug.checksumsSkipped = switchAt(call, 2);
  call.reply.ok();
}

function jmap({ reply }: Call): void {
  reply.verbatim("txt", memoryMap());
}

function log(call: Call): void {
  call.server.log("warning", `DEBUG LOG: ${call.text(2)}`);
  call.reply.ok();
}

/** A key whose time is over is shown, and stays, as in Redis. */
function object(call: Call): void {
  const e = call.db.entryAt(call.args, 2);
  if (e === NIL) throw NO_SUCH_KEY;
  call.reply.simple(objectLine(e, shownClock(call, e), call.keyspace.idleSeconds(e)));
}

/** As Redis stores it: seconds in 24 bits, or minutes and the counter. */
function shownClock({ keyspace }: Call, e: EntryRef): number {
  const clock = entry.clock(e);
  return keyspace.lfu ? clock : Math.floor(clock / TICKS_PER_SECOND);
}

function pauseCron(call: Call): void {
  call.server.debug.cronPaused = switchAt(call, 2);
  call.reply.ok();
}

function populate(call: Call): void {
  const count = positiveAt(call, 2);
  const prefix = call.argc > 3 ? call.text(3) : "key";
  const size = call.argc > 4 ? positiveAt(call, 4) : 0;
  for (let i = 0; i < count; i++) {
    const value = fromLatin1(`value:${i}`);
    let bytes = value;
    if (size > 0) {
      bytes = new Uint8Array(size);
      bytes.set(value.subarray(0, size));
    }
    addString(call, `${prefix}:${i}`, bytes);
  }
  call.reply.ok();
}

function positiveAt(call: Call, index: number): number {
  const value = call.integerOr(index, NEGATIVE);
  if (value < 0) throw NEGATIVE;
  return value;
}

/** Makes a key of that name unless there is one. */
function addString({ db }: Call, key: string, value: Uint8Array): void {
  const args = argsOf([key, value]);
  const hash = db.hash(args, 0);
  if (db.peek(args, 0, hash) !== NIL) return;
  if (segmentsLeft() <= RESERVED_SEGMENTS) throw NO_SPACE;
  const e = db.add(args, 0, hash, stringValue.areaFor(value.length), false, null);
  stringValue.writeBytes(e, args.bytes, args.view, args.start[1], value.length);
}

function protocol(call: Call): void {
  replyProtocol(call.reply, call.cText(2).toLowerCase());
}

/** A list keeps elements apart that are larger than its blocks, whatever is set here. */
function packedThreshold(call: Call): void {
  const size = parseMemory(call.text(2));
  if (size === null || size > THRESHOLD_MAX) throw BAD_THRESHOLD;
  call.reply.ok();
}

function replyBuffer(call: Call): void {
  const { debug: settings } = call.server;
  if (call.is(2, "resizing")) {
    settings.outputResizing = switchAt(call, 3);
  } else if (call.is(2, "peak-reset-time")) {
    if (call.is(3, "never")) settings.outputPeakResetMs = Infinity;
    else if (call.is(3, "reset")) {
      settings.outputPeakResetMs = DEFAULT_DEBUG_SETTINGS.outputPeakResetMs;
    } else settings.outputPeakResetMs = call.integer(3);
  } else {
    throw wrongSubcommand(call.args);
  }
  call.reply.ok();
}

function setActiveExpire(call: Call): void {
  call.server.control.expireByItself(switchAt(call, 2));
  call.reply.ok();
}

/** 0, or anything that is no number, is off. */
function switchAt(call: Call, index: number): boolean {
  return Number.parseInt(call.text(index), 10) !== 0 && /^\s*[+-]?\d/.test(call.text(index));
}

function sleep(call: Call): void {
  const seconds = Number.parseFloat(call.text(2));
  if (seconds > 0) call.server.control.sleep(seconds * 1000);
  call.reply.ok();
}

function stringmatchLen(call: Call): void {
  call.reply.truth(matchGlob(call.text(2), call.text(3), false));
}

function delayLogWrites(call: Call): void {
  call.server.debug.logWriteDelayMs = call.integer(2) / 1000;
  call.reply.ok();
}

function loadLog({ reply, server }: Call): void {
  loadLogOrEnd(server);
  // As in Redis, where what was loaded is no change.
  server.durability.snapshots.noteLoaded();
  server.log("warning", "Append Only File loaded by DEBUG LOADAOF");
  reply.ok();
}

/** Loads the log in the place of all data. If it cannot be, the log alone has them: the end. */
function loadLogOrEnd(server: ServerContext): void {
  const problem = server.durability.appendLog.reload();
  if (problem === null) return;
  server.log("warning", problem);
  server.control.exit(1);
}

function reload(call: Call): void {
  const { keyspace, reply, server } = call;
  let [isSaved, isFlushed, isMerged] = [true, true, false];
  for (let i = 2; i < call.argc; i++) {
    if (call.is(i, "nosave")) isSaved = false;
    else if (call.is(i, "noflush")) isFlushed = false;
    else if (call.is(i, "merge")) isMerged = true;
    else throw RELOAD_OPTIONS;
  }
  const { snapshots, appendLog } = server.durability;
  snapshots.abandon();
  if (isSaved && !snapshots.save()) throw NOT_SAVED;
  if (isFlushed) keyspace.clear();
  const problem = snapshots.load(isMerged);
  if (problem !== null) {
    server.log("warning", problem);
    const { isEnabled, isWaiting } = appendLog;
    // The log is not told of this: the data are those that it has.
    if (isFlushed && isEnabled && !isWaiting) loadLogOrEnd(server);
    throw NOT_LOADED;
  }
  server.log("warning", "DB reloaded by DEBUG RELOAD");
  reply.ok();
}
