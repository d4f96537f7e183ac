/**
 * What the disk worker does, apart from being a worker: packs, checksums and writes the file of a
 * BGSAVE, sees that it is on the disk and puts it in its place. The other side is
 * background_file.ts.
 */
import type { ReservedFile } from "../runtime/files.ts";
import {
  type FromDisk,
  HANDLED,
  PHASE,
  Phase,
  SHARED_COUNT,
  type ToDisk,
} from "./disk_messages.ts";
import { BlockWriter } from "./snapshot_block.ts";

export interface DiskJobParts {
  /** Opens the file that was reserved for a path. */
  readonly open: (reserved: string, path: string) => ReservedFile;
  /** Answers the other side, and hands buffers over to it. */
  readonly answer: (message: FromDisk, buffers?: readonly ArrayBuffer[]) => void;
}

export class DiskJob {
  readonly #parts: DiskJobParts;
  #shared: Int32Array<ArrayBufferLike> = new Int32Array(SHARED_COUNT);
  #file: ReservedFile | null = null;
  /** Writes blocks, if the file is of those. */
  #blocks: BlockWriter | null = null;

  constructor(parts: DiskJobParts) {
    this.#parts = parts;
  }

  /** Does what a message says, or tells why not: buffers are only given back from then on. */
  handle(message: ToDisk): void {
    try {
      if (message.type === "begin") this.#begin(message);
      else if (message.type === "buffer") this.#take(message);
      else if (message.type === "foot") this.#blocks?.end(message.keys);
      else this.#end();
    } catch (error) {
      this.#file = null;
      this.#blocks = null;
      this.#settle(Phase.failed);
      this.#parts.answer({ type: "done", problem: (error as Error).message });
    }
  }

  #begin({ reserved, path, isBlocks, packs, shared }: ToDisk & { type: "begin" }): void {
    this.#shared = new Int32Array(shared);
    const file = this.#parts.open(reserved, path);
    this.#file = file;
    if (isBlocks) this.#blocks = new BlockWriter((bytes) => file.write(bytes), packs);
  }

  #take({ buffer, size, kind }: ToDisk & { type: "buffer" }): void {
    try {
      const bytes = new Uint8Array(buffer, 0, size);
      if (this.#blocks !== null) this.#blocks.block(kind, bytes);
      else this.#file?.write(bytes);
    } finally {
      Atomics.add(this.#shared, HANDLED, 1);
      Atomics.notify(this.#shared, HANDLED);
      this.#parts.answer({ type: "buffer", buffer }, [buffer]);
    }
  }

  #end(): void {
    if (this.#file === null) return;
    this.#file.finish();
    const phase = Atomics.compareExchange(this.#shared, PHASE, Phase.open, Phase.placing);
    if (phase !== Phase.open) return;
    this.#file.place();
    this.#settle(Phase.placed);
    this.#parts.answer({ type: "done", problem: null });
  }

  #settle(phase: number): void {
    Atomics.store(this.#shared, PHASE, phase);
    Atomics.notify(this.#shared, PHASE);
  }
}
