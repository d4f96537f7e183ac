/**
 * A file that the disk worker writes (disk_job.ts) while clients are served: it is given
 * buffers, and works them off one after the other. The file has its place when `syncLater` tells
 * so, and the one that was there before stays until then.
 */
import { copyBytes } from "../../base/bytes.ts";
import type { HeldFolder } from "../../runtime/files.ts";
import type { LastingWorker } from "../../runtime/workers.ts";
import { type BlockSink, newBlock } from "../snapshot/snapshot_saver.ts";
import {
  type FromDisk,
  HANDLED,
  PHASE,
  Phase,
  SHARED_COUNT,
  type ToDisk,
} from "./disk_messages.ts";
import type { FileKind } from "./written_check.ts";

/** What a file needs of the system, from runtime/. */
export interface DiskHost {
  startDiskWorker(
    told: (message: unknown) => void,
    failed: (problem: string) => void,
  ): LastingWorker;
  holdFolder(): HeldFolder;
  reserveFile(path: string): string;
  removeFile(path: string): boolean;
}

/** With so many buffers on their way, the worker is behind: whoever can wait, waits. */
const BEHIND = 8;
/**
 * With so many, whoever cannot wait is made to, since memory would grow: clients change keys that
 * are not saved yet faster than the disk takes them.
 */
const FAR_BEHIND = 64;
/** It waits so long for one buffer at most: a disk may stand still, clients must not. */
const WAIT_MS = 500;
/** A file is put in its place in less, or never. */
const PLACING_MS_MAX = 10_000;

const BUFFER_SIZE = newBlock().length;

export class BackgroundFile implements BlockSink {
  /** How many commands were written to a file of those. */
  countCommands: () => number = () => 0;
  private readonly host: DiskHost;
  /** Where paths are when it is begun: whoever changes `dir` does not move the file. */
  private readonly folder: HeldFolder;
  private readonly reserved: string;
  private readonly worker: LastingWorker;
  private readonly shared = new Int32Array(
    new SharedArrayBuffer(SHARED_COUNT * Int32Array.BYTES_PER_ELEMENT),
  );
  /** Told of the end, once all was written. */
  private done: ((problem: string | null) => void) | null = null;
  private problem: string | null = null;
  /** Buffers that came back. */
  private readonly free: Uint8Array<ArrayBuffer>[] = [];
  private sent = 0;
  private isOver = false;

  /**
   * Begins a file that is to take the place of the one of this path, unless it turns out not to be
   * sound. Throws the system's reason if it cannot be made. `packs`: blocks are packed.
   */
  constructor(host: DiskHost, path: string, fileKind: FileKind, packs: boolean) {
    this.host = host;
    this.folder = host.holdFolder();
    const place = path.startsWith("/") ? path : this.folder.within(path);
    try {
      this.reserved = host.reserveFile(place);
    } catch (error) {
      this.folder.release();
      throw error;
    }
    try {
      this.worker = host.startDiskWorker(
        (message) => this.told(message as FromDisk),
        (problem) => this.finish(problem),
      );
    } catch (error) {
      host.removeFile(this.reserved);
      this.folder.release();
      throw error;
    }
    const shared = this.shared.buffer as SharedArrayBuffer;
    this.send({ type: "begin", reserved: this.reserved, path: place, fileKind, packs, shared });
  }

  private send(message: ToDisk, buffers: readonly ArrayBuffer[] = []): void {
    this.worker.send(message, buffers);
  }

  private told(message: FromDisk): void {
    if (message.type === "done") this.finish(message.problem);
    else if (message.buffer.byteLength === BUFFER_SIZE) {
      this.free.push(new Uint8Array(message.buffer));
    }
  }

  private finish(problem: string | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.problem = problem;
    if (problem === null) this.worker.rest();
    else this.worker.stop();
    this.free.length = 0;
    if (problem !== null) this.host.removeFile(this.reserved);
    this.folder.release();
    this.done?.(problem);
  }

  private get waiting(): number {
    return this.sent - Atomics.load(this.shared, HANDLED);
  }

  /** Whether the worker has enough to do: whoever can wait before giving it more should. */
  get isBehind(): boolean {
    return !this.isOver && this.waiting >= BEHIND;
  }

  /** As BlockSink says; throws what went wrong with what was taken before. */
  take(kind: number, bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
    if (this.problem !== null) throw new Error(this.problem);
    if (this.waiting >= FAR_BEHIND) {
      const handled = Atomics.load(this.shared, HANDLED);
      Atomics.wait(this.shared, HANDLED, handled, WAIT_MS);
    }
    this.sent++;
    this.send({ type: "buffer", buffer: bytes.buffer, size, kind }, [bytes.buffer]);
    return this.free.pop() ?? newBlock();
  }

  /** Adds bytes, which are copied, to a file of bytes; throws as `take` does. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BUFFER_SIZE) {
      const size = Math.min(BUFFER_SIZE, bytes.length - at);
      const buffer = this.free.pop() ?? newBlock();
      copyBytes(bytes, at, size, buffer, 0);
      this.free.push(this.take(0, buffer, size));
    }
  }

  end(keys: number): void {
    this.send({ type: "foot", keys });
  }

  /** All was written: `done` is told when the file is on the disk and has its place, or why not. */
  syncLater(done: (problem: string | null) => void): void {
    this.done = done;
    if (this.isOver) done(this.problem);
    else this.send({ type: "end", commands: this.countCommands() });
  }

  /** Calls the file off, and sees that nothing happens to it any more. */
  abandon(): void {
    if (this.isOver) return;
    this.isOver = true;
    const shared = this.shared;
    const phase = Atomics.compareExchange(shared, PHASE, Phase.open, Phase.abandoned);
    if (phase === Phase.placing) Atomics.wait(shared, PHASE, Phase.placing, PLACING_MS_MAX);
    this.worker.stop();
    this.host.removeFile(this.reserved);
    this.folder.release();
  }
}
