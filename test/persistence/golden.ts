/**
 * Purpose: makes the golden files of snapshots/: data of every type and encoding, as the current
 * version of the format has them, with what is asked of them and replied. They are made once for
 * each version, and have to load for ever:
 *
 *   node_modules/.bin/bun test/persistence/golden.ts
 */
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SNAPSHOT_VERSION } from "../../src/persistence/snapshot/snapshot_format.ts";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { startServer } from "../client/server.ts";

export const GOLDEN_FOLDER = join(import.meta.dir, "../../snapshots");

export interface Golden {
  readonly digest: string;
  /** Commands and their replies, in database 0 if none says otherwise. */
  readonly replies: readonly (readonly [command: readonly string[], reply: unknown])[];
}

const FAR_MS = "7000000000000";

function fill(): string[][] {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const group = ["XREADGROUP", "GROUP", "group", "ann", "COUNT", "2", "STREAMS", "stream", ">"];
  return [
    ["SET", "string:short", "value"],
    ["SET", "string:empty", ""],
    ["SET", "string:integer", "-9223372036854775808"],
    ["SET", "string:long", "0123456789".repeat(10_000)],
    ["APPEND", "string:raw", "grown"],
    ["SET", "string:binary", "\u0000\r\n\u00ff"],
    ["SET", "ttl:near", "v", "PXAT", FAR_MS],
    ["SET", "ttl:far", "v", "PXAT", "9223372036854000000"],
    ["SET", "k".repeat(5000), "a long key"],
    ["RPUSH", "list:small", "a", "-5", "300", "70000", "9223372036854775807", "z".repeat(70)],
    ["RPUSH", "list:large", ...numbers(3000).map((i) => `element:${i}`)],
    ["SADD", "set:integers", ...numbers(300).map((i) => String(i * 100_000))],
    ["SADD", "set:small", "a", "b", "17"],
    ["SADD", "set:large", ...numbers(1000).map((i) => `member:${i}`)],
    ["ZADD", "zset:small", "1.5", "one", "-inf", "two", "+inf", "three", "1e100", "four"],
    ["ZADD", "zset:large", ...numbers(600).flatMap((i) => [String(i / 3), `member:${i}`])],
    ["HSET", "hash:small", "f", "v", "n", "17"],
    ["HSET", "hash:large", ...numbers(600).flatMap((i) => [`field:${i}`, `value:${i}`])],
    ["HSET", "hash:expiring", "f", "v", "g", "w", "h", "x"],
    ["HPEXPIREAT", "hash:expiring", FAR_MS, "FIELDS", "2", "f", "g"],
    ...numbers(250).map((i) => ["XADD", "stream", `${i + 1}-1`, "name", `n${i}`, "size", `${i}`]),
    ["XADD", "stream", "251-7", "other", "fields", "than", "before", "three", "3"],
    ["XDEL", "stream", "2-1", "3-1"],
    ["XGROUP", "CREATE", "stream", "group", "0"],
    ["XGROUP", "CREATE", "stream", "idle", "$"],
    group,
    ["XGROUP", "CREATECONSUMER", "stream", "group", "bob"],
    ["XCLAIM", "stream", "group", "bob", "0", "4-1", "RETRYCOUNT", "7", "TIME", "1000"],
    ["XADD", "stream:empty", "5-5", "f", "v"],
    ["XTRIM", "stream:empty", "MAXLEN", "0"],
    ["SELECT", "15"],
    ["SET", "elsewhere", "here"],
    ["SELECT", "0"],
  ];
}

const ASKED: readonly string[][] = [
  ["DBSIZE"],
  ["GET", "string:integer"],
  ["GET", "string:binary"],
  ["STRLEN", "string:long"],
  ["OBJECT", "ENCODING", "string:integer"],
  ["OBJECT", "ENCODING", "string:long"],
  ["OBJECT", "ENCODING", "set:integers"],
  ["OBJECT", "ENCODING", "zset:small"],
  ["OBJECT", "ENCODING", "zset:large"],
  ["OBJECT", "ENCODING", "hash:small"],
  ["OBJECT", "ENCODING", "hash:large"],
  ["OBJECT", "ENCODING", "hash:expiring"],
  ["PEXPIRETIME", "ttl:near"],
  ["PEXPIRETIME", "ttl:far"],
  ["TTL", "string:short"],
  ["LRANGE", "list:small", "0", "-1"],
  ["LINDEX", "list:large", "-1"],
  ["ZRANGE", "zset:small", "0", "-1", "WITHSCORES"],
  ["ZSCORE", "zset:large", "member:100"],
  ["HPEXPIRETIME", "hash:expiring", "FIELDS", "3", "f", "g", "h"],
  ["XRANGE", "stream", "245-0", "+"],
  ["XINFO", "STREAM", "stream"],
  ["XINFO", "STREAM", "stream:empty"],
  ["XPENDING", "stream", "group"],
  ["XINFO", "GROUPS", "stream"],
];

/** A reply as JSON has it. */
export const asJson = (reply: unknown): unknown =>
  JSON.parse(
    JSON.stringify(reply, (_, value) => (typeof value === "bigint" ? String(value) : value)),
  );

export async function asked(client: Client): Promise<Golden> {
  const digest = String(plain(await client.command("DEBUG", "DIGEST")));
  const replies: [string[], unknown][] = [];
  for (const command of ASKED) {
    replies.push([command, asJson(plain(await client.command(...command)))]);
  }
  return { digest, replies };
}

async function make(): Promise<void> {
  const file = join(GOLDEN_FOLDER, `version-${SNAPSHOT_VERSION}.rusk`);
  if (existsSync(file)) throw new Error(`${file} is there already`);
  const server = await startServer({ args: ["--enable-debug-command", "yes"] });
  const client = await server.connect();
  for (const command of fill()) await client.command(...command);
  const golden = await asked(client);
  await client.command("SAVE");
  copyFileSync(join(server.dir, "dump.rdb"), file);
  writeFileSync(file.replace(".rusk", ".json"), `${JSON.stringify(golden, null, 2)}\n`);
  client.close();
  await server.stop();
}

if (import.meta.main) await make();
