// Purpose: which fingerprints come twice is found however many there are, with a temporary file and
// where there can be none (src/tools/key_census.ts).

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import * as files from "../../src/runtime/files.ts";
import { KeyCensus } from "../../src/tools/key_census.ts";
import { Random } from "../fuzz/random.ts";
import { folderOfEachTest } from "../server/folder.ts";

const { path } = folderOfEachTest();
/** So few in memory that most go to the file; the smallest array holds 4096. */
const RUN_COUNT = 4096;

/** A number of 62 bits, as fingerprints are. */
function print(random: Random): number {
  const words = new Int32Array([random.uint32(), random.uint32() & 0x3fff_ffff]);
  return new Float64Array(words.buffer)[0];
}

const noFile = () => {
  throw new Error("Read-only file system");
};

describe.each([
  ["few", 100, files],
  ["in a temporary file", 50_000, files],
  ["where nothing can be written", 50_000, { ...files, openAppend: noFile }],
] as const)("%s", (_, count, disk) => {
  test("twins are found, wherever they are, and nothing else", () => {
    const random = new Random(count);
    const prints = Array.from({ length: count }, () => print(random));
    const twins = [0, 1, 17, count >> 1, count - 1].map((index) => prints[index]);
    const census = new KeyCensus(disk, path("keys"), RUN_COUNT);
    for (const each of [...prints, ...twins.toReversed(), 0, 0]) census.note(each);
    expect([...census.twins()].sort()).toEqual([...twins, 0].sort());
    expect(existsSync(path("keys"))).toBe(count > RUN_COUNT && disk === files);
    census.close();
    expect(existsSync(path("keys"))).toBe(false);
  });

  test("all different: none are found", () => {
    const random = new Random(count + 1);
    const census = new KeyCensus(disk, path("keys"), RUN_COUNT);
    for (let i = 0; i < count; i++) census.note(print(random));
    expect(census.twins().size).toBe(0);
    census.close();
  });
});

test("of very many twins a part is found", () => {
  const random = new Random(3);
  const census = new KeyCensus(files, path("keys"), RUN_COUNT);
  const prints = Array.from({ length: 10_000 }, () => print(random));
  for (const each of [...prints, ...prints]) census.note(each);
  expect(census.twins().size).toBe(256);
  census.close();
});
