// Purpose: the file of a BGSAVE as both sides see it, with the worker's part run in this thread and
// a disk that fails: what is told, what is removed, and that an abandoned file is never placed.

import { expect, test } from "bun:test";
import { BackgroundFile, type DiskHost } from "../../src/persistence/background_file.ts";
import { DiskJob } from "../../src/persistence/disk_job.ts";
import type { ToDisk } from "../../src/persistence/disk_messages.ts";

/** A disk of one file, on which an operation can fail, and a worker that works when it is told. */
class FakeDisk implements DiskHost {
  readonly done: string[] = [];
  readonly waiting: ToDisk[] = [];
  failing = "";
  isStopped = false;
  private told: (message: unknown) => void = () => {};
  private readonly job = new DiskJob({
    open: () => {
      this.note("open");
      return {
        write: (bytes) => this.note(`write ${bytes.length}`),
        finish: () => this.note("finish"),
        place: () => this.note("place"),
      };
    },
    answer: (message) => this.told(message),
  });

  private note(what: string): void {
    if (this.failing !== "" && what.startsWith(this.failing)) throw new Error(`no ${this.failing}`);
    this.done.push(what);
  }

  reserveFile(path: string): string {
    this.note("reserve");
    return `${path}.tmp`;
  }

  removeFile(path: string): boolean {
    this.done.push(`remove ${path}`);
    return true;
  }

  startDiskWorker(told: (message: unknown) => void) {
    this.told = told;
    return {
      send: (message: unknown) => void this.waiting.push(message as ToDisk),
      stop: () => {
        this.isStopped = true;
      },
    };
  }

  /** Works off so many messages, or all. */
  work(count = Infinity): void {
    for (let left = count; left > 0 && this.waiting.length > 0; left--) {
      this.job.handle(this.waiting.shift() as ToDisk);
    }
  }
}

function begun(disk: FakeDisk) {
  const file = new BackgroundFile(disk, "file", false, false);
  const outcomes: (string | null)[] = [];
  const end = () => file.syncLater((problem) => void outcomes.push(problem));
  return { file, outcomes, end };
}

test("written, on the disk, in its place, and only then told", () => {
  const disk = new FakeDisk();
  const { file, outcomes, end } = begun(disk);
  file.write(new Uint8Array(10));
  end();
  expect(outcomes).toEqual([]);
  disk.work();
  expect(disk.done).toEqual(["reserve", "open", "write 10", "finish", "place"]);
  expect(outcomes).toEqual([null]);
  expect(disk.isStopped).toBe(true);
});

test.each(["open", "write", "finish", "place"])("%s fails: it is told, and removed", (failing) => {
  const disk = new FakeDisk();
  disk.failing = failing;
  const { file, outcomes, end } = begun(disk);
  file.write(new Uint8Array(10));
  end();
  disk.work();
  expect(outcomes).toEqual([`no ${failing}`]);
  expect(disk.done.at(-1)).toBe("remove file.tmp");
  expect(disk.done).not.toContain("place");
});

test("after a failure, whoever writes on is told at once", () => {
  const disk = new FakeDisk();
  disk.failing = "write";
  const { file, outcomes, end } = begun(disk);
  file.write(new Uint8Array(10));
  disk.work();
  expect(() => file.write(new Uint8Array(10))).toThrow("no write");
  end();
  expect(outcomes).toEqual(["no write"]);
});

test("a file that cannot be reserved is an error at once", () => {
  const disk = new FakeDisk();
  disk.failing = "reserve";
  expect(() => begun(disk)).toThrow("no reserve");
});

test.each([0, 1, 2])("abandoned after %d messages, it is never placed", (count) => {
  const disk = new FakeDisk();
  const { file, outcomes, end } = begun(disk);
  file.write(new Uint8Array(10));
  end();
  disk.work(count);
  file.abandon();
  disk.work();
  expect(outcomes).toEqual([]);
  expect(disk.done).toContain("remove file.tmp");
  expect(disk.done).not.toContain("place");
});

test("it is behind while the worker has enough to do", () => {
  const disk = new FakeDisk();
  const { file } = begun(disk);
  let count = 0;
  for (; !file.isBehind; count++) file.write(new Uint8Array(10));
  expect(count).toBe(8);
  disk.work(2);
  expect<boolean>(file.isBehind).toBe(false);
  file.abandon();
});
