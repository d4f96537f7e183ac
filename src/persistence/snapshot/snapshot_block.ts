/**
 * The frame of a snapshot file (snapshot_format.ts): blocks with their checksums, one by one. What
 * is in them is for others to know.
 */
import { isShortage } from "../../arena/shortage.ts";
import { giveBack } from "../../base/buffers.ts";
import { latin1 } from "../../base/bytes.ts";
import { crc32, deflate, inflate } from "../../runtime/deflate.ts";
import { type LoadCode, loadCode } from "../../structures/load_code/load_code.ts";
import type { ByteSource } from "../byte_source.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import { MessageReader, READ_SLACK } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import {
  BLOCK_HEAD_SIZE,
  BLOCK_SIZE,
  BlockKind,
  Codec,
  DEFLATE_RATIO_MAX,
  FILE_HEAD_SIZE,
  MAGIC,
  PACKED_SIZE_MAX,
  SNAPSHOT_VERSION,
} from "./snapshot_format.ts";

/** Where in a block's head its parts are. */
const RAW_SIZE = 4;
const KIND = 8;
const CODEC = 9;
const RESERVED = 10;
const CHECKSUM = 12;

/** Bytes of a block that is packed as it is written: below, the gain is not worth it. */
const PACKED_SIZE_MIN = 64;
const FOOT_SIZE = 128;

/** Writes the frame of a file to a sink, which gets bytes that are good until it returns. */
export class BlockWriter {
  /** Bytes written so far. */
  size = 0;
  private blocks = 0;
  private sum = 0;
  private readonly packs: boolean;
  private readonly write: (bytes: Uint8Array) => void;
  private readonly head = new Uint8Array(BLOCK_HEAD_SIZE);
  private readonly view = new DataView(this.head.buffer);

  /** Begins the file; `packs`: blocks are packed where that makes them shorter. */
  constructor(write: (bytes: Uint8Array) => void, packs: boolean) {
    this.write = write;
    this.packs = packs;
    const head = new Uint8Array(FILE_HEAD_SIZE);
    for (let i = 0; i < MAGIC.length; i++) head[i] = MAGIC.charCodeAt(i);
    new DataView(head.buffer).setUint32(MAGIC.length, SNAPSHOT_VERSION, true);
    this.add(head);
  }

  /** Writes a block. */
  block(kind: number, bytes: Uint8Array): void {
    let stored = bytes;
    let codec: number = Codec.none;
    const isFit = bytes.length >= PACKED_SIZE_MIN && bytes.length <= PACKED_SIZE_MAX;
    if (this.packs && isFit) {
      const packed = deflate(bytes);
      if (packed.length < bytes.length) {
        stored = packed;
        codec = Codec.deflate;
      }
    }
    const view = this.view;
    view.setUint32(0, stored.length, true);
    view.setUint32(RAW_SIZE, bytes.length, true);
    view.setUint8(KIND, kind);
    view.setUint8(CODEC, codec);
    view.setUint32(CHECKSUM, crc32(stored, crc32(this.head.subarray(0, CHECKSUM))), true);
    this.blocks++;
    this.add(this.head);
    this.add(stored);
  }

  /** Writes the foot: of so many keys, of all blocks, and the checksum of all. */
  end(keys: number): void {
    const foot = new MessageWriter(new Uint8Array(FOOT_SIZE));
    foot.map(4);
    foot.text("keys");
    foot.integer(keys);
    foot.text("blocks");
    foot.integer(this.blocks);
    foot.text("size");
    foot.integer(this.size);
    foot.text("checksum");
    foot.integer(this.sum);
    this.block(BlockKind.foot, foot.bytes.subarray(0, foot.size));
  }

  private add(bytes: Uint8Array): void {
    this.sum = crc32(bytes, this.sum);
    this.size += bytes.length;
    this.write(bytes);
  }
}

/** Smaller ones may share their memory with others, and do not matter. */
const GIVEN_BACK_SIZE_MIN = 64 << 10;

const TOO_SHORT = "it ends too early: it was cut short";

/** Reads the blocks of a file, of which one is in memory at a time. Throws Malformed. */
export class BlockReader {
  /** Where in the file the block begins that was read last, or is being read. */
  offset = 0;
  /** Of the file; 0 before it is known. */
  version = 0;
  kind = 0;
  /** How many keys the file has, as the foot says. */
  keys = 0;
  /** What the block holds, up to `size`, and READ_SLACK bytes more; good until the next is read. */
  bytes = new Uint8Array(BLOCK_SIZE + READ_SLACK);
  view = new DataView(this.bytes.buffer);
  size = 0;
  private blocks = 0;
  private sum = 0;
  private read = 0;
  private stored = new Uint8Array(BLOCK_SIZE);
  private readonly source: ByteSource;
  private readonly unpacks: boolean;
  /** Where blocks that are not too large are put: nobody else has it meanwhile. */
  private readonly home: LoadCode | null = null;
  private readonly head = new Uint8Array(BLOCK_HEAD_SIZE);
  private readonly headView = new DataView(this.head.buffer);

  /** Without `unpacks`, what is in the blocks is not to be had: only the frame is looked at. */
  constructor(source: ByteSource, unpacks = true) {
    this.source = source;
    this.unpacks = unpacks;
    if (!unpacks || loadCode === null || loadCode.blockOwner !== null) return;
    this.home = loadCode;
    loadCode.blockOwner = this;
  }

  /** Lets go of what the blocks were in. */
  close(): void {
    if (this.home?.blockOwner === this) this.home.blockOwner = null;
  }

  /** Bytes of the file read so far. */
  get total(): number {
    return this.read;
  }

  /** Bytes of the file that were not read. */
  get left(): number {
    return this.source.size - this.read;
  }

  /** Reads the file's head. */
  begin(): void {
    this.fill(this.head, FILE_HEAD_SIZE);
    if (latin1(this.head, 0, MAGIC.length) !== MAGIC) throw new Malformed("this is no snapshot");
    this.version = this.headView.getUint32(MAGIC.length, true);
    if (this.version > SNAPSHOT_VERSION) {
      throw new Malformed(
        `the snapshot is of version ${this.version}, and this server reads up to version ` +
          `${SNAPSHOT_VERSION}: it needs a newer Rusk`,
      );
    }
    if (this.version === 0) throw new Malformed("snapshots of version 0 are not known");
    this.sum = crc32(this.head.subarray(0, FILE_HEAD_SIZE));
  }

  /** Reads the next block; its checksum is right. */
  next(): void {
    this.offset = this.read;
    const sumBefore = this.sum;
    this.fill(this.head, BLOCK_HEAD_SIZE);
    const view = this.headView;
    const stored = view.getUint32(0, true);
    const size = view.getUint32(RAW_SIZE, true);
    const codec = view.getUint8(CODEC);
    if (stored > this.left) throw new Malformed(TOO_SHORT);
    const bytes = this.storedBytes(stored);
    const sum = crc32(bytes, crc32(this.head.subarray(0, CHECKSUM)));
    if (sum !== view.getUint32(CHECKSUM, true)) {
      throw new Malformed("CRC error: a block of the file was altered");
    }
    this.kind = view.getUint8(KIND);
    if (view.getUint16(RESERVED, true) !== 0 || codec > Codec.deflate) {
      throw new Malformed("a block is stored in a way that is not known");
    }
    if (this.unpacks || this.kind === BlockKind.foot) this.unpack(bytes, size, codec);
    if (this.kind === BlockKind.foot) {
      this.checkFoot(sumBefore);
      this.close();
    } else {
      this.sum = crc32(bytes, crc32(this.head, sumBefore));
      this.blocks++;
    }
  }

  private checkFoot(sum: number): void {
    const reader = new MessageReader();
    reader.open(this.bytes, this.view, this.size);
    const foot = reader.map();
    const number = (name: string) => Number(foot.get(name));
    this.keys = number("keys");
    if (number("blocks") !== this.blocks || number("size") !== this.offset) {
      throw new Malformed("blocks are missing, or there are more than there should be");
    }
    if (number("checksum") !== sum) throw new Malformed("CRC error: the file was altered");
    if (this.left > 0) throw new Malformed("there is more after the end of the snapshot");
  }

  private storedBytes(size: number): Uint8Array {
    if (size > this.stored.length) this.stored = new Uint8Array(size);
    this.fill(this.stored, size);
    const bytes = this.stored.subarray(0, size);
    if (this.stored.length > BLOCK_SIZE) this.stored = new Uint8Array(BLOCK_SIZE);
    return bytes;
  }

  private unpack(stored: Uint8Array, size: number, codec: number): void {
    const isPacked = codec === Codec.deflate;
    const sizeMax = isPacked ? stored.length * DEFLATE_RATIO_MAX : stored.length;
    if (size > sizeMax || (isPacked && size > PACKED_SIZE_MAX)) {
      throw new Malformed("a block cannot be of that size");
    }
    this.makeRoom(size);
    let bytes = stored;
    if (isPacked) {
      try {
        bytes = inflate(stored, size);
      } catch (error) {
        if (isShortage(error)) throw error;
        throw new Malformed("a packed block is broken");
      }
    }
    if (bytes.length !== size) throw new Malformed("a block is of another size than it says");
    this.bytes.set(bytes);
    this.size = size;
    // One after the other they would wait for the collector, and take more than what is loaded.
    if (isPacked) giveBack(bytes, GIVEN_BACK_SIZE_MIN);
  }

  /** A buffer for a large block is not kept for the others. */
  private makeRoom(size: number): void {
    const room = Math.max(size, BLOCK_SIZE) + READ_SLACK;
    const block = this.home?.block;
    if (block !== undefined && size + READ_SLACK <= block.bytes.length) {
      ({ bytes: this.bytes, view: this.view } = block);
      return;
    }
    const isFitting = this.bytes.length >= room && this.bytes.length <= 2 * room;
    if (isFitting) return;
    this.bytes = new Uint8Array(room);
    this.view = new DataView(this.bytes.buffer);
  }

  private fill(into: Uint8Array, size: number): void {
    for (let at = 0; at < size; ) {
      const count = this.source.read(into, at, size - at);
      if (count <= 0) throw new Malformed(TOO_SHORT);
      at += count;
    }
    this.read += size;
  }
}
