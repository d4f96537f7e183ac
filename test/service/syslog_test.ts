// Purpose: the system's log gets what the server logs, in the form that it reads.

import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "../../src/base/log.ts";
import { openDatagrams } from "../../src/runtime/datagrams.ts";
import { syslogOf } from "../../src/server/syslog.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { DatagramSocket } from "./datagram_socket.ts";

test("messages go to the system's log with facility, severity, time and name", async () => {
  const path = join(tmpdir(), `rusk-syslog-${process.pid}`);
  const socket = new DatagramSocket(path);
  const datagrams = await openDatagrams();
  if (datagrams === null) throw new Error("there is no C library");
  const nowMs = () => new Date(2026, 0, 2, 3, 4, 5).getTime();
  const lines: string[] = [];
  const log = new Log(77, nowMs, (line) => void lines.push(line));
  const config = configOf(fakeHost(), "--syslog-ident", "mine", "--syslog-facility", "local3");
  log.also = syslogOf(config, datagrams, 77, nowMs, path);
  log.add("warning", "first");
  log.add("notice", "second");
  log.add("verbose", "not at this level");
  log.raw("only in the file");
  expect(socket.received()).toEqual([
    "<156>Jan  2 03:04:05 mine[77]: first",
    "<157>Jan  2 03:04:05 mine[77]: second",
  ]);
  expect(lines).toHaveLength(3);
  log.also = syslogOf(
    configOf(fakeHost(), "--syslog-facility", "user"),
    datagrams,
    77,
    nowMs,
    path,
  );
  log.level = "debug";
  log.add("debug", "third");
  expect(socket.received()[2]).toBe("<15>Jan  2 03:04:05 redis[77]: third");
  socket.close();
  // Nobody is there any more: the log goes on.
  log.add("warning", "fourth");
  expect(lines.at(-1)).toBe("77:M 02 Jan 2026 03:04:05.000 # fourth\n");
});

test("a logger that is behind does not hold the server up", async () => {
  const path = join(tmpdir(), `rusk-slow-syslog-${process.pid}`);
  const socket = new DatagramSocket(path);
  const datagrams = await openDatagrams();
  let sent = 0;
  while (datagrams?.send(path, "x".repeat(1000), true) === true && sent < 100_000) sent++;
  expect(sent).toBeLessThan(100_000);
  socket.close();
});
