// Purpose: threads of the disk worker are used again: which one a file gets, and when they end.

import { expect, test } from "bun:test";
import { DiskWorkers } from "../../../src/persistence/disk/disk_workers.ts";

/** Threads that do nothing, and a clock that is moved on by hand. */
function stage() {
  const threads: {
    told: (message: unknown) => void;
    failed: (problem: string) => void;
    sent: unknown[];
    isStopped: boolean;
  }[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  const workers = new DiskWorkers(
    (told, failed) => {
      const thread = { told, failed, sent: [] as unknown[], isStopped: false };
      threads.push(thread);
      return {
        send: (message) => void thread.sent.push(message),
        stop: () => {
          thread.isStopped = true;
        },
      };
    },
    (ms, run) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  );
  const heard: string[] = [];
  const start = (name: string) =>
    workers.start(
      (message) => heard.push(`${name}: ${message}`),
      (problem) => heard.push(`${name} failed: ${problem}`),
    );
  return { threads, timers, heard, start };
}

test("a worker that rests has the next file, and tells its messages there", () => {
  const { threads, timers, heard, start } = stage();
  const first = start("first");
  first.send(1);
  threads[0]?.told("done");
  first.rest();
  expect(timers.length).toBe(1);
  const second = start("second");
  second.send(2);
  threads[0]?.told("more");
  threads[0]?.failed("it is broken");
  expect(threads.length).toBe(1);
  expect(threads[0]?.sent).toEqual([1, 2]);
  expect(heard).toEqual(["first: done", "second: more", "second failed: it is broken"]);
  expect(timers.length).toBe(0);
});

test("a worker that is at work is not given to another file", () => {
  const { threads, start } = stage();
  start("first");
  start("second");
  expect(threads.length).toBe(2);
});

test("one worker rests, others end", () => {
  const { threads, start } = stage();
  const workers = [start("first"), start("second")];
  for (const worker of workers) worker.rest();
  expect(threads.map((thread) => thread.isStopped)).toEqual([false, true]);
});

test("a worker that is stopped does not come back", () => {
  const { threads, start } = stage();
  start("first").stop();
  start("second");
  expect(threads.map((thread) => thread.isStopped)).toEqual([true, false]);
});

test("a worker that has rested for long ends, and another one is started", () => {
  const { threads, timers, start } = stage();
  start("first").rest();
  expect(timers[0]?.ms).toBe(150_000);
  timers[0]?.run();
  expect(threads[0]?.isStopped).toBe(true);
  start("second");
  expect(threads.length).toBe(2);
});

test("a worker that breaks while it rests is given up, and nobody is told", () => {
  const { threads, timers, heard, start } = stage();
  start("first").rest();
  threads[0]?.failed("it is broken");
  expect(threads[0]?.isStopped).toBe(true);
  expect(timers.length).toBe(0);
  start("second");
  expect(threads.length).toBe(2);
  expect(heard).toEqual([]);
});
