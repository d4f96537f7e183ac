// Purpose: files of lists, streams and small hashes, whole and broken, by WebAssembly and by its
// twins in JavaScript: both load the same data, or refuse a file for the same reason.

import { afterEach, expect, test } from "bun:test";
import { beginLoading, endLoading } from "../../src/persistence/open_loader.ts";
import { openOwnSaver, openRdbSaver } from "../../src/persistence/open_saver.ts";
import { RdbLoader } from "../../src/persistence/rdb/rdb_file.ts";
import { saveAll } from "../../src/persistence/saver.ts";
import { SnapshotLoader } from "../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo } from "../../src/persistence/snapshot/snapshot_saver.ts";
import { crc32 } from "../../src/runtime/deflate.ts";
import * as dict from "../../src/structures/dict.ts";
import * as entry from "../../src/structures/entry.ts";
import { loadCode } from "../../src/structures/load_code/load_code.ts";
import { withSeed } from "../client/pair.ts";
import type { Random } from "../fuzz/random.ts";
import { contentsOf } from "./contents.ts";
import { InnerServer } from "./inner_server.ts";
import { sourceOf } from "./source.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 20);

afterEach(endLoading);

function element(random: Random, i: number): string {
  if (random.chance(0.4)) return `element:${String(i).padStart(12, "0")}`;
  if (random.chance(0.8)) return `element:${random.uint32().toString(36)}`;
  return random.pick([
    String(i),
    String(-(2 ** 31) + i),
    String(2 ** 40 + i),
    "",
    "0",
    "12x",
    "x".repeat(random.pick([61, 63, 64, 125, 130, 255, 256, 5000])),
  ]);
}

/** Lists whose elements begin alike in ways that are near to other things. */
const ALIKE: readonly ((i: number) => string)[] = [
  (i) => `2024-01-${i}`,
  (i) => `0000${i}`,
  (i) => `12345678901234567890${i}`,
  (i) => `1234567${i}`,
  (i) => `-1234567${i}`,
  (i) => `10.0.0.${i}`,
  (i) => `${"x".repeat(58)}${i}`,
  (i) => `${"y".repeat(70)}${i}`,
  (i) => (i % 700 === 0 ? `other${i}` : `alike:${i}`),
];

/** Some lists and streams, of more than is read at once. */
function fill(server: InnerServer, random: Random): void {
  for (const [index, text] of ALIKE.entries()) {
    const key = `alike:${index}`;
    server.run("RPUSH", key, ...Array.from({ length: 3000 }, (_, i) => text(i)));
    // The leaf at the head is a trimmed one then, or not even that.
    if (index % 2 === 0) server.run("LPOP", key, String(random.between(1, 500)));
    if (index % 3 === 0) server.run("LPUSH", key, "at the head");
    server.run("LINSERT", key, "BEFORE", text(1500), "between");
  }
  for (let i = 0; i < 200; i++) {
    const own = Array.from({ length: random.between(1, 40) }, (_, k) => element(random, k));
    server.run("RPUSH", `small:${i}`, ...own);
  }
  for (let i = 0; i < 120; i++) {
    // As many as are compared each with each, and more.
    const count = random.chance(0.95) ? random.between(1, 18) : random.between(1, 600);
    const field = (k: number) => (random.chance(0.9) ? `field:${k}` : element(random, k));
    const own = Array.from({ length: count }, (_, k) => [field(k), element(random, k)]);
    server.run("HSET", `hash:${i}`, ...own.flat());
  }
  for (let at = 0; at < 8000; at += 100) {
    const own = Array.from({ length: 100 }, (_, i) => element(random, at + i));
    server.run("RPUSH", random.chance(0.9) ? "plain" : "other", ...own);
  }
  let seq = 0;
  for (let i = 0; i < 1500; i++) {
    seq = random.chance(0.3) ? 0 : seq + 1;
    const id = `${1_700_000_000_000 + i}-${seq}`;
    server.run("XADD", "stream", id, "field", element(random, i), "n", String(i * 300));
    const others = random.chance(0.98) ? ["a"] : ["b", "1", "c"];
    server.run("XADD", "others", `${i + 1}-${i % 3}`, ...others, element(random, i));
    if (random.chance(0.01)) server.run("XDEL", "others", `${i + 1}-${i % 3}`);
    if (random.chance(0.01)) server.run("XDEL", "others", `${i}-${(i - 1) % 3}`);
  }
  const far = ["18446744073709551614-0", "18446744073709551614-18446744073709551615"];
  for (const id of ["5-18446744073709551610", "5-18446744073709551615", "4294967299-1", ...far]) {
    server.run("XADD", "far", id, "f", "v");
  }
}

type Form = "RDB" | "snapshot" | "elements";

function fileOf(server: InnerServer, form: Form): Uint8Array {
  const pieces: Uint8Array[] = [];
  const { keyspace, config } = server.server;
  const write = (bytes: Uint8Array) => void pieces.push(bytes.slice());
  const saver =
    form === "RDB"
      ? openRdbSaver(write, keyspace, config)
      : openOwnSaver({ ...blocksTo(write, false), takesElements: form === "elements" }, keyspace);
  saveAll(saver, keyspace);
  return Buffer.concat(pieces);
}

interface Outcome {
  /** Why the file is refused; "" if it is not. */
  readonly reason: string;
  /** What was loaded up to then. */
  readonly contents: Map<string, string>;
  /** By the names of keys. */
  readonly encodings: Map<string, number>;
}

function outcome(bytes: Uint8Array, form: Form, isWide: boolean): Outcome {
  if (isWide) beginLoading();
  else endLoading();
  expect(loadCode !== null).toBe(isWide);
  const { keyspace } = new InnerServer(1);
  const loader =
    form === "RDB"
      ? new RdbLoader(sourceOf(bytes), keyspace)
      : new SnapshotLoader(sourceOf(bytes), keyspace);
  let reason = "";
  try {
    while (loader.step(1000));
  } catch (error) {
    reason = (error as Error).message;
  }
  const contents = contentsOf(keyspace.databases);
  const encodings = new Map<string, number>();
  dict.each(keyspace.databases[0].keys, (e) => {
    encodings.set(entry.keyText(e), entry.encoding(e));
  });
  keyspace.flushAll();
  while (keyspace.reclaimCount > 0) keyspace.reclaimSlice();
  return { reason, contents, encodings };
}

const HEAD_SIZE = 12;
const BLOCK_HEAD_SIZE = 16;
const CHECKSUM = 12;

/** Gives every block of a snapshot the checksum of what it holds now. */
function sumBlocks(file: Buffer): void {
  for (let at = HEAD_SIZE; at < file.length; ) {
    const bodyAt = at + BLOCK_HEAD_SIZE;
    const end = bodyAt + file.readUInt32LE(at);
    const sum = crc32(file.subarray(bodyAt, end), crc32(file.subarray(at, at + CHECKSUM)));
    file.writeUInt32LE(sum, at + CHECKSUM);
    at = end;
  }
}

/** A copy of which some bytes were altered, which its checksums do not tell. */
function broken(file: Uint8Array, form: Form, random: Random): Uint8Array {
  const copy = Buffer.from(file);
  for (let left = random.between(1, 3); left > 0; left--) {
    const at = random.between(200, copy.length - 200);
    copy[at] = random.pick([random.below(256), copy[at] ^ 1, copy[at] + 1, 0xff, 0x80, 0xe0, 0]);
  }
  // An RDB file whose checksum is 0 has none.
  if (form === "RDB") copy.fill(0, copy.length - 8);
  else sumBlocks(copy);
  return copy;
}

test.each(["RDB", "snapshot", "elements"] as const)(
  "%s: whole and broken files come to the same by WebAssembly as without",
  (form) =>
    withSeed(async (random, note) => {
      const server = new InnerServer(1);
      fill(server, random);
      const wanted = contentsOf(server.keyspace.databases);
      const file = fileOf(server, form);
      expect(file.length).toBeGreaterThan(72 << 10);
      const whole = outcome(file, form, true);
      expect(whole, note).toMatchObject({ reason: "", contents: wanted });
      expect(whole.encodings, note).toEqual(outcome(file, form, false).encodings);
      for (let round = 0; round < ROUNDS; round++) {
        const altered = broken(file, form, random);
        const plain = outcome(altered, form, false);
        expect(outcome(altered, form, true), note).toEqual(plain);
      }
    }),
);
