// Purpose: how far a tool is, on the terminal that errors go to (src/tools/progress_bar.ts).

import { expect, test } from "bun:test";
import { Clock } from "../../src/base/clock.ts";
import { ProgressBar, progressText } from "../../src/tools/progress_bar.ts";

let nowMs = 0;
let written: string[] = [];

function bar(width: number): ProgressBar {
  nowMs = 1000;
  written = [];
  const clock = new Clock({ wallMs: () => 0, wallUs: () => 0, monotonicMs: () => nowMs });
  const writeError = (text: string) => void written.push(text);
  return new ProgressBar("checking a.rdb", { clock, writeError, terminalWidth: () => width });
}

test("the text tells the part that is done, of how much, and how long it will take", () => {
  const half = "##########----------";
  expect(progressText(50e6, 100e6, 2000)).toBe(`[${half}]  50 % of 100 MB, 2 s left`);
  expect(progressText(0, 100e6, 0)).toContain("]   0 % of 100 MB, 0 s left");
  expect(progressText(101e6, 100e6, 1000)).toContain("] 100 % of 100 MB, 0 s left");
  expect(progressText(1e6, 1000e6, 1000)).toContain("   0 % of 1000 MB, 17 min left");
  expect(progressText(123e6, 0, 1000)).toBe("123 MB");
});

test("what is over soon shows nothing; then ten a second at most, and nothing in the end", () => {
  const shown = bar(80);
  shown.note(1e6, 10e6);
  nowMs += 600;
  shown.note(5e6, 10e6);
  nowMs += 50;
  shown.note(6e6, 10e6);
  expect(written).toHaveLength(1);
  const text = "checking a.rdb  [##########----------]  50 % of 10 MB, 1 s left";
  expect(written[0]).toBe(`\r${text}\x1b[K`);
  nowMs += 60;
  shown.note(7e6, 10e6);
  expect(written).toHaveLength(2);
  shown.clear();
  shown.clear();
  expect(written.slice(2)).toEqual(["\r\x1b[K"]);
});

test("a narrow terminal has a part of it on one line; none has nothing", () => {
  const narrow = bar(20);
  nowMs += 1000;
  narrow.note(5e6, 10e6);
  expect(written).toEqual(["\rchecking a.rdb  [##\x1b[K"]);
  const none = bar(0);
  nowMs += 1000;
  none.note(5e6, 10e6);
  none.clear();
  expect(written).toEqual([]);
});
