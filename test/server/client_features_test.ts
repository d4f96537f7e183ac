// Purpose: what a client has beyond its connection is told when the client leaves, once, however it
// does, and when it is reset; what is registered in src/server/client_features.ts is given up then.

import { expect, test } from "bun:test";
import { type Client, Silence } from "../../src/calls/client.ts";
import type { ClientFeature } from "../../src/calls/client_feature.ts";
import { KeySlot } from "../../src/keyspace/observers.ts";
import { InnerClient, innerServer } from "../persistence/inner_server.ts";

/** Notes what it is told, by the client's id. */
class Counter implements ClientFeature {
  readonly told: string[] = [];

  left({ id }: Client): void {
    this.told.push(`left ${id}`);
  }

  reset({ id }: Client): void {
    this.told.push(`reset ${id}`);
  }
}

function openWorld(...args: string[]) {
  const ends: (() => void)[] = [];
  const server = innerServer({
    seed: 1,
    args,
    nowMs: () => 1_700_000_000_000,
    loop: { endOfTurn: (run) => void ends.push(run), later: () => () => {} },
  });
  const counter = new Counter();
  server.clients.addFeature(counter);
  const connect = () =>
    new InnerClient(server, () => {
      for (let run = ends.shift(); run !== undefined; run = ends.shift()) run();
    });
  return { server, told: counter.told, connect };
}

test("RESET is told while the client stays", () => {
  const { told, connect } = openWorld();
  const client = connect();
  expect(client.run("RESET")).toBe("+RESET\r\n");
  expect(told).toEqual(["reset 1"]);
  client.close();
  expect(told).toEqual(["reset 1", "left 1"]);
});

test("a client leaves once, however it does", () => {
  const { told, connect } = openWorld();
  const [first, second, third, last] = Array.from({ length: 4 }, connect);
  first.close();
  first.close();
  expect(told.splice(0)).toEqual(["left 1"]);
  expect(last.run("CLIENT", "KILL", "ID", second.id)).toBe(":1\r\n");
  second.close();
  expect(told.splice(0)).toEqual(["left 2"]);
  third.run("MULTI");
  third.run("SET", "k", "v");
  third.close();
  expect(told.splice(0)).toEqual(["left 3"]);
  // Itself, in the midst of a command.
  last.run("CLIENT", "KILL", "ID", last.id, "SKIPME", "no");
  last.close();
  expect(told).toEqual(["left 4"]);
});

test("the end of a client that is blocked, paused, watching and monitoring leaves nothing", () => {
  const { server, connect } = openWorld();
  const [blocked, paused, watching, monitoring, other] = Array.from({ length: 5 }, connect);
  blocked.run("BLPOP", "list", "0");
  watching.run("WATCH", "k");
  monitoring.run("MONITOR");
  other.run("CLIENT", "PAUSE", "1000", "WRITE");
  paused.run("SET", "k", "v");
  expect(server.figures.blockedClients).toBe(2);
  expect(server.keyspace.observers.has(KeySlot.watches)).toBe(true);
  expect(server.dispatcher.monitors.active).toBe(true);
  for (const client of [blocked, paused, watching, monitoring]) client.close();
  expect(server.figures.blockedClients).toBe(0);
  expect(server.keyspace.observers.has(KeySlot.watches)).toBe(false);
  expect(server.dispatcher.monitors.active).toBe(false);
  // Nobody that is gone is let go on.
  expect(other.run("CLIENT", "UNPAUSE")).toBe("+OK\r\n");
  expect(other.run("LPUSH", "list", "a")).toBe(":1\r\n");
});

/** What a client keeps at RESET: all else is as in one that has just connected. */
const KEPT_AT_RESET = new Set([
  "changeMark",
  "shownMark",
  "lastCommand",
  // The room of its last transaction, for the next one.
  "spareQueue",
]);

test("a client that is reset is as one that has just connected", () => {
  const { server, connect } = openWorld("--requirepass", "secret");
  server.access.setPassword("secret");
  const inner = connect();
  const { client } = inner.connection;
  const fresh = { ...client };
  inner.run("AUTH", "secret");
  for (const words of [
    ["HELLO", "3"],
    ["CLIENT", "SETNAME", "somebody"],
    ["CLIENT", "NO-TOUCH", "on"],
    ["SELECT", "3"],
    ["WATCH", "k"],
    ["SET", "k", "v"],
    ["MULTI"],
    ["GET", "k"],
  ]) {
    expect(inner.run(...words)).not.toStartWith("-");
  }
  client.setSilence(Silence.off);
  expect(client.queue).not.toBeNull();
  expect(client.dirty).toBe(true);
  expect(inner.run("RESET")).toBe("+RESET\r\n");
  const after = { ...client };
  for (const key of Object.keys(after)) {
    if (KEPT_AT_RESET.has(key)) continue;
    expect([key, Reflect.get(after, key)]).toEqual([key, Reflect.get(fresh, key)]);
  }
  expect(client.watched).toEqual([]);
  expect(inner.run("GET", "k")).toBe("-NOAUTH Authentication required.\r\n");
});
