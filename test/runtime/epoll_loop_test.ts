// Purpose: the release's event loop (src/runtime/epoll_loop.ts) by itself; all tests of the server
// run on it as well.

import { expect, test } from "bun:test";
import { join } from "node:path";

const linux = test.skipIf(process.platform !== "linux");

linux("sockets, timers, ends of turns, errors and the runtime's own events", async () => {
  const scenarios = join(import.meta.dir, "epoll_scenarios.ts");
  const run = Bun.spawn([process.execPath, scenarios], { stdout: "pipe", stderr: "inherit" });
  expect(JSON.parse(await new Response(run.stdout).text())).toEqual({
    paused: "one",
    resumed: "onetwo",
    ended: [true, true, 0, 0],
    isShort: true,
    drains: true,
    order: ["4", "second 8", "12"],
    turns: ["first", "second", "third"],
    told: ["begins", "read", "read", "read", "ends", "read"],
    missingAddress: "EADDRNOTAVAIL",
    missingHost: "ENOTFOUND",
    longPath: "ENAMETOOLONG",
    wokenByWorker: true,
  });
});
