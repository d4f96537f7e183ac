// Purpose: records of JSON and MessagePack (src/persistence/record_*.ts): what is written comes
// back equal, with values of every type and encoding, however the stream of bytes is cut into
// pieces; and what is no record is refused with the reason.

import { describe, expect, test } from "bun:test";
import { digestOfAll } from "../../../src/commands/server/debug_digest.ts";
import { openOwnSaver } from "../../../src/persistence/open_saver.ts";
import { RECORD_FORMATS, recordFormatOf } from "../../../src/persistence/records/record_codec.ts";
import { RecordExport } from "../../../src/persistence/records/record_export.ts";
import { RecordImport } from "../../../src/persistence/records/record_import.ts";
import { saveAll } from "../../../src/persistence/saver.ts";
import { SnapshotLoader } from "../../../src/persistence/snapshot/snapshot_loader.ts";
import { withSeed } from "../../client/pair.ts";
import type { Word } from "../../client/resp.ts";
import type { Random } from "../../fuzz/random.ts";
import { InnerServer } from "../inner_server.ts";
import { KINDS } from "../plans.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 1);
const FORMATS = Object.keys(RECORD_FORMATS);

const textOf = (word: Word) =>
  word instanceof Uint8Array ? Buffer.from(word).toString("latin1") : String(word);

/** A server with a key of each kind, in some databases. */
function filled(random: Random): InnerServer {
  const server = new InnerServer(1);
  for (const [index, { plan }] of KINDS.entries()) {
    server.run("SELECT", String(random.below(3)));
    for (const words of plan(random)) server.run(...words.map(textOf));
    server.run("RENAME", "k", `key ${index} ${random.pick(["", "\xff\xfe", "\xc3\xa4", "\0"])}`);
  }
  addLarge(server, random);
  return server;
}

/** Values that come in several records, and fields that expire. */
function addLarge(server: InnerServer, random: Random): void {
  const many = Array.from({ length: 9000 }, (_, i) => `${random.below(1e9)}:${i}`);
  server.run("RPUSH", "large list", ...many);
  server.run("SADD", "large set", ...many);
  server.run("ZADD", "large zset", ...many.flatMap((text, i) => [`${i / 7}`, text]));
  server.run("HSET", "large hash", ...many);
  server.run("SET", "large string", "\xc3\xa4".repeat(200_001));
  server.run("SET", "large noise", "x\xff".repeat(100_001));
  server.run("ZADD", "odd scores", "-0", "z", "-inf", "a", "+inf", "b", "5e-324", "c");
  const deadline = String(server.nowMs + 1e9);
  for (const key of ["large hash with times", "small hash with times"]) {
    server.run("HSET", key, ...(key.startsWith("small") ? many.slice(0, 6) : many));
    server.run("HPEXPIREAT", key, deadline, "FIELDS", "2", many[2], many[4]);
  }
  for (let i = 1; i <= 3000; i++) {
    server.run("XADD", "large stream", `${i}-1`, "name", `value ${i}`, "\xff", "x");
  }
  server.run("XDEL", "large stream", "1-1", "1500-1");
  for (const group of ["g", "h\xff", "without consumers"]) {
    server.run("XGROUP", "CREATE", "large stream", group, "0");
    if (group.length > 2) continue;
    for (const consumer of ["c", "d", "e\xff"]) {
      const words = ["GROUP", group, consumer, "COUNT", "900", "STREAMS", "large stream", ">"];
      server.run("XREADGROUP", ...words);
    }
  }
}

/** What the digest does not tell, in order. */
function details(server: InnerServer): string[] {
  const all: string[] = [];
  for (let db = 0; db < 3; db++) {
    server.run("SELECT", String(db));
    const keys = server
      .run("KEYS", "*")
      .split("\r\n")
      .filter((_, i) => i > 0 && i % 2 === 0);
    for (const key of keys) {
      let told = server.run("PEXPIRETIME", key) + server.run("TYPE", key);
      if (told.includes("stream")) told += server.run("XINFO", "STREAM", key, "FULL", "COUNT", "0");
      if (/ with times$/.test(key)) {
        const fields = server
          .run("HKEYS", key)
          .split("\r\n")
          .slice(2)
          .filter((_, i) => i % 2 === 0);
        fields.sort();
        told += server.run("HPEXPIRETIME", key, "FIELDS", String(fields.length), ...fields);
      }
      // How many nodes there are depends on how the stream came to be.
      all.push(`${db} ${key} ${told.replace(/radix-tree-(?:keys|nodes)\r\n:\d+/g, "")}`);
    }
  }
  return all.sort();
}

const digest = (server: InnerServer) => digestOfAll(server.keyspace.databases);

function exported(server: InnerServer, format: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  const { strings, encode } = RECORD_FORMATS[format];
  const sink = new RecordExport(strings, (record) => pieces.push(encode(record)));
  saveAll(openOwnSaver(sink, server.keyspace), server.keyspace);
  return Buffer.concat(pieces);
}

/** The bytes as a stream of pieces of random sizes. */
function streamOf(bytes: Uint8Array, random: Random | null): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at === bytes.length) {
        controller.close();
        return;
      }
      const size = random === null ? bytes.length : random.pick([1, 7, 1000, 100_000]);
      controller.enqueue(bytes.slice(at, at + size));
      at = Math.min(at + size, bytes.length);
    },
  });
}

/** The snapshot that records stand for. */
async function converted(bytes: Uint8Array, format: string, random: Random | null = null) {
  const { strings, decode } = RECORD_FORMATS[format];
  const pieces: Buffer[] = [];
  const importer = new RecordImport(strings, (piece) => void pieces.push(Buffer.from(piece)));
  for await (const record of decode(streamOf(bytes, random))) importer.add(record);
  importer.end();
  return Buffer.concat(pieces);
}

function loaded(snapshot: Uint8Array): InnerServer {
  const server = new InnerServer(1);
  let at = 0;
  const source = {
    size: snapshot.length,
    read(into: Uint8Array, offset: number, size: number) {
      const piece = snapshot.subarray(at, at + size);
      into.set(piece, offset);
      at += piece.length;
      return piece.length;
    },
  };
  const loader = new SnapshotLoader(source, server.keyspace);
  while (loader.step(100));
  return server;
}

describe.each(FORMATS)("%s", (format) => {
  test(
    "values of every type and encoding come back",
    () =>
      withSeed(async (random, note) => {
        for (let round = 0; round < ROUNDS; round++) {
          const before = filled(random);
          before.keyspace.libraries.add(Buffer.from("#!lua name=mylib\n\xff", "latin1"));
          const bytes = exported(before, format);
          expect(recordFormatOf(bytes[0])?.name).toBe(RECORD_FORMATS[format].name);
          const after = loaded(await converted(bytes, format, random));
          expect(`${note} ${digest(after)}`).toBe(`${note} ${digest(before)}`);
          expect(details(after)).toEqual(details(before));
          expect([...after.keyspace.libraries.each()]).toEqual([
            ...before.keyspace.libraries.each(),
          ]);
          for (const server of [before, after]) server.run("FLUSHALL");
        }
      }),
    60_000,
  );

  test("an empty server is a first and a last record", async () => {
    const bytes = exported(new InnerServer(1), format);
    const after = loaded(await converted(bytes, format));
    expect(after.run("DBSIZE")).toBe(":0\r\n");
  });

  test("records that were cut short anywhere are refused", async () => {
    const server = new InnerServer(1);
    server.run("SET", "k", "v");
    server.run("RPUSH", "l", "a", "b");
    const bytes = exported(server, format);
    for (let size = 0; size < bytes.length - 1; size++) {
      const refused = await converted(bytes.subarray(0, size), format).then(
        () => false,
        () => true,
      );
      expect([size, refused]).toEqual([size, true]);
    }
  });
});

/** The error when these lines are imported between a first and a last record; null: none. */
async function problemWith(...lines: string[]): Promise<string | null> {
  const keys = lines.filter((line) => line.includes('"key"')).length;
  const text = ['{"records":1}', ...lines, `{"end":${keys}}`].join("\n");
  try {
    loaded(await converted(Buffer.from(text), "json"));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const key = (type: string, value: string, more = "") =>
  `{"db":0,"key":"k","type":"${type}",${more}"value":${value}}`;

test("records by hand: what may be left out", async () => {
  const stream =
    '{"entries":[["1-1",["f","v"]]],"lastId":"5-0","groups":[{"name":"g","lastId":"0-0"}]}';
  const lines = [
    '{"records":1}',
    key("stream", stream),
    '{"db":3,"key":{"base64":"/w=="},"type":"hash","value":[["f","v"],["g","w",7000000000000]]}',
    '{"db":3,"key":"\\ud83d\\ude00","type":"string","expiry":"7000000000000","value":""}',
    "",
    '{"db":3,"key":"pieces","type":"string","more":true,"value":"a"}',
    '{"value":{"base64":"/w=="}}',
    '{"db":3,"key":"z","type":"zset","more":true,"value":[["m","-inf"]]}',
    '{"value":[["n",5],["o","-0"]]}',
    '{"end":5}',
  ];
  const server = loaded(await converted(Buffer.from(lines.join("\n")), "json"));
  expect(server.run("XINFO", "STREAM", "k")).toContain("$13\r\nentries-added\r\n:1\r\n");
  server.run("SELECT", "3");
  expect(server.run("HPEXPIRETIME", "\xff", "FIELDS", "2", "f", "g")).toBe(
    "*2\r\n:-1\r\n:7000000000000\r\n",
  );
  expect(server.run("PEXPIRETIME", "\xf0\x9f\x98\x80")).toBe(":7000000000000\r\n");
  expect(server.run("GET", "pieces")).toBe("$2\r\na\xff\r\n");
  expect(server.run("ZRANGE", "z", "0", "-1", "WITHSCORES")).toBe(
    "*6\r\n$1\r\nm\r\n$4\r\n-inf\r\n$1\r\no\r\n$2\r\n-0\r\n$1\r\nn\r\n$1\r\n5\r\n",
  );
});

test.each([
  ["no JSON", "{", /JSON|Unexpected|Expected/],
  ["no map", "[1]", /^no record: \[1\]$/],
  ["no type", key("array", "[]"), /^no type: "array"$/],
  ["no database", '{"db":-1,"key":"k","type":"string","value":""}', /^no db: -1$/],
  ["a database too many", '{"db":99,"key":"k","type":"string","value":""}', /a database 99/],
  ["no expiry", key("string", '""', '"expiry":1.5,'), /^no expiry: 1.5$/],
  ["no string", key("string", "5"), /^no string: 5$/],
  ["no base64", key("string", '{"base64":"/w"}'), /^no string: /],
  ["half a character", key("string", '"\\ud800"'), /no Unicode/],
  ["no list", key("list", '{"a":1}'), /^no list: /],
  ["an empty list", key("list", "[]"), /without elements/],
  ["no score", key("zset", '[["m","nan"]]'), /^no score: "nan"$/],
  ["no pair", key("hash", '[["f"]]'), /^no pair: \["f"\]$/],
  ["a field twice", key("hash", '[["f","v"],["f","v"]]'), /there twice/],
  ["a stream without state", key("stream", '{"entries":[]}'), /without lastId/],
  ["no ID", key("stream", '{"lastId":"5"}'), /^no ID: "5"$/],
  ["an ID out of range", key("stream", '{"lastId":"18446744073709551616-0"}'), /^no ID/],
  ["no entry", key("stream", '{"entries":[["1-1"]],"lastId":"5-0"}'), /^no fields/],
  [
    "entries out of order",
    key("stream", '{"entries":[["2-1",["a","b"]],["1-1",["a","b"]]],"lastId":"5-0"}'),
    /order/,
  ],
  ["no group", key("stream", '{"lastId":"5-0","groups":[{"name":"g"}]}'), /^no ID: nothing$/],
])("what is refused: %s", async (_, line, problem) => {
  expect((await problemWith(line)) ?? "nothing").toMatch(problem);
});

test("what is refused of several records", async () => {
  const one = key("list", '["a"]');
  expect(await problemWith(one, one)).toMatch(/"k" is there twice/);
  expect(await problemWith(key("list", '["a"]', '"more":true,'), one)).toMatch(/should go on/);
  expect(await problemWith(key("list", '["a"]', '"more":true,'))).toMatch(/should go on/);
  const fields = '{"value":[["g","v",7000000000000]]}';
  expect(await problemWith(key("hash", '[["f","v"]]', '"more":true,'), fields)).toMatch(/no pair/);
  expect(await problemWith('{"end":0}')).toMatch(/there is more after the last record/);
  const refused = (text: string) =>
    converted(Buffer.from(text), "json").catch((error) => (error as Error).message);
  expect(await refused('{"records":2}\n{"end":0}')).toMatch(/needs a newer Rusk/);
  expect(await refused('{"a":1}')).toMatch(/no records of Rusk's/);
  expect(await refused('{"records":1}\n{"end":3}')).toMatch(
    /0 keys came, and the last record says 3/,
  );
  expect(await refused('{"records":1}\n"\xff')).toMatch(/no UTF-8|no record|JSON|Unterminated/);
});
