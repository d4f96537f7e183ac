/** The numbers of Redis's RDB format, and what is thrown when bytes are not of that format. */

/** What files and payloads begin to be written with, as Redis 7.0 does. */
export const RDB_VERSION = 10;
/** The first version that knows deadlines of hash fields, Redis 7.4's; the last that is read. */
export const RDB_VERSION_FIELD_DEADLINES = 12;
export const RDB_VERSION_MAX = RDB_VERSION_FIELD_DEADLINES;
/** The first version of Valkey's own, from 9.0 on, whose files begin with another word. */
export const VALKEY_VERSION = 80;
/** From this version on, a file ends with a checksum. */
export const RDB_VERSION_CHECKSUM = 5;

/** What a value is written as. */
export const RdbType = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  zset2: 5,
  modulePre: 6,
  module2: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  streamListpacks: 15,
  hashListpack: 16,
  zsetListpack: 17,
  listQuicklist2: 18,
  streamListpacks2: 19,
  setListpack: 20,
  streamListpacks3: 21,
  hashMetadataPre: 22,
  hashListpackExPre: 23,
  hashMetadata: 24,
  hashListpackEx: 25,
} as const;

/** In Valkey's own versions: fields, values and deadlines (Unix ms, or -1) in turn. */
export const VALKEY_HASH_EXPIRING = 22;

/** What stands in a file between the values. */
export const Opcode = {
  /** Redis Enterprise's: how recently the key that follows was used. */
  recency: 107,
  /** Valkey's: slots of a cluster that were on their way. */
  slotImport: 243,
  slotInfo: 244,
  function2: 245,
  functionPre: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resizeDb: 251,
  expiryMs: 252,
  expirySeconds: 253,
  selectDb: 254,
  end: 255,
} as const;

/** The first two bits of a length: how long it is, or that it is none but says what follows. */
export const LENGTH_6 = 0;
export const LENGTH_14 = 1;
export const LENGTH_ENCODED = 3;
export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;

/** A string that is not written as it is: an integer of 8, 16 or 32 bits, or LZF. */
export const STRING_INT8 = 0;
export const STRING_INT16 = 1;
export const STRING_INT32 = 2;
export const STRING_LZF = 3;

/** How a node of a list is written. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** Flags of a stream's entry. */
export const ENTRY_DELETED = 1;
export const ENTRY_SAME_FIELDS = 2;

/** Sizes of what is of fixed size. */
export const STREAM_ID_SIZE = 16;
export const TIME_SIZE = 8;

/** Bytes are not what the format says: `message` tells how. */
export class Malformed extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}
