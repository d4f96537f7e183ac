// Purpose: the loader of append-only logs (src/persistence/log/append_loader.ts) and what it takes:
// sizes around every limit, of which nothing is held that is not needed; text between commands.

import { describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../../src/base/bytes.ts";
import type { ByteSource } from "../../../src/persistence/byte_source.ts";
import { CommandFrames, LOGGED_SIZE_MAX } from "../../../src/persistence/log/append_frames.ts";
import { AppendLoader, FormatError } from "../../../src/persistence/log/append_loader.ts";

const MB = 2 ** 20;

/** Texts, and zero bytes where there is a number, which are not written to fresh memory. */
function sourceOf(parts: readonly (string | number)[]): ByteSource {
  const left = parts.map((part) => (typeof part === "number" ? part : fromLatin1(part)));
  const sizeOf = (part: Uint8Array | number) => (typeof part === "number" ? part : part.length);
  return {
    size: left.reduce((sum: number, part) => sum + sizeOf(part), 0),
    read(into, offset, size) {
      const [part] = left;
      if (part === undefined) return 0;
      const count = Math.min(size, sizeOf(part));
      if (typeof part !== "number") into.set(part.subarray(0, count), offset);
      left[0] = typeof part === "number" ? part - count : part.subarray(count);
      if (sizeOf(left[0]) === 0) left.shift();
      return count;
    },
  };
}

interface Loaded {
  readonly sizes: number[][];
  readonly fault: number | null;
  readonly isCut: boolean;
}

function load(...parts: (string | number)[]): Loaded {
  const sizes: number[][] = [];
  const loader = new AppendLoader(sourceOf(parts), {
    run: (args) => {
      sizes.push([...args.size.subarray(0, args.count)]);
      return null;
    },
  });
  try {
    while (loader.step(100));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { sizes, fault: error.offset, isCut: false };
  }
  return { sizes, fault: null, isCut: loader.isCut };
}

const SET = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n";
const SOUND = `${SET}$1\r\n1\r\n`;
const head = (size: number) => `${SET}$${size}\r\n`;

describe("an argument", () => {
  test.each([512 * MB + 1, 1024 * MB])("of %d bytes is read", (size) => {
    const after = "*1\r\n$4\r\nPING\r\n";
    const { sizes, fault } = load(head(size), size, `\r\n${after}`);
    expect(fault).toBeNull();
    expect(sizes).toEqual([[3, 1, size], [4]]);
  });

  test("that is cut leaves nothing, whatever its size", () => {
    for (const size of [5, 512 * MB + 1, LOGGED_SIZE_MAX - 100]) {
      expect(load(head(size), 3)).toEqual({ sizes: [], fault: null, isCut: true });
    }
  });

  test("larger than any command is an error, at the byte with which it is", () => {
    const fits = LOGGED_SIZE_MAX - head(LOGGED_SIZE_MAX).length;
    expect(load(head(fits)).isCut).toBe(true);
    const lastDigit = head(fits).length - 3;
    expect(load(head(fits + 1)).fault).toBe(lastDigit);
    expect(load(head(fits + 1).slice(0, -2)).fault).toBe(lastDigit);
    expect(load(`${SET}$9999999999`).fault).toBe(SET.length + 10);
  });
});

test("more arguments than a client may send at once before it has authenticated", () => {
  const count = 100_000;
  const { sizes } = load(`*${count}\r\n${"$1\r\nx\r\n".repeat(count)}`);
  expect(sizes[0].length).toBe(count);
});

describe("the first bytes of a command, and another behind them", () => {
  const ALL = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const [DIGITS, NOT_ZERO] = ["0123456789", "123456789"];
  const rows: [first: string, next: string[]][] = [
    ["", ["*", "#"]],
    ["*", [...NOT_ZERO]],
    ["*1", [...DIGITS, "\r"]],
    ["*214748364", [..."01234567", "\r"]],
    ["*2147483647", ["\r"]],
    ["*1\r", ["\n"]],
    ["*1\r\n", ["$"]],
    ["*1\r\n$", [...DIGITS]],
    ["*1\r\n$0", ["\r"]],
    ["*1\r\n$1", [...DIGITS, "\r"]],
    ["*1\r\n$0\r", ["\n"]],
    ["*1\r\n$0\r\n", ["\r"]],
    ["*1\r\n$0\r\n\r", ["\n"]],
    ["*1\r\n$1\r\n", ALL],
    ["*1\r\n$1\r\n*", ["\r"]],
    ["*1\r\n$1\r\n*\r", ["\n"]],
    ["*1\r\n$1\r\n*\r\n", ["*", "#"]],
    ["*2\r\n$1\r\n*\r\n", ["$"]],
    ["#", ALL],
  ];
  for (const [first, next] of rows) {
    test(JSON.stringify(first), () => {
      const fit = ALL.filter((byte) => load(first + byte).fault === null);
      expect(fit).toEqual(next.toSorted());
      for (const byte of ALL.filter((one) => !next.includes(one))) {
        const { sizes } = load(first);
        expect(load(first + byte)).toEqual({ sizes, fault: first.length, isCut: false });
      }
      // Behind what is whole, and in whatever pieces they come, it is the same.
      for (const byte of ALL) {
        const isFit = next.includes(byte);
        expect(load(SOUND + first + byte).fault).toBe(isFit ? null : SOUND.length + first.length);
        const pieces = first === "" ? [byte] : [first, byte];
        expect(load(...pieces).fault).toBe(isFit ? null : first.length);
      }
    });
  }
});

describe("text between commands is never carried out", () => {
  const MULTI = "*1\r\n$5\r\nMULTI\r\n";
  const EXEC = "*1\r\n$4\r\nEXEC\r\n";
  const texts = ["FLUSHALL\r\n", "SET b 1\n", "\r\n", "\n", " ", "PING", "$4\r\nPING\r\n", "\0"];
  for (const text of texts) {
    test(JSON.stringify(text), () => {
      for (const before of ["", SOUND, `${SOUND}#TS:1\r\n`, SOUND + MULTI + SOUND]) {
        const whole = before.includes("MULTI") ? [[3, 1, 1]] : before === "" ? [] : [[3, 1, 1]];
        for (const after of ["", SOUND, EXEC]) {
          const found = load(before + text + after);
          expect(found).toEqual({ sizes: whole, fault: before.length, isCut: false });
        }
      }
    });
  }
});

test("the frame of commands is the same in whatever pieces they come", () => {
  const text = `#TS:17\r\n${SET}$12\r\n*1\r\n$4\r\nPING\r\n*1\r\n$0\r\n\r\n`;
  const bytes = fromLatin1(text);
  for (let size = 1; size <= bytes.length; size++) {
    const frames = new CommandFrames();
    for (let at = 0; at < bytes.length; at += size) {
      expect(frames.take(bytes, at, Math.min(at + size, bytes.length))).toBe(true);
    }
    expect([frames.isWhole, frames.commands, frames.lines]).toEqual([true, 2, 11]);
  }
});
