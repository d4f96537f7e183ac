/**
 * Purpose: the disk worker (src/persistence/disk_worker.ts) in this thread, on a simulated disk:
 * what it is told is done in later turns, as another thread would.
 */
import {
  type FromDisk,
  HANDLED,
  PHASE,
  Phase,
  SHARED_COUNT,
  type ToDisk,
} from "../../src/persistence/disk_messages.ts";
import { BlockWriter } from "../../src/persistence/snapshot_block.ts";
import type { ReservedFile } from "../../src/runtime/files.ts";
import type { WorkerThread } from "../../src/runtime/workers.ts";
import type { SimDisk } from "./sim_disk.ts";

export class SimWorker implements WorkerThread {
  private readonly disk: SimDisk;
  private readonly told: (message: FromDisk) => void;
  private messages: ToDisk[] = [];
  private shared: Int32Array<ArrayBufferLike> = new Int32Array(SHARED_COUNT);
  private file: ReservedFile | null = null;
  private blocks: BlockWriter | null = null;

  constructor(disk: SimDisk, told: (message: FromDisk) => void) {
    this.disk = disk;
    this.told = told;
  }

  send(message: unknown): void {
    this.messages.push(message as ToDisk);
  }

  stop(): void {
    this.messages = [];
  }

  /** Does what it was told first. */
  step(): void {
    const message = this.messages.shift();
    if (message === undefined) return;
    try {
      this.handle(message);
    } catch (error) {
      this.file = null;
      this.blocks = null;
      this.settle(Phase.failed);
      this.told({ type: "done", problem: (error as Error).message });
    }
  }

  private handle(message: ToDisk): void {
    if (message.type === "begin") {
      this.shared = new Int32Array(message.shared);
      const file = this.disk.openReserved(message.reserved, message.path);
      this.file = file;
      if (!message.isBlocks) return;
      this.blocks = new BlockWriter((bytes) => file.write(bytes), message.packs);
    } else if (message.type === "buffer") {
      this.take(message);
    } else if (message.type === "foot") {
      this.blocks?.end(message.keys);
    } else if (this.file !== null) {
      this.file.finish();
      this.file.place();
      this.settle(Phase.placed);
      this.told({ type: "done", problem: null });
    }
  }

  private take({ buffer, size, kind }: ToDisk & { type: "buffer" }): void {
    try {
      const bytes = new Uint8Array(buffer, 0, size);
      if (this.blocks !== null) this.blocks.block(kind, bytes);
      else this.file?.write(bytes);
    } finally {
      Atomics.add(this.shared, HANDLED, 1);
      this.told({ type: "buffer", buffer });
    }
  }

  private settle(phase: number): void {
    Atomics.store(this.shared, PHASE, phase);
  }
}
