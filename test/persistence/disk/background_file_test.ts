// Purpose: the file of a BGSAVE as both sides see it, with the worker's part run in this thread and
// a disk that fails: what is told, what is removed, and that an abandoned file is never placed.

import { describe, expect, test } from "bun:test";
import { BackgroundFile, type DiskHost } from "../../../src/persistence/disk/background_file.ts";
import { DiskJob } from "../../../src/persistence/disk/disk_job.ts";
import type { ToDisk } from "../../../src/persistence/disk/disk_messages.ts";
import type { HeldFolder } from "../../../src/runtime/files.ts";

/** A disk of one file, on which an operation can fail, and a worker that works when it is told. */
class FakeDisk implements DiskHost {
  readonly done: string[] = [];
  readonly waiting: ToDisk[] = [];
  /** What is in the file. */
  contents = Buffer.alloc(0);
  failing = "";
  /** Folders that are held. */
  held = 0;
  isStopped = false;
  isResting = false;
  private told: (message: unknown) => void = () => {};
  private readonly job = new DiskJob({
    open: () => {
      this.note("open");
      return {
        write: (bytes) => {
          this.note(`write ${bytes.length}`);
          this.contents = Buffer.concat([this.contents, bytes]);
        },
        readAt: (into, offset, size, from) => {
          if (this.failing === "read") throw new Error("no read");
          return this.contents.copy(into, offset, from, from + size);
        },
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
      rest: () => {
        this.isResting = true;
      },
    };
  }

  holdFolder(): HeldFolder {
    this.held++;
    return { within: (name) => name, release: () => void this.held-- };
  }

  /** Works off so many messages, or all. */
  work(count = Infinity): void {
    for (let left = count; left > 0 && this.waiting.length > 0; left--) {
      this.job.handle(this.waiting.shift() as ToDisk);
    }
  }
}

const PING = Buffer.from("*1\r\n$4\r\nPING\r\n");

function begun(disk: FakeDisk) {
  const file = new BackgroundFile(disk, "file", "commands", false);
  file.countCommands = () => 1;
  const outcomes: (string | null)[] = [];
  const end = () => file.syncLater((problem) => void outcomes.push(problem));
  return { file, outcomes, end };
}

test("written, on the disk, in its place, and only then told", () => {
  const disk = new FakeDisk();
  const { file, outcomes, end } = begun(disk);
  file.write(PING);
  end();
  expect(outcomes).toEqual([]);
  disk.work();
  expect(disk.done).toEqual(["reserve", "open", "write 14", "finish", "place"]);
  expect(outcomes).toEqual([null]);
  expect([disk.isResting, disk.isStopped]).toEqual([true, false]);
  expect(disk.held).toBe(0);
});

test.each(["open", "write", "read", "finish", "place"])(
  "%s fails: it is told, and removed",
  (failing) => {
    const disk = new FakeDisk();
    disk.failing = failing;
    const { file, outcomes, end } = begun(disk);
    file.write(PING);
    end();
    disk.work();
    expect(outcomes).toEqual([`no ${failing}`]);
    expect(disk.done.at(-1)).toBe("remove file.tmp");
    expect(disk.done).not.toContain("place");
  },
);

describe("a file that is not sound takes no other's place", () => {
  const refusals: Record<string, [text: string, count: number, problem: string]> = {
    "a command that no start takes": [
      "*1\r\n$4\r\nPINGxx",
      1,
      "a start would refuse it (at byte 12)",
    ],
    "half a command": ["*1\r\n$4\r\nPI", 1, "it ends within a command"],
    "more commands than were written": [`${PING}${PING}`, 1, "it has 2 commands in place of 1"],
  };
  for (const [what, [text, count, problem]] of Object.entries(refusals)) {
    test(what, () => {
      const disk = new FakeDisk();
      const { file, outcomes, end } = begun(disk);
      file.countCommands = () => count;
      file.write(Buffer.from(text));
      end();
      disk.work();
      expect(outcomes).toEqual([`what was written is not sound: ${problem}`]);
      expect(disk.done).toEqual(["reserve", "open", `write ${text.length}`, "remove file.tmp"]);
    });
  }

  test("one of which the disk has lost something", () => {
    const disk = new FakeDisk();
    const { file, outcomes, end } = begun(disk);
    for (let i = 0; i < 3; i++) file.write(PING);
    end();
    disk.work(4);
    disk.contents = disk.contents.subarray(PING.length);
    disk.work();
    expect(outcomes).toEqual(["what was written is not sound: it has 28 bytes in place of 42"]);
  });
});

test("after a failure, whoever writes on is told at once", () => {
  const disk = new FakeDisk();
  disk.failing = "write";
  const { file, outcomes, end } = begun(disk);
  file.write(PING);
  disk.work();
  expect(() => file.write(PING)).toThrow("no write");
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
  file.write(PING);
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
  for (; !file.isBehind; count++) file.write(PING);
  expect(count).toBe(8);
  disk.work(2);
  expect<boolean>(file.isBehind).toBe(false);
  file.abandon();
});
