/** OBJECT: what the server knows of a key besides its value. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import * as values from "../../values/values.ts";

const SWITCHING =
  "Please note that when switching between policies at runtime LRU and LFU data will take some " +
  "time to adjust.";
const NO_FREQUENCIES = new CommandError(
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`,
);
const NO_IDLE_TIMES = new CommandError(
  `ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`,
);
/** The count of an object that is never freed. */
const SHARED_COUNT = 2147483647;

export const objectCommands = group("generic", {
  OBJECT: {
    arity: -2,
    since: "2.2.3",
    complexity: "Depends on subcommand.",
    summary: "Tells how a value is stored.",
    subcommands: {
      ENCODING: {
        run: objectEncoding,
        arity: 3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO"] }],
        args: "key",
        since: "2.2.3",
        complexity: "O(1)",
        summary: "Names the structure that holds a value.",
        tips: ["nondeterministic_output"],
      },
      FREQ: {
        run: objectFreq,
        arity: 3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO"] }],
        args: "key",
        since: "4.0.0",
        complexity: "O(1)",
        summary: "Tells how often a key is used, as a logarithmic counter.",
        tips: ["nondeterministic_output"],
      },
      IDLETIME: {
        run: objectIdletime,
        arity: 3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO"] }],
        args: "key",
        since: "2.2.3",
        complexity: "O(1)",
        summary: "Tells for how many seconds a key was not used.",
        tips: ["nondeterministic_output"],
      },
      REFCOUNT: {
        run: objectRefcount,
        arity: 3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO"] }],
        args: "key",
        since: "2.2.3",
        complexity: "O(1)",
        summary: "Counts the references to a value.",
        tips: ["nondeterministic_output"],
      },
      HELP: helpEntry("6.2.0"),
    },
  },
});

function objectEncoding(call: Call): void {
  const e = call.db.glance(call.args, 2);
  if (e === NIL) call.reply.nil();
  else call.reply.bulkText(values.encodingName(e));
}

function objectFreq(call: Call): void {
  const e = call.db.glance(call.args, 2);
  if (e !== NIL && !call.keyspace.lfu) throw NO_FREQUENCIES;
  if (e === NIL) call.reply.nil();
  else call.reply.integer(call.keyspace.frequency(e));
}

function objectIdletime(call: Call): void {
  const e = call.db.glance(call.args, 2);
  if (e !== NIL && call.keyspace.lfu) throw NO_IDLE_TIMES;
  if (e === NIL) call.reply.nil();
  else call.reply.integer(call.keyspace.idleSeconds(e));
}

/** Nothing is shared here: the count is the one that clients see of Redis. */
function objectRefcount(call: Call): void {
  const e = call.db.glance(call.args, 2);
  if (e === NIL) call.reply.nil();
  else call.reply.integer(sharesIntegers(call) && isSharedInteger(e) ? SHARED_COUNT : 1);
}

function isSharedInteger(e: EntryRef): boolean {
  return entry.type(e) === Type.string && stringValue.isSharedInteger(e);
}

/** Redis shares no objects while each needs an access clock of its own. */
function sharesIntegers(call: Call): boolean {
  const { config } = call.server;
  const policy = config.value("maxmemory-policy");
  return config.number("maxmemory") === 0 || !(policy.endsWith("lru") || policy.endsWith("lfu"));
}
