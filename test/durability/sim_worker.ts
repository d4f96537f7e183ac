/**
 * Purpose: the disk worker (src/persistence/disk/disk_worker.ts) in this thread, on a simulated
 * disk: what it is told is done in later turns, as another thread would.
 */
import { DiskJob } from "../../src/persistence/disk/disk_job.ts";
import type { FromDisk, ToDisk } from "../../src/persistence/disk/disk_messages.ts";
import type { LastingWorker } from "../../src/runtime/workers.ts";
import type { SimDisk } from "./sim_disk.ts";

export class SimWorker implements LastingWorker {
  private readonly job: DiskJob;
  private messages: ToDisk[] = [];

  constructor(disk: SimDisk, told: (message: FromDisk) => void) {
    const open = (reserved: string, path: string) => disk.openReserved(reserved, path);
    this.job = new DiskJob({ open, answer: told });
  }

  send(message: unknown): void {
    this.messages.push(message as ToDisk);
  }

  stop(): void {
    this.messages = [];
  }

  rest(): void {}

  /** Does what it was told first. */
  step(): void {
    const message = this.messages.shift();
    if (message !== undefined) this.job.handle(message);
  }
}
