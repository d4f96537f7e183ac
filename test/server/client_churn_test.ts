// Purpose: clients in every state (blocked, paused, in a transaction, subscribed, monitoring,
// tracking, silent, of another user, killed, evicted) that come and go at random: the server lives,
// and when all are gone nothing is left of them. CHURN_SEED=... does the same again.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { plain, requestOf, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { Random } from "../fuzz/random.ts";

const SEED = Number(process.env.CHURN_SEED ?? Date.now());
const STEPS = 6000;
const CLIENTS = 20;
const BIG = Buffer.alloc(200_000, "x");
const SCRIPT =
  'for (let i = 0; i < 50; i++) redis.call("INCR", "n"); redis.call("PUBLISH", "c1", "x")';

let server: Server;
const chance = new Random(SEED);

beforeAll(async () => {
  server = await startServer({
    args: ["--appendonly", "yes", "--appendfsync", "always", "--notify-keyspace-events", "KEA"],
  });
});

afterAll(async () => {
  await server?.stop();
});

/** Ids that clients may have. */
let lastId = 1;
const id = () => `${chance.between(Math.max(1, lastId - 2 * CLIENTS), lastId + 1)}`;
const key = () => `k${chance.below(8)}`;
const channel = () => `c${chance.below(4)}`;
const one = <T>(...words: T[]) => chance.pick(words);

const COMMANDS: readonly (() => Word[])[] = [
  () => ["SET", key(), one<Word>("1", BIG)],
  () => ["GET", key()],
  () => ["BLPOP", `l${key()}`, one("0", "0.05")],
  () => ["LPUSH", `l${key()}`, "a", "b"],
  () => ["XREAD", "BLOCK", "50", "STREAMS", `s${key()}`, "$"],
  () => ["MULTI"],
  () => ["EXEC"],
  () => ["DISCARD"],
  () => ["WATCH", key(), key()],
  () => ["SUBSCRIBE", channel(), channel()],
  () => ["UNSUBSCRIBE"],
  () => ["PSUBSCRIBE", "c*", "__key*"],
  () => ["SSUBSCRIBE", channel()],
  () => ["PUBLISH", channel(), one<Word>("m", BIG)],
  () => ["SPUBLISH", channel(), "m"],
  () => ["MONITOR"],
  () => ["RESET"],
  () => ["HELLO", one("2", "3")],
  () => ["CLIENT", "TRACKING", "ON"],
  () => ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "k"],
  () => ["CLIENT", "TRACKING", "ON", "REDIRECT", id()],
  () => ["CLIENT", "TRACKING", "OFF"],
  () => ["CLIENT", "REPLY", one("ON", "OFF", "SKIP")],
  () => ["CLIENT", "PAUSE", `${chance.below(20)}`, one("WRITE", "ALL")],
  () => ["CLIENT", "UNPAUSE"],
  () => ["CLIENT", "KILL", "ID", id(), "SKIPME", one("yes", "no")],
  () => ["CLIENT", "UNBLOCK", id(), one("TIMEOUT", "ERROR")],
  () => ["CLIENT", "NO-EVICT", one("on", "off")],
  () => ["CLIENT", "LIST"],
  () => ["EVAL", SCRIPT, "0"],
  () => ["CONFIG", "SET", "maxmemory-clients", one("0", "20mb", "1mb")],
  () => ["CONFIG", "SET", "client-output-buffer-limit", one("pubsub 1mb 0 0", "normal 5mb 0 0")],
  () => ["FLUSHALL"],
  () => ["SELECT", one("0", "1")],
  () => ["PEXPIRE", key(), "3"],
  () => ["ACL", "SETUSER", "u", "on", "nopass", one("+@all", "-@pubsub"), "~*", one("&*", "&c1")],
  () => ["ACL", "DELUSER", "u"],
  () => ["AUTH", "u", "x"],
  () => ["QUIT"],
];

/** A connection of which nothing is expected; some do not read. */
function open(): Socket {
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  if (chance.chance(0.8)) socket.resume();
  lastId++;
  return socket;
}

function send(socket: Socket): void {
  const count = one(1, 1, 1, 3, 10);
  const bytes = Buffer.concat(
    Array.from({ length: count }, () => requestOf(chance.pick(COMMANDS)())),
  );
  socket.write(chance.chance(0.02) ? bytes.subarray(0, chance.below(30)) : bytes);
}

test(`nothing is left of them (CHURN_SEED=${SEED})`, async () => {
  const sockets: Socket[] = [];
  for (let step = 0; step < STEPS; step++) {
    if (sockets.length < CLIENTS) sockets.push(open());
    const at = chance.below(sockets.length);
    const socket = sockets[at];
    if (socket.destroyed || chance.chance(0.02)) {
      socket.destroy();
      sockets.splice(at, 1);
    } else {
      send(socket);
    }
    if (step % 8 === 0) await Bun.sleep(1);
  }
  for (const socket of sockets) socket.destroy();
  const admin = await server.connect();
  const info = async () => String(plain(await admin.command("INFO", "everything")));
  const figure = (text: string, name: string) =>
    Number(new RegExp(`^${name}:(\\d+)\\r$`, "m").exec(text)?.[1]);
  await until("all to be gone", async () => figure(await info(), "connected_clients") === 1);
  const text = await info();
  for (const name of [
    "blocked_clients",
    "clients_in_timeout_table",
    "tracking_clients",
    "tracking_total_prefixes",
    "pubsub_channels",
    "pubsub_patterns",
  ]) {
    expect(`${name} ${figure(text, name)}`).toBe(`${name} 0`);
  }
  expect(figure(text, "mem_clients_normal")).toBeLessThan(100_000);
  admin.close();
});
