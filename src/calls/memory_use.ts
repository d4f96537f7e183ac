/** What memory is used for, in bytes, as INFO, MEMORY STATS and MEMORY DOCTOR tell it. */
import {
  figures as arenaFigures,
  residentSize as arenaResidentSize,
  RESERVED_SEGMENTS,
  SEGMENT_COUNT_MAX,
  SEGMENT_SIZE,
  segmentsLeft,
} from "../arena/arena.ts";
import { asideSize, twiceSize } from "../arena/memory_limit.ts";
import type { Database } from "../keyspace/database.ts";
import { EXPIRY_SIZE } from "../keyspace/expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import * as dict from "../structures/dict.ts";
import type { ServerContext } from "./server_context.ts";

const ARENA_RESERVE = RESERVED_SEGMENTS * SEGMENT_SIZE;
/** A slot of a hash table. */
const SLOT_SIZE = 4;

/** Whose memory it is that is used. */
type MemoryOwner = Pick<ServerContext, "keyspace" | "clients" | "durability">;

export interface MemoryUse {
  /** Live blocks of the arena (keys, values, tables), expiry orders, buffers: see `usedMemory`. */
  readonly used: number;
  readonly peak: number;
  /** What was used when the server had started, before any key. */
  readonly startup: number;
  /** What the whole process holds, as the system counts it. */
  readonly resident: number;
  /** Live blocks of the arena, and the segments that hold them. */
  readonly arenaUsed: number;
  readonly arenaReserved: number;
  /** What of the segments is in memory, or was a moment ago. */
  readonly arenaResident: number;
  /** Address space that is mapped for the arena; whether its pages may be huge. */
  readonly arenaMapped: number;
  readonly hasHugePages: boolean;
  /** What segments can hold; what of that is kept for what has begun; and what is left besides. */
  readonly arenaLimit: number;
  readonly arenaReserve: number;
  readonly arenaLeft: number;
  /** Buffers of all clients. */
  readonly clients: number;
  /** All that is not data: hash tables, expiry orders, buffers. */
  readonly overhead: number;
  /** Keys and values. */
  readonly dataset: number;
  readonly keyCount: number;
}

/**
 * Bytes in use, INFO's used_memory: what grows with data and clients. The program and JavaScript's
 * heap are not in it.
 */
export function usedMemory(server: MemoryOwner): number {
  return countedMemory(server) + notCountedMemory(server);
}

/** What counts for maxmemory: see memory_limit.ts, which knows it while there is a limit. */
export function countedMemory({ keyspace, clients }: Omit<MemoryOwner, "durability">): number {
  const outside = expiryOrdersSize(keyspace) + clients.totalMemorySize();
  return arenaFigures().usedSize + outside - asideSize - twiceSize;
}

/** What does not, as in Redis: INFO's mem_not_counted_for_evict. It goes by itself. */
export function notCountedMemory({ durability }: Pick<MemoryOwner, "durability">): number {
  return durability.appendLog.pendingSize + asideSize;
}

function expiryOrdersSize({ databases }: Pick<Keyspace, "databases">): number {
  let size = 0;
  for (const db of databases) size += expirySize(db);
  return size;
}

/** All figures as of now. */
export function memoryUse(server: ServerContext): MemoryUse {
  const { figures, host, keyspace, clients } = server;
  const arena = arenaFigures();
  const buffers = clients.totalMemorySize();
  const outside = expiryOrdersSize(keyspace) + buffers + notCountedMemory(server) - asideSize;
  const inside = arena.usedSize - twiceSize;
  const used = inside + outside;
  let tables = 0;
  let keyCount = 0;
  for (const db of keyspace.databases) {
    tables += tableSize(db);
    keyCount += db.size;
  }
  return {
    used,
    peak: Math.max(figures.peakUsedSize, used),
    startup: figures.startUsedSize,
    resident: host.recentResidentSize(),
    arenaUsed: arena.usedSize,
    arenaReserved: arena.reservedSize,
    arenaResident: recentArenaResident(server),
    arenaMapped: arena.mappedSize,
    hasHugePages: arena.hasHugePages,
    arenaLimit: SEGMENT_COUNT_MAX * SEGMENT_SIZE - ARENA_RESERVE,
    arenaReserve: ARENA_RESERVE,
    arenaLeft: Math.max(0, segmentsLeft() * SEGMENT_SIZE - ARENA_RESERVE),
    clients: buffers,
    overhead: outside + tables,
    dataset: inside - tables,
    keyCount,
  };
}

/** The pages of the arena are looked at once in so many ms, as Redis looks at its memory, ... */
const LOOK_MS = 100;
/** ... and for one part of so many of the time, if there are very many of them. */
const LOOK_SHARE = 100;

function recentArenaResident({ clock, figures }: ServerContext): number {
  const { arenaResident } = figures;
  const nowMs = clock.monotonicMs();
  if (nowMs >= arenaResident.nextMs) {
    arenaResident.size = arenaResidentSize();
    const tookMs = clock.monotonicMs() - nowMs;
    arenaResident.nextMs = nowMs + Math.max(LOOK_MS, LOOK_SHARE * tookMs);
  }
  return arenaResident.size;
}

/** What the memory of the process is, in bytes, as the system and the runtime tell. */
export interface MemoryParts {
  readonly resident: number;
  /** The program, and its libraries. */
  readonly program: number;
  /** What the arena's blocks lie in, be they used or not. */
  readonly data: number;
  /** JavaScript's heap: objects of clients, of scripts, of commands that run. */
  readonly heap: number;
  /** What is left: buffers, compiled code, what the runtime needs, or has not given back. */
  readonly runtime: number;
}

/** It takes a millisecond for each few GiB of data. */
export function memoryParts({ host }: Pick<ServerContext, "host">): MemoryParts {
  const data = arenaResidentSize();
  const program = host.programSize();
  const heap = host.heapSize();
  const resident = host.residentSize();
  return { resident, program, data, heap, runtime: Math.max(0, resident - program - data - heap) };
}

/** A ratio of two sizes; 0 of nothing. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Bytes of a database's hash table. */
export function tableSize(db: Database): number {
  const { slots0, slots1 } = dict.tableFigures(db.keys);
  return (slots0 + slots1) * SLOT_SIZE;
}

/** Bytes of a database's expiry order, which lies outside the arena. */
export function expirySize(db: Database): number {
  return (db.expires.count + db.fieldExpires.count) * EXPIRY_SIZE;
}
