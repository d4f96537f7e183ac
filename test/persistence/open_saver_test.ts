// Purpose: the access clocks that an RDB file has: those by which keys are evicted, as in Redis.

import { expect, test } from "bun:test";
import { openRdbSaver } from "../../src/persistence/open_saver.ts";
import { saveAll } from "../../src/persistence/saver.ts";
import { InnerServer } from "./inner_server.ts";

/** The bytes between the numbers of keys and the checksum. */
function entriesOf(policy: string): string {
  const inner = new InnerServer(1);
  inner.run("CONFIG", "SET", "maxmemory-policy", policy);
  inner.keyspace.lfu = policy.endsWith("lfu");
  inner.run("SET", "k", "12345");
  const pieces: Buffer[] = [];
  const { keyspace, config } = inner.server;
  saveAll(
    openRdbSaver((bytes) => void pieces.push(Buffer.from(bytes)), keyspace, config),
    keyspace,
  );
  const text = Buffer.concat(pieces).toString("latin1");
  return text.slice(text.indexOf("\xfb\x01\0") + 3, -9);
}

const KEY = "\0\x01k\xc1\x39\x30";

test.each([
  ["noeviction", KEY],
  ["allkeys-random", KEY],
  ["volatile-ttl", KEY],
  ["allkeys-lru", `\xf8\0${KEY}`],
  ["volatile-lru", `\xf8\0${KEY}`],
  ["allkeys-lfu", `\xf9\x05${KEY}`],
  ["volatile-lfu", `\xf9\x05${KEY}`],
])("an RDB file of a server with %s", (policy, entries) => {
  expect(entriesOf(policy)).toBe(entries);
});
