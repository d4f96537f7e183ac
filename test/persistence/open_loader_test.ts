// Purpose: what loads a file is chosen by the file's first bytes (src/persistence/open_loader.ts),
// and what follows the data in it comes after.

import { describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { Beginning, type ByteSource } from "../../src/persistence/byte_source.ts";
import { openLoader, PeekedSource } from "../../src/persistence/open_loader.ts";
import { openOwnSaver, openRdbSaver } from "../../src/persistence/open_saver.ts";
import { saveAll } from "../../src/persistence/saver.ts";
import { blocksTo } from "../../src/persistence/snapshot/snapshot_saver.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { contentsOf } from "./contents.ts";
import { InnerServer } from "./inner_server.ts";
import { sourceOf } from "./source.ts";

const COMMANDS = "*1\r\n$4\r\nPING\r\n";

function filled(): InnerServer {
  const inner = new InnerServer(1);
  inner.run("SET", "string", "value");
  inner.run("RPUSH", "list", "a", "b", "c");
  return inner;
}

function fileOf({ keyspace }: InnerServer, format: "snapshot" | "RDB"): Uint8Array {
  const pieces: Buffer[] = [];
  const write = (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes));
  const saver =
    format === "RDB"
      ? openRdbSaver(write, keyspace, configOf(fakeHost()))
      : openOwnSaver(blocksTo(write, false), keyspace);
  saveAll(saver, keyspace);
  return Buffer.concat(pieces);
}

/** All that a source gives, asked for by so many bytes. */
function drained(source: ByteSource, step = 5): string {
  const bytes = new Uint8Array(step);
  let text = "";
  for (let size = source.read(bytes, 0, step); size > 0; size = source.read(bytes, 0, step)) {
    text += Buffer.from(bytes.subarray(0, size)).toString("latin1");
  }
  return text;
}

/** Loads a source into a server of its own, which is returned. */
function loaded(source: PeekedSource, told: string[] = []): InnerServer {
  const inner = new InnerServer(2);
  const log = { add: (_level: string, text: string) => void told.push(text) };
  const loader = openLoader(source, inner.keyspace, { allowsLoss: false, log });
  while (loader.step(1));
  expect(loader.figures.keys).toBe(2);
  return inner;
}

for (const format of ["snapshot", "RDB"] as const) {
  for (const pieceSize of [1, 7, Infinity]) {
    test(`a file of format ${format} is known and loaded, in pieces of ${pieceSize} bytes`, () => {
      const from = filled();
      const source = new PeekedSource(sourceOf(fileOf(from, format), pieceSize));
      expect(source.format).toBe(format);
      const told: string[] = [];
      const to = loaded(source, told);
      expect(contentsOf(to.keyspace.databases)).toEqual(contentsOf(from.keyspace.databases));
      const isTold = told.some((text) => text.startsWith("Loading RDB produced by version"));
      expect(isTold).toBe(format === "RDB");
    });
  }
}

describe("commands", () => {
  test("after an RDB file come when it is loaded to its end", () => {
    const bytes = Buffer.concat([fileOf(filled(), "RDB"), Buffer.from(COMMANDS)]);
    const source = new PeekedSource(sourceOf(bytes));
    const to = new InnerServer(3);
    const rules = { allowsLoss: false, log: { add: () => {} } };
    const loader = openLoader(source, to.keyspace, rules);
    while (loader.step(1));
    expect(loader.offset + COMMANDS.length).toBe(bytes.length);
    expect(drained(source.after(loader))).toBe(COMMANDS);
  });

  test("are of no format of data, and come whole", () => {
    const source = new PeekedSource(sourceOf(fromLatin1(COMMANDS.repeat(3))));
    expect(source.format).toBe(null);
    expect(source.size).toBe(3 * COMMANDS.length);
    expect(drained(source)).toBe(COMMANDS.repeat(3));
  });

  test("are refused by a loader", () => {
    const source = new PeekedSource(sourceOf(fromLatin1(COMMANDS)));
    expect(() => loaded(source)).toThrow("this is no RDB file");
  });
});

test("a file that is shorter than what tells its format comes whole", () => {
  for (const text of ["", "R", "REDIS"]) {
    expect(drained(new PeekedSource(sourceOf(fromLatin1(text))))).toBe(text);
  }
});

test("the beginning of a source ends there, and its size counts what came before", () => {
  const source = new Beginning(sourceOf(fromLatin1("0123456789")), 7, 107);
  expect(source.size).toBe(107);
  expect(drained(source)).toBe("0123456");
});
