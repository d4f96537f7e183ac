/** What memory is used for, in bytes, as INFO, MEMORY STATS and MEMORY DOCTOR tell it. */
import {
  figures as arenaFigures,
  RESERVED_SEGMENTS,
  SEGMENT_COUNT_MAX,
  SEGMENT_SIZE,
  segmentsLeft,
} from "../arena/arena.ts";
import type { Database } from "../keyspace/database.ts";
import * as dict from "../structures/dict.ts";
import type { ServerContext } from "./server_context.ts";

const ARENA_RESERVE = RESERVED_SEGMENTS * SEGMENT_SIZE;
/** A slot of a hash table. */
const SLOT_SIZE = 4;
/** A place in the expiry order: 8 bytes of time, 4 of ref. */
export const EXPIRY_SIZE = 12;

/** Whose memory it is that is used. */
type MemoryOwner = Pick<ServerContext, "host" | "keyspace">;

export interface MemoryUse {
  /** Live blocks of the arena (keys, values, hash tables), expiry orders, JavaScript's own heap. */
  readonly used: number;
  readonly peak: number;
  /** What was used when the server had started, before any key. */
  readonly startup: number;
  /** What the whole process holds, as the system counts it. */
  readonly resident: number;
  /** Live blocks of the arena, and the segments that hold them. */
  readonly arenaUsed: number;
  readonly arenaReserved: number;
  /** Address space that is mapped for the arena; whether its pages may be huge. */
  readonly arenaMapped: number;
  readonly hasHugePages: boolean;
  /** What segments can hold; what of that is kept for what has begun; and what is left besides. */
  readonly arenaLimit: number;
  readonly arenaReserve: number;
  readonly arenaLeft: number;
  /** Buffers of all clients. */
  readonly clients: number;
  /** All that is not data: the heap, hash tables, expiry orders. */
  readonly overhead: number;
  /** Keys and values. */
  readonly dataset: number;
  readonly keyCount: number;
}

/** Bytes in use: what used_memory shows. maxmemory limits those of the arena. */
export function usedMemory(server: MemoryOwner): number {
  return arenaFigures().usedSize + overheadOutsideArena(server);
}

function overheadOutsideArena({ host, keyspace }: MemoryOwner): number {
  let size = host.heapSize();
  for (const db of keyspace.databases) size += expirySize(db);
  return size;
}

/** All figures as of now. */
export function memoryUse(server: ServerContext): MemoryUse {
  const { figures, host, keyspace, clients } = server;
  const arena = arenaFigures();
  const outside = overheadOutsideArena(server);
  const used = arena.usedSize + outside;
  let tables = 0;
  let keyCount = 0;
  for (const db of keyspace.databases) {
    tables += tableSize(db);
    keyCount += db.size;
  }
  let buffers = 0;
  for (const client of clients.all()) buffers += clients.memorySize(client);
  return {
    used,
    peak: Math.max(figures.peakUsedSize, used),
    startup: figures.startUsedSize,
    resident: host.recentResidentSize(),
    arenaUsed: arena.usedSize,
    arenaReserved: arena.reservedSize,
    arenaMapped: arena.mappedSize,
    hasHugePages: arena.hasHugePages,
    arenaLimit: SEGMENT_COUNT_MAX * SEGMENT_SIZE - ARENA_RESERVE,
    arenaReserve: ARENA_RESERVE,
    arenaLeft: Math.max(0, segmentsLeft() * SEGMENT_SIZE - ARENA_RESERVE),
    clients: buffers,
    overhead: outside + tables,
    dataset: arena.usedSize - tables,
    keyCount,
  };
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
  return db.expires.count * EXPIRY_SIZE;
}
