// Purpose: packed collections without their common prefix, against the plain ones that they are
// made of, over random elements.

import { expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { loadCode, makeLoadCode } from "../../src/structures/load_code/load_code.ts";
import * as packed from "../../src/structures/packed.ts";
import * as prefixed from "../../src/structures/packed_prefix.ts";
import { Random } from "../fuzz/random.ts";

const textOf = ({ bytes, offset, size }: Range) => latin1(bytes, offset, size);

function packedOf(texts: readonly string[]): packed.PackedRef {
  let p = packed.create();
  for (const text of texts) p = packed.append(p, fromLatin1(text), 0, text.length);
  return p;
}

test("any elements: as the plain ones, forwards and backwards, found, replied and expanded", () => {
  const random = new Random(7);
  const blocks = arena.figures().blockCount;
  let count = 0;
  for (let round = 0; round < 2000; round++) {
    const prefix = random.pick(["pre:", "longer prefix/", "1000", "\xff\x00\xff\x80", "abc"]);
    const suffix = () => random.pick(["", "1", "-5", "12345678901", "\xff", "x".repeat(40), "z"]);
    const texts = Array.from({ length: random.between(2, 60) }, () => prefix + suffix());
    const plain = packedOf(texts);
    const p = prefixed.trimmed(plain);
    if (p !== NIL) {
      count++;
      compare(p, texts, random);
      const again = prefixed.expanded(p);
      packed.verify(again);
      const [a, b] = [textOf(packed.listpack(again)), textOf(packed.listpack(plain))];
      expect(a).toBe(b);
      packed.release(again);
      compareUnblocked(plain, p);
      packed.release(p);
    }
    packed.release(plain);
  }
  expect(count).toBeGreaterThan(300);
  expect(arena.figures().blockCount).toBe(blocks);
});

/** The elements as they come from a file give the same, where that is worth it as well. */
function compareUnblocked(plain: packed.PackedRef, p: packed.PackedRef): void {
  const { bytes, offset, size } = packed.listpack(plain);
  const copy = bytes.slice(offset + packed.HEADER_SIZE, offset + size);
  const view = new DataView(copy.buffer);
  const other = prefixed.trimmedElements(copy, view, 0, copy.length - 1, packed.count(plain));
  if (other === NIL) return;
  expect(textOf(packed.listpack(other))).toBe(textOf(packed.listpack(p)));
  packed.release(other);
  makeLoadCode();
  const staged = loadCode?.staged;
  if (staged === undefined) throw new Error("This runtime has no WebAssembly");
  staged.bytes.set(copy, 5);
  const end = 5 + copy.length - 1;
  const wide = prefixed.trimmedElements(staged.bytes, staged.view, 5, end, packed.count(plain));
  expect(textOf(packed.listpack(wide))).toBe(textOf(packed.listpack(p)));
  packed.release(wide);
}

function compare(p: packed.PackedRef, texts: readonly string[], random: Random): void {
  prefixed.verify(p);
  expect(prefixed.count(p)).toBe(texts.length);
  const found: string[] = [];
  let last = 0;
  for (let at = prefixed.seek(p, 0); at !== 0; at = packed.next(p, at)) {
    found.push(textOf(prefixed.range(p, at)));
    last = at;
  }
  expect(found).toEqual([...texts]);
  for (let i = texts.length - 1, at = last; i >= 0; i--, at = prefixed.previous(p, at)) {
    expect(textOf(prefixed.range(p, at))).toBe(texts[i]);
  }
  expect(prefixed.previous(p, prefixed.seek(p, 0))).toBe(0);
  const from = random.below(texts.length);
  const n = random.between(1, texts.length - from);
  const reply = new Reply();
  prefixed.replyRun(p, prefixed.seek(p, from), n, reply);
  const bulks = texts.slice(from, from + n).map((text) => `$${text.length}\r\n${text}\r\n`);
  expect(latin1(reply.bytes, 0, reply.at)).toBe(bulks.join(""));
  for (const text of [random.pick(texts), texts[0].slice(0, 4), "", "other", "y".repeat(90)]) {
    const at = prefixed.find(p, prefixed.seek(p, from), fromLatin1(text), 0, text.length);
    const index = texts.indexOf(text, from);
    expect(packed.passed.count).toBe((index < 0 ? texts.length : index) - from);
    expect(at).toBe(index < 0 ? 0 : prefixed.seek(p, index));
  }
}

test("elements without a common beginning, or that are no short strings, are left alone", () => {
  const alike = (text: (i: number) => string) => {
    const p = packedOf(Array.from({ length: 40 }, (_, i) => text(i)));
    expect(prefixed.trimmed(p)).toBe(NIL as packed.PackedRef);
    packed.release(p);
  };
  alike((i) => String(1_000_000 + i));
  alike((i) => `abc${i}`);
  alike((i) => `${i}element`);
  alike((i) => `element ${i}${"x".repeat(i === 20 ? 60 : 1)}`);
  alike((i) => (i === 39 ? "elephant" : `element ${i}`));
  alike((i) => `four${String(i).repeat(25)}`);
});
