// Purpose: who is idle for longer than `timeout` is closed, in seconds of the clock as in Redis.

import { expect, test } from "bun:test";
import type { Client } from "../../src/calls/client.ts";
import {
  ClientRegistry,
  type RegisteredConnection,
  type RegistryHost,
} from "../../src/server/client_registry.ts";

const HOST = { log: () => {} } as unknown as RegistryHost;

test.each([
  [0, 5_000, 9_000_000, false],
  [1, 5_000, 6_999, false],
  [1, 5_999, 6_999, false],
  [1, 5_999, 7_000, true],
  [3, 5_500, 8_999, false],
  [3, 5_500, 9_000, true],
])("timeout %d: active at %d ms, at %d ms closed: %p", (timeout, activeMs, nowMs, isClosed) => {
  const registry = new ClientRegistry(HOST);
  let kills = 0;
  const client = { id: 1, monitoring: false, subscribed: false, blocked: null };
  registry.add({
    client: client as unknown as Client,
    lastActiveMs: activeMs,
    kill: () => kills++,
  } as unknown as RegisteredConnection);
  registry.closeIdle(timeout, nowMs);
  expect(kills).toBe(isClosed ? 1 : 0);
});
