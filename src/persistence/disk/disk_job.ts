/**
 * What the disk worker does, apart from being a worker: packs, checksums and writes the file of a
 * BGSAVE or of a BGREWRITEAOF, reads it once more to see that it is sound, sees that it is on the
 * disk and puts it in its place. The other side is background_file.ts.
 */
import type { ReservedFile } from "../../runtime/files.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import { BlockWriter } from "../snapshot/snapshot_block.ts";
import {
  type FromDisk,
  HANDLED,
  PHASE,
  Phase,
  SHARED_COUNT,
  type ToDisk,
} from "./disk_messages.ts";
import { checkWritten, type FileKind } from "./written_check.ts";

export interface DiskJobParts {
  /** Opens the file that was reserved for a path. */
  readonly open: (reserved: string, path: string) => ReservedFile;
  /** Answers the other side, and hands buffers over to it. */
  readonly answer: (message: FromDisk, buffers?: readonly ArrayBuffer[]) => void;
}

export class DiskJob {
  private readonly parts: DiskJobParts;
  private shared: Int32Array<ArrayBufferLike> = new Int32Array(SHARED_COUNT);
  private file: ReservedFile | null = null;
  /** Writes blocks, if the file is of those. */
  private blocks: BlockWriter | null = null;
  private kind: FileKind = "blocks";
  /** Bytes of the file, and keys of a file of blocks. */
  private size = 0;
  private keys = 0;

  constructor(parts: DiskJobParts) {
    this.parts = parts;
  }

  /** Does what a message says, or tells why not: buffers are only given back from then on. */
  handle(message: ToDisk): void {
    try {
      if (message.type === "begin") this.begin(message);
      else if (message.type === "buffer") this.take(message);
      else if (message.type === "foot") this.foot(message.keys);
      else this.end(message.commands);
    } catch (error) {
      this.file = null;
      this.blocks = null;
      this.settle(Phase.failed);
      this.parts.answer({ type: "done", problem: (error as Error).message });
    }
  }

  private begin({ reserved, path, fileKind, packs, shared }: ToDisk & { type: "begin" }): void {
    this.shared = new Int32Array(shared);
    this.file = this.parts.open(reserved, path);
    this.kind = fileKind;
    if (fileKind === "blocks") this.blocks = new BlockWriter((bytes) => this.write(bytes), packs);
  }

  private write(bytes: Uint8Array): void {
    this.file?.write(bytes);
    this.size += bytes.length;
  }

  private foot(keys: number): void {
    this.keys = keys;
    this.blocks?.end(keys);
  }

  private take({ buffer, size, kind }: ToDisk & { type: "buffer" }): void {
    try {
      const bytes = new Uint8Array(buffer, 0, size);
      if (this.blocks !== null) this.blocks.block(kind, bytes);
      else this.write(bytes);
    } finally {
      Atomics.add(this.shared, HANDLED, 1);
      Atomics.notify(this.shared, HANDLED);
      this.parts.answer({ type: "buffer", buffer }, [buffer]);
    }
  }

  private end(commands: number): void {
    if (this.file === null) return;
    this.check(this.file, commands);
    this.file.finish();
    const phase = Atomics.compareExchange(this.shared, PHASE, Phase.open, Phase.placing);
    if (phase !== Phase.open) return;
    this.file.place();
    this.settle(Phase.placed);
    this.parts.answer({ type: "done", problem: null });
  }

  /** Throws when what is in the file is not what was to be written. */
  private check(file: ReservedFile, commands: number): void {
    const size = this.size;
    let at = 0;
    const read = (into: Uint8Array, offset: number, count: number) => {
      const got = file.readAt(into, offset, count, at);
      at += got;
      return got;
    };
    try {
      const count = this.kind === "blocks" ? this.keys : commands;
      checkWritten(this.kind, { size, read }, size, count);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw new Error(`what was written is not sound: ${error.message}`);
    }
  }

  private settle(phase: number): void {
    Atomics.store(this.shared, PHASE, phase);
    Atomics.notify(this.shared, PHASE);
  }
}
