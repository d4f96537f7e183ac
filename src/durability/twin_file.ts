/**
 * Two files that get the same: the increment of a log that stays where it is, and that of the one
 * which is begun in another folder (CONFIG SET dir). The first counts until the other log has its
 * base; what goes wrong with the second only means that it will not do.
 */
import type { AppendFile } from "../runtime/files.ts";

const INCOMPLETE = "a change could not be written to the increment of the new folder";

export class TwinFile implements AppendFile {
  /** Why the second file does not hold all that it should, or null. */
  problem: string | null = null;
  private first: AppendFile;
  private second: AppendFile | null;

  /** Both are this one's then. */
  constructor(first: AppendFile, second: AppendFile) {
    this.first = first;
    this.second = second;
  }

  get size(): number {
    return this.first.size;
  }

  write(bytes: Uint8Array, offset: number, size: number): void {
    try {
      this.first.write(bytes, offset, size);
    } catch (error) {
      // What of it is kept, and written again, is not known here.
      this.problem = INCOMPLETE;
      throw error;
    }
    this.also((file) => file.write(bytes, offset, size));
  }

  /** Takes back a part of a write, of which the second file has nothing. */
  truncate(size: number): void {
    this.first.truncate(size);
  }

  sync(): void {
    this.first.sync();
    this.also((file) => file.sync());
  }

  syncLater(done: (problem: string | null) => void): void {
    const { second } = this;
    if (second === null) {
      this.first.syncLater(done);
      return;
    }
    let left = 2;
    let problem: string | null = null;
    const ended = () => {
      if (--left === 0) done(problem);
    };
    this.first.syncLater((reason) => {
      problem = reason;
      ended();
    });
    second.syncLater((reason) => {
      if (reason !== null && this.second === second) this.problem ??= reason;
      ended();
    });
  }

  /** The second file is given up. */
  keepFirst(): void {
    this.second?.close();
    this.second = null;
  }

  /** The second file, which is sound, counts from now on, alone. */
  keepSecond(): void {
    if (this.second === null) return;
    this.first.close();
    this.first = this.second;
    this.second = null;
  }

  close(): void {
    this.first.close();
    this.second?.close();
  }

  private also(act: (file: AppendFile) => void): void {
    if (this.second === null || this.problem !== null) return;
    try {
      act(this.second);
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }
}
