// Purpose: under `appendfsync always` no reply shows a change that is not on the disk, and nobody
// else waits. The disk's syncs are held by hand here: after a change of a key that is not synced,
// whatever looks at that key, or at all keys, is not answered until the sync has ended, and what
// looks at other keys is answered at once. This is asked of every command of the table.

import { afterEach, describe, expect, test } from "bun:test";
import { findKeysBySpecs } from "../../src/calls/key_specs.ts";
import { commandTable } from "../../src/commands/all.ts";
import { LATER_ROWS, ROWS, SETUP } from "../commands/bad_input_rows.ts";
import { HeldServer, wordsOf } from "./held_server.ts";
import {
  ALL_LINES,
  FAILS_EARLY,
  FREE_LINES,
  KEY_LINES,
  OFF,
  STOPS_EARLY,
  UNSENT,
  UNTOLD_LINES,
} from "./unsynced_rows.ts";

/** Keys that take the place of a line's own: of types that most commands refuse, and none. */
const STAND_INS = ["text", "list", "nosuch"];

let bench: HeldServer;
afterEach(() => bench.server.dispose());

/** Indexes of a line's keys. */
function keysOf(words: readonly string[]): number[] {
  const command = commandTable.resolve(words.length, (i) => words[i]);
  const found = findKeysBySpecs(command?.entry.keys ?? [], words.length, (i) => words[i]);
  // Of SORT it is told that there may be more.
  return found === null ? [1] : found.map(({ index }) => index);
}

function linesOf(name: string): readonly string[] {
  const row = ROWS[name] ?? LATER_ROWS[name];
  return [...(KEY_LINES[name] ?? []), ...(row === undefined ? [] : row.good)];
}

test("every command has a line", () => {
  bench = new HeldServer();
  const missing = commandTable.all.filter(({ name, container }) => {
    const others = [...(ALL_LINES[name] ?? []), ...(FREE_LINES[name] ?? [])];
    const isUntold = UNTOLD_LINES.some(([line]) => wordsOf(line)[0].toLowerCase() === name);
    const isUnsent = UNSENT.has(name) || OFF.has(container?.name ?? name);
    return linesOf(name).length + others.length === 0 && !isUntold && !isUnsent;
  });
  expect(missing.map(({ name }) => name)).toEqual([]);
});

/** What came of a command that was sent after a change: its replies until the sync, and after. */
interface Outcome {
  readonly before: number;
  readonly after: number;
  /** The command has changed something itself, or waits for something else. */
  readonly isOther: boolean;
}

/** Sends a line after an unsynced change of a key, as it is or in a transaction. */
function outcomeOf(words: readonly string[], key: string, inTransaction: boolean): Outcome {
  const client = bench.client();
  bench.touch(key);
  const lines = inTransaction ? [["MULTI"], words, ["EXEC"]] : [words];
  for (const line of lines) client.send(line);
  bench.turn();
  const others = lines.length - 1;
  const before = Math.max(0, client.replies.length - others);
  const own = client.connection.client;
  const isOther = own.changeMark > 0 || own.blocked !== null;
  bench.syncAll();
  const after = Math.max(0, client.replies.length - others);
  client.connection.kill();
  if (own.changeMark > 0) bench.setUp(SETUP);
  return { before, after, isOther };
}

describe("after a change that is not synced", () => {
  for (const { name } of commandTable.all) {
    const lines = linesOf(name).map(wordsOf);
    if (lines.length === 0) continue;
    test(name.toUpperCase(), () => {
      bench = new HeldServer();
      bench.setUp(SETUP);
      const wrong: string[] = [];
      for (const line of lines) {
        for (const index of keysOf(line)) {
          const variants = [line, ...STAND_INS.map((key) => line.with(index, key))];
          for (const words of variants) {
            if (FAILS_EARLY.test(words.join(" "))) continue;
            wrong.push(...checkLine(words, index, words !== line));
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});

/**
 * What is wrong with how a line is answered after a change of one of its keys, and with how EXEC
 * is, unless it is a variant of another line.
 */
function checkLine(words: readonly string[], index: number, isVariant: boolean): string[] {
  const wrong: string[] = [];
  const text = words.join(" ");
  const isFirst = index === keysOf(words)[0];
  for (const inTransaction of words[0] === "WATCH" || isVariant ? [false] : [false, true]) {
    const { before, after, isOther } = outcomeOf(words, words[index], inTransaction);
    if (after !== 1 && !isOther) wrong.push(`${text}: no reply after the sync`);
    if (before > 0 && (isFirst || !STOPS_EARLY.test(text))) {
      wrong.push(`${text}: ${inTransaction ? "EXEC" : "it"} tells of ${words[index]} too early`);
    }
    const other = outcomeOf(words, "unrelated", inTransaction);
    if (other.before !== 1 && !other.isOther) wrong.push(`${text}: waits for another key`);
  }
  return wrong;
}

test("keys that only the command knows of", () => {
  bench = new HeldServer();
  bench.setUp(SETUP);
  const wrong: string[] = [];
  for (const [line, key] of UNTOLD_LINES) {
    const { before, after } = outcomeOf(wordsOf(line), key, false);
    if (before !== 0 || after !== 1) wrong.push(line);
    const other = outcomeOf(wordsOf(line), "unrelated", false);
    if (other.before !== 1 && !other.isOther) wrong.push(`${line}: waits for another key`);
  }
  expect(wrong).toEqual([]);
});

test("commands about all keys", () => {
  bench = new HeldServer();
  bench.setUp(SETUP);
  const wrong: string[] = [];
  for (const line of Object.values(ALL_LINES).flat()) {
    const { before, after } = outcomeOf(wordsOf(line), "unrelated", false);
    if (before !== 0 || after !== 1) wrong.push(line);
  }
  expect(wrong).toEqual([]);
});

test("commands about no key", () => {
  bench = new HeldServer();
  bench.setUp(SETUP);
  const wrong: string[] = [];
  for (const line of Object.values(FREE_LINES).flat()) {
    const { before, after } = outcomeOf(wordsOf(line), "unrelated", false);
    if (before !== 1 || after !== 1) wrong.push(line);
  }
  expect(wrong).toEqual([]);
});
