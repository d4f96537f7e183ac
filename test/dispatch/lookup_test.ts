// Purpose: finding commands by name: every name of the table in any case, and nothing else, in
// particular not what differs from a name by the bit that makes letters lower case.

import { expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { commandTable } from "../../src/commands/all.ts";
import { CommandLookup } from "../../src/dispatch/lookup.ts";
import { Args } from "../../src/protocol/args.ts";
import { Random } from "../fuzz/random.ts";

const lookup = new CommandLookup(commandTable.commands);
const names = [...commandTable.commands.keys()];
const OTHER_CASE = 0x20;

/** Finds a name that lies among other bytes, which must not matter. */
function find(name: string, around = "\xff"): string | null {
  const bytes = fromLatin1(`${around.repeat(5)}${name}${around.repeat(8)}`);
  const args = new Args(bytes, new DataView(bytes.buffer));
  args.push(5, name.length);
  return lookup.find(args)?.name ?? null;
}

test("every name in any case", () => {
  const random = new Random(1);
  expect(names.length).toBeGreaterThan(70);
  for (const name of names) {
    for (let round = 0; round < 50; round++) {
      const mixed = [...name].map((c) => (random.chance(0.5) ? c.toUpperCase() : c)).join("");
      const around = String.fromCharCode(random.below(256));
      expect([mixed, find(mixed, around)]).toEqual([mixed, name]);
    }
  }
});

test("no name with one byte changed, added or missing", () => {
  for (const name of names) {
    for (let at = 0; at < name.length; at++) {
      for (let code = 0; code < 256; code++) {
        const character = String.fromCharCode(code);
        const changed = name.slice(0, at) + character + name.slice(at + 1);
        const folded = changed.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
        const expected = commandTable.commands.has(folded) ? folded : null;
        if (find(changed) !== expected)
          expect([changed, find(changed)]).toEqual([changed, expected]);
      }
    }
    for (const other of [`${name}x`, `${name}\0`, `${name} `, `x${name}`, name.slice(1)]) {
      expect([other, find(other)]).toEqual([other, names.includes(other) ? other : null]);
    }
  }
});

test("bytes that become a name's by that bit are not its letters", () => {
  for (const name of names) {
    const low = [...name].map((c) => String.fromCharCode(c.charCodeAt(0) & ~OTHER_CASE));
    const isSame = low.join("").toLowerCase() === name;
    expect([name, find(low.join(""))]).toEqual([name, isSame ? name : null]);
    const high = [...name].map((c) => String.fromCharCode(c.charCodeAt(0) | 0x80)).join("");
    expect(find(high)).toBeNull();
  }
});

test("no empty name, no long one, and no random one", () => {
  const random = new Random(2);
  expect(find("")).toBeNull();
  expect(find("a".repeat(1000))).toBeNull();
  for (let round = 0; round < 20_000; round++) {
    const size = random.between(1, 12);
    const name = Array.from({ length: size }, () => String.fromCharCode(random.below(256))).join(
      "",
    );
    const expected = commandTable.commands.has(name.toLowerCase()) ? name.toLowerCase() : null;
    expect(find(name)).toBe(expected);
  }
});
