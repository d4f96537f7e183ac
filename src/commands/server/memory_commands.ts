/** MEMORY: what memory is used for, by key and in all. */
import { figures as arenaFigures, capacity, NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import {
  expirySize,
  type MemoryUse,
  memoryParts,
  memoryUse,
  notCountedMemory,
  ratio,
  tableSize,
} from "../../calls/memory_use.ts";
import { group } from "../../calls/table.ts";
import { EXPIRY_SIZE } from "../../keyspace/expiry.ts";
import { SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as values from "../../values/values.ts";

/** Below this much in use, no ratio means anything. */
const DIAGNOSED_SIZE_MIN = 16 << 20;
const PEAK_RATIO_MAX = 1.5;
const FRAGMENTATION_MAX = 1.4;
const CLIENT_SIZE_MAX = 200 << 10;

export const memoryCommands = group("server", {
  MEMORY: {
    arity: -2,
    since: "4.0.0",
    complexity: "Depends on subcommand.",
    summary: "Tells what memory is used for.",
    subcommands: {
      DOCTOR: {
        run: memoryDoctor,
        arity: 2,
        since: "4.0.0",
        complexity: "O(1)",
        summary: "Looks for trouble with memory.",
        tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
      },
      "MALLOC-STATS": {
        run: memoryMallocStats,
        arity: 2,
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated, could be slow",
        summary: "Tells how the memory of keys and values is laid out.",
        tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
      },
      PURGE: {
        run: memoryPurge,
        arity: 2,
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated, could be slow",
        summary: "Returns unused memory to the system.",
        tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
      },
      STATS: {
        run: memoryStats,
        arity: 2,
        since: "4.0.0",
        complexity: "O(1)",
        summary: "Lists what memory is used for.",
        tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
      },
      USAGE: {
        run: memoryUsage,
        arity: -3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO"] }],
        args: "key [SAMPLES count]",
        since: "4.0.0",
        complexity: "O(N) where N is the number of samples.",
        summary: "Tells how many bytes a key and its value take.",
      },
      HELP: helpEntry("4.0.0"),
    },
  },
});

function memoryUsage(call: Call): void {
  for (let i = 3; i < call.argc; i += 2) {
    if (!call.is(i, "samples") || i + 1 === call.argc) throw SYNTAX;
    if (call.integer(i + 1) < 0) throw SYNTAX;
  }
  // As in Redis, also of a key whose time has come, as long as it is there.
  const e = call.db.entryAt(call.args, 2);
  if (e === NIL) call.reply.nil();
  else call.reply.integer(sizeOf(e));
}

/**
 * All bytes that are there for the key: its entry, blocks of its own for a long key or value, its
 * place in the expiry order. Exact whatever the number of samples.
 */
function sizeOf(e: EntryRef): number {
  const keyBlock = entry.keyBlock(e);
  const ofKey = keyBlock === e ? 0 : capacity(keyBlock);
  const ofExpiry = entry.hasTtl(e) ? EXPIRY_SIZE : 0;
  return capacity(e) + ofKey + values.ownedSize(e) + ofExpiry;
}

/** Fields as in Redis; those of replicas, the log and clusters are 0 here. */
function memoryStats({ reply, server }: Call): void {
  const memory = memoryUse(server);
  const { scripts, functions } = server;
  const { used, peak, arenaUsed, arenaReserved, dataset, keyCount } = memory;
  const { resident, program, data, heap, runtime } = memoryParts(server);
  for (const db of server.keyspace.databases) db.lookAtAll();
  const databases = server.keyspace.databases.filter((db) => db.size > 0);
  const aboveStartup = Math.max(dataset, used - memory.startup);
  const integer = (name: string, value: number) => {
    reply.bulkText(name);
    reply.integer(value);
  };
  const double = (name: string, value: number) => {
    reply.bulkText(name);
    reply.double(value);
  };
  reply.map(31 + databases.length);
  integer("peak.allocated", peak);
  integer("total.allocated", used);
  integer("startup.allocated", memory.startup);
  integer("replication.backlog", 0);
  integer("clients.slaves", 0);
  integer("clients.normal", memory.clients);
  integer("cluster.links", 0);
  integer("aof.buffer", notCountedMemory(server));
  integer("lua.caches", scripts.cache.size);
  integer("functions.caches", functions.size);
  for (const db of databases) {
    reply.bulkText(`db.${db.id}`);
    reply.map(3);
    integer("overhead.hashtable.main", tableSize(db));
    integer("overhead.hashtable.expires", expirySize(db));
    integer("overhead.hashtable.slot-to-keys", 0);
  }
  integer("overhead.total", memory.overhead);
  integer("keys.count", keyCount);
  integer("keys.bytes-per-key", Math.floor(ratio(aboveStartup, keyCount)));
  integer("dataset.bytes", dataset);
  double("dataset.percentage", ratio(dataset, aboveStartup) * 100);
  double("peak.percentage", ratio(used, peak) * 100);
  integer("allocator.allocated", arenaUsed);
  integer("allocator.active", arenaReserved);
  integer("allocator.resident", data);
  double("allocator-fragmentation.ratio", ratio(arenaReserved, arenaUsed));
  integer("allocator-fragmentation.bytes", arenaReserved - arenaUsed);
  double("allocator-rss.ratio", ratio(data, arenaReserved));
  integer("allocator-rss.bytes", data - arenaReserved);
  double("rss-overhead.ratio", ratio(resident, data));
  integer("rss-overhead.bytes", resident - data);
  double("fragmentation", ratio(resident, used));
  integer("fragmentation.bytes", resident - used);
  integer("resident.program", program);
  integer("resident.data", data);
  integer("resident.heap", heap);
  integer("resident.runtime", runtime);
}

/** Keys and values lie in an arena of our own: its figures, where Redis shows jemalloc's. */
function memoryMallocStats({ reply, server }: Call): void {
  const { arenaUsed, arenaReserved } = memoryUse(server);
  const { resident, program, data, heap, runtime } = memoryParts(server);
  const { blockCount, segmentCount } = arenaFigures();
  const fragmentation = ratio(arenaReserved, arenaUsed).toFixed(2);
  reply.verbatim(
    "txt",
    "Keys and values are in blocks of an arena, in segments:\n" +
      `- blocks: ${blockCount}, ${arenaUsed} bytes\n` +
      `- segments: ${segmentCount}, ${arenaReserved} bytes, ` +
      `${fragmentation} times what is in use\n` +
      `Resident memory of the process: ${resident} bytes, of which are\n` +
      `- the program: ${program}\n` +
      `- what segments lie in: ${data}\n` +
      `- JavaScript's heap: ${heap}\n` +
      `- buffers, compiled code, and what else the runtime needs: ${runtime}\n`,
  );
}

function memoryDoctor({ reply, server }: Call): void {
  const memory = memoryUse(server);
  const findings = memory.arenaUsed < DIAGNOSED_SIZE_MIN ? [] : findingsOf(memory);
  const perClient = ratio(memory.clients, server.clients.count);
  if (perClient > CLIENT_SIZE_MAX) {
    findings.push(
      `Clients take ${Math.round(perClient / 1024)} KiB each on average: CLIENT LIST shows which ` +
        "of them do not read their replies, or send large commands (tot-mem).",
    );
  }
  const text =
    findings.length === 0
      ? "Nothing about the use of memory calls for attention."
      : findings.map((finding) => `- ${finding}`).join("\n");
  reply.verbatim("txt", `${text}\n`);
}

function findingsOf({ used, peak, arenaUsed, arenaReserved }: MemoryUse): string[] {
  const findings: string[] = [];
  if (ratio(peak, used) > PEAK_RATIO_MAX) {
    findings.push(
      `At the peak, ${ratio(peak, used).toFixed(1)} times as much was in use as now. The process ` +
        "may keep that memory for some time; new keys are put there first.",
    );
  }
  if (ratio(arenaReserved, arenaUsed) > FRAGMENTATION_MAX) {
    findings.push(
      `Segments hold ${ratio(arenaReserved, arenaUsed).toFixed(1)} times what is in use: many ` +
        "keys were deleted, or have changed in size. A segment goes back when its last block does.",
    );
  }
  return findings;
}

/**
 * What is the arena's goes back by itself, a segment as soon as its last block is freed. What
 * clients that are gone have left in JavaScript's heap stays until it is collected.
 */
function memoryPurge({ reply, server }: Call): void {
  server.host.collectGarbage();
  reply.ok();
}
