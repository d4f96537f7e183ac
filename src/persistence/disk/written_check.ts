/**
 * Looks at a file that was just written, before it takes the place of another: whether its frame is
 * sound from end to end, and whether it holds as much as it should. What a later start would refuse
 * must not replace what it would load.
 *
 *   blocks     each block's head and checksum, how many there are, and how many keys
 *   rdb        its bytes, how it begins and ends, and its checksum if it has one
 *   commands   each command's frame, as a start asks for it, and how many there are
 *
 * A piece of the file is in memory at a time, of blocks one; nothing is made of what it holds.
 */
import { counted } from "../../base/counted.ts";
import type { ByteSource } from "../byte_source.ts";
import { Crc64 } from "../crc64.ts";
import { CommandFrames } from "../log/append_frames.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import { BlockReader } from "../snapshot/snapshot_block.ts";
import { BlockKind } from "../snapshot/snapshot_format.ts";

export type FileKind = "blocks" | "rdb" | "commands";

const PIECE_SIZE = 256 << 10;
const RDB_MAGIC = "REDIS";
const RDB_END = 0xff;
const CHECKSUM_SIZE = 8;

/**
 * Reads a file of `size` bytes, and of `count` keys (blocks) or commands. Throws Malformed, or what
 * the source throws.
 */
export function checkWritten(
  kind: FileKind,
  source: ByteSource,
  size: number,
  count: number,
): void {
  if (kind === "blocks") checkBlocks(source, count);
  else if (kind === "rdb") checkRdb(source, size);
  else checkCommands(source, size, count);
}

function checkBlocks(source: ByteSource, keys: number): void {
  const blocks = new BlockReader(source, false);
  blocks.begin();
  do blocks.next();
  while (blocks.kind !== BlockKind.foot);
  if (blocks.keys !== keys)
    throw new Malformed(`it has ${counted(blocks.keys, "key")} in place of ${keys}`);
}

/** Shows the file piece by piece, and sees that it has so many bytes. */
function eachPiece(source: ByteSource, size: number, show: (piece: Uint8Array) => void): void {
  const bytes = new Uint8Array(PIECE_SIZE);
  let passed = 0;
  for (;;) {
    const count = source.read(bytes, 0, PIECE_SIZE);
    if (count === 0) break;
    passed += count;
    show(bytes.subarray(0, count));
  }
  if (passed !== size) throw new Malformed(`it has ${counted(passed, "byte")} in place of ${size}`);
}

function checkRdb(source: ByteSource, size: number): void {
  const sum = new Crc64();
  const tail = new Uint8Array(1 + CHECKSUM_SIZE);
  let passed = 0;
  eachPiece(source, size, (piece) => {
    for (let i = passed; i < RDB_MAGIC.length; i++) {
      if (piece[i - passed] !== RDB_MAGIC.charCodeAt(i)) throw new Malformed("this is no RDB file");
    }
    const summed = Math.min(piece.length, Math.max(size - CHECKSUM_SIZE - passed, 0));
    sum.update(piece, 0, summed);
    const from = Math.max(0, size - tail.length - passed);
    for (let i = from; i < piece.length; i++) tail[passed + i - (size - tail.length)] = piece[i];
    passed += piece.length;
  });
  if (passed < RDB_MAGIC.length || tail[0] !== RDB_END) throw new Malformed("it has no end");
  const hasSum = tail.subarray(1).some((byte) => byte !== 0);
  if (hasSum && !sum.equals(tail, 1)) throw new Malformed("its checksum is wrong");
}

function checkCommands(source: ByteSource, size: number, commands: number): void {
  const frames = new CommandFrames();
  eachPiece(source, size, (piece) => {
    if (frames.take(piece, 0, piece.length)) return;
    throw new Malformed(`a start would refuse it (at byte ${frames.fault})`);
  });
  if (!frames.isWhole) throw new Malformed("it ends within a command");
  if (frames.commands !== commands) {
    throw new Malformed(`it has ${counted(frames.commands, "command")} in place of ${commands}`);
  }
}
