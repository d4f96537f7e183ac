// Purpose: what the server rehearses after its start are commands that succeed, and nothing of it
// is to be seen; which pages of the program may be given back.

import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figures as arenaFigures } from "../../src/arena/arena.ts";
import { localTimeOf } from "../../src/base/log.ts";
import type { GroupName } from "../../src/calls/command.ts";
import { commandTable } from "../../src/commands/all.ts";
import { unwrittenMappings } from "../../src/runtime/code_pages.ts";
import { openForeign } from "../../src/runtime/foreign.ts";
import type { Host } from "../../src/runtime/host.ts";
import { openLocalTime } from "../../src/runtime/local_time.ts";
import type { Socket } from "../../src/runtime/net.ts";
import { rehearse } from "../../src/server/rehearsal.ts";
import { SCENES } from "../../src/server/rehearsal_scenes.ts";
import { Stage } from "../../src/server/rehearsal_stage.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server | null = null;
const folders: string[] = [];
afterEach(async () => {
  await server?.stop();
  server = null;
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
});

test("every command that is rehearsed succeeds, but the script that is undone", async () => {
  server = await startServer();
  const client = await server.connect();
  const failed: string[] = [];
  for (const { made, calls } of SCENES) {
    for (const command of [...made, ...calls, ...calls]) {
      const reply = await client.command(...command.split(" "));
      if (reply instanceof Error) failed.push(`${command.slice(0, 20)} ${reply.message}`);
    }
    await client.command("FLUSHDB");
  }
  expect(failed.filter((each) => !each.includes("undone"))).toEqual([]);
});

test("a server that has rehearsed holds nothing of it", async () => {
  server = await startServer({ command: binaryCommand() });
  const client = await server.connect();
  await Bun.sleep(500);
  await until("its data are gone", async () => {
    const info = String(plain(await client.command("INFO", "memory")));
    return Number(/^used_memory:(\d+)/m.exec(info)?.[1]) < 64 << 10;
  });
  expect(plain(await client.command("DBSIZE"))).toBe(0);
  expect(String(plain(await client.command("INFO", "commandstats")))).not.toContain("cmdstat_zadd");
  expect(String(plain(await client.command("INFO", "stats")))).toContain(
    "keyspace_hits:0\r\nkeyspace_misses:0\r\n",
  );
});

test("mappings of files are given back unless they can be written, or were", () => {
  const mapping = (head: string, anonymous: number) =>
    `${head}\nSize:  4 kB\nRss:  4 kB\nAnonymous:      ${anonymous} kB\nVmFlags: rd ex\n`;
  const smaps = [
    mapping("00200000-01a39000 r--p 00000000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("01a40000-0684a000 r-xp 01838000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("06850000-06860000 r--p 05000000 fe:00 2211868    /usr/bin/rusk", 64),
    mapping("06867000-072b5000 rw-p 0665e000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("7fed1d7f2000-7fed5d7f2000 r-xp 00000000 00:00 0 ", 0),
  ].join("");
  expect(unwrittenMappings(smaps)).toEqual([
    [0x200000, 0x1a39000],
    [0x1a40000, 0x684a000],
  ]);
});

test("the C library's local time is that of JavaScript's dates", async () => {
  const localTime = openLocalTime(await openForeign());
  if (localTime === null) return;
  for (const ms of [0, 951_782_400_000, 1_800_000_000_123, 2_500_000_000_999]) {
    expect(localTime(ms)).toEqual(localTimeOf(ms));
  }
});

const HOST = {
  pid: 1,
  supervisor: { name: "no" },
  secretWords: (count: number) => new Uint32Array(count),
} as Partial<Host> as Host;

/** What has been thrown in it must not get to the loop. */
test("a scene that throws ends the rehearsal, and nothing else", () => {
  const { usedSize } = arenaFigures();
  let due: (() => void)[] = [];
  const parts = {
    table: commandTable,
    host: HOST,
    time: { wallMs: () => 1, wallUs: () => 1000, monotonicMs: () => 1 },
    loop: {
      endOfTurn: (run: () => void) => void due.push(run),
      later: (_: number, run: () => void) => {
        due.push(run);
        return () => {};
      },
    },
  };
  for (const last of [
    "",
    "*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n",
    "*1\r\n$4\r\nSAVE\r\n",
    null,
  ]) {
    const stage = new Stage(parts);
    const sent = `*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n${last ?? ""}`;
    let unread = new TextEncoder().encode(sent);
    const events = stage.accept({
      read(into: Uint8Array, offset: number) {
        if (last === null) throw new Error("the system does not read");
        into.set(unread, offset);
        const { length } = unread;
        unread = new Uint8Array(0);
        return length;
      },
      write: (_bytes: Uint8Array, _offset: number, size: number) => size,
      destroy() {},
      end() {},
      pause() {},
      resume() {},
    } as unknown as Socket);
    events.readable();
    for (let round = 0; round < 10; round++) {
      const now = due;
      due = [];
      for (const run of now) run();
    }
    if (last === null) expect(stage.isOver).toBe(true);
    stage.end();
    expect(stage.isOver).toBe(true);
    events.closed();
  }
  expect(arenaFigures().usedSize).toBe(usedSize);
});

/** Runs a rehearsal step by step, without a server: what it sends is counted. */
function watchedRehearsal() {
  let due: (() => void)[] = [];
  let sent = "";
  let commandCount = 0;
  const callCounts = new Map<GroupName, number>();
  const over = { count: 0 };
  const work = { isBusy: false };
  const socket = {
    write(bytes: Uint8Array, offset: number, size: number) {
      sent += new TextDecoder().decode(bytes.subarray(offset, offset + size));
      return size;
    },
    destroy() {},
    end() {},
  } as unknown as Socket;
  type Accept = (of: Socket) => unknown;
  const tick = rehearse({
    table: commandTable,
    host: HOST,
    time: { wallMs: () => 1, wallUs: () => 1000, monotonicMs: () => 1 },
    loop: {
      endOfTurn: (run) => void due.push(run),
      later: (_, run) => {
        due.push(run);
        return () => {};
      },
      pair: () => [
        (accept: Accept) => void accept(socket),
        (accept: Accept) => void accept(socket),
      ],
    },
    commandCount: () => commandCount,
    callCounts: () => callCounts,
    isBusy: () => work.isBusy,
    over: () => void over.count++,
  });
  return {
    over,
    tick,
    /** How many times something is to be done without a tick. */
    get dueCount() {
      return due.length;
    },
    set isBusy(value: boolean) {
      work.isBusy = value;
    },
    call(group: GroupName, count: number) {
      callCounts.set(group, (callCounts.get(group) ?? 0) + count);
      commandCount += count;
    },
    /** How often each of these has been sent since the last time. */
    play(...words: string[]): number[] {
      for (let round = 0; round < 1000; round++) {
        tick();
        const now = due;
        due = [];
        for (const run of now) run();
      }
      const counts = words.map((word) => sent.split(`\r\n${word}\r\n`).length - 1);
      sent = "";
      return counts;
    },
  };
}

test("what clients have begun to use is rehearsed well, once, and the rest a little", () => {
  const { over, call, play } = watchedRehearsal();
  expect(play("HGETALL", "XADD", "SORT")).toEqual([8, 40, 16]);
  expect(over.count).toBe(1);
  call("hash", 99);
  expect(play("HGETALL", "XADD", "SORT")).toEqual([0, 0, 0]);
  call("hash", 1);
  expect(play("HGETALL", "XADD", "SORT")).toEqual([63 * 4, 0, 63 * 8]);
  call("hash", 100_000);
  expect(play("HGETALL", "XADD", "SORT")).toEqual([0, 0, 0]);
  call("stream", 1000);
  expect(play("HGETALL", "XADD", "SORT")).toEqual([0, 63 * 20, 0]);
  expect(over.count).toBe(1);
});

test("an idle server is not woken by a rehearsal that is over, before clients come", () => {
  const watched = watchedRehearsal();
  watched.play();
  expect(watched.dueCount).toBe(0);
  for (let i = 0; i < 100; i++) watched.tick();
  expect(watched.dueCount).toBe(0);
  watched.call("hash", 1);
  watched.tick();
  expect(watched.dueCount).toBe(1);
  expect(watched.play("HGETALL")).toEqual([0]);
  expect(watched.dueCount).toBe(0);
});

test("a rehearsal that has to wait for work of the server does so without waking it", () => {
  const watched = watchedRehearsal();
  watched.isBusy = true;
  expect(watched.play("HGETALL")).toEqual([0]);
  expect(watched.dueCount).toBe(0);
  watched.isBusy = false;
  expect(watched.play("HGETALL")).toEqual([8]);
});

/** Files of a folder, with their content, but the log of the server. */
function filesOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const each of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(each.parentPath, each.name);
    if (each.isFile() && each.name !== "stdout.log") found[path] = readFileSync(path, "latin1");
  }
  return found;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rusk-rehearsal-"));
  folders.push(folder);
  return folder;
}

const figureOf = (info: string, name: string) =>
  new RegExp(`^${name}:(.*)\r$`, "m").exec(info)?.[1] ?? "";

describe.each(["no", "yes"])("of a server with appendonly %s, and all that it may have", (log) => {
  const settings = (dir: string) => [
    ...["--dir", dir, "--appendonly", log, "--aclfile", join(dir, "users.acl")],
    ...["--save", "1 1", "--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"],
    ...["--notify-keyspace-events", "KEA", "--rename-command", "FLUSHDB", "", "--activedefrag"],
    ...["yes", "--slowlog-log-slower-than", "0", "--latency-monitor-threshold", "500"],
    ...["--loglevel", "debug"],
  ];

  /** A server that has data of one before, in a folder of its own. */
  async function startAgain(): Promise<string> {
    const dir = newFolder();
    writeFileSync(join(dir, "users.acl"), "user default on nopass ~* &* +@all\n");
    const first = await startServer({ command: binaryCommand(), args: settings(dir) });
    const client = await first.connect();
    for (let i = 0; i < 100; i++) await client.command("SET", `mine:${i}`, String(i));
    await client.command("SHUTDOWN", ...(log === "yes" ? [] : ["SAVE"])).catch(() => {});
    await first.exited;
    await first.stop();
    return dir;
  }

  test("nothing is left of it", async () => {
    const dir = await startAgain();
    server = await startServer({ command: binaryCommand(), args: settings(dir) });
    const files = filesOf(dir);
    const logged = server.log();
    await Bun.sleep(1500);
    expect(server.log()).toBe(logged);
    expect(filesOf(dir)).toEqual(files);
    const client = await server.connect();
    const info = String(plain(await client.command("INFO", "everything")));
    expect(plain(await client.command("DBSIZE"))).toBe(100);
    for (const name of ["keyspace_hits", "keyspace_misses", "expired_keys", "evicted_keys"]) {
      expect([name, figureOf(info, name)]).toEqual([name, "0"]);
    }
    expect(figureOf(info, "rdb_changes_since_last_save")).toBe("0");
    expect(figureOf(info, "connected_clients")).toBe("1");
    expect(info).not.toContain("cmdstat_set:");
    expect(info).not.toContain("errorstat_");
    expect(plain(await client.command("ACL", "LOG"))).toEqual([]);
    expect(plain(await client.command("LATENCY", "LATEST"))).toEqual([]);
    // maxmemory is in force still.
    for (let i = 0; i < 12; i++) await client.command("SET", `large:${i}`, "x".repeat(1 << 20));
    const after = String(plain(await client.command("INFO", "everything")));
    expect(Number(figureOf(after, "evicted_keys"))).toBeGreaterThan(0);
    // What the log has still to write does not count.
    const uncounted = Number(figureOf(after, "mem_not_counted_for_evict"));
    expect(Number(figureOf(after, "used_memory")) - uncounted).toBeLessThan(10 << 20);
  }, 60_000);

  test("a client that works meanwhile has its data, and the next server has them", async () => {
    const dir = await startAgain();
    server = await startServer({ command: binaryCommand(), args: settings(dir) });
    const client = await server.connect();
    for (let i = 0; i < 300; i++) {
      expect(plain(await client.command("INCR", "counter"))).toBe(i + 1);
      expect(plain(await client.command("GET", `mine:${i % 100}`))).toBe(String(i % 100));
      await Bun.sleep(i % 8);
    }
    expect(plain(await client.command("DBSIZE"))).toBe(101);
    await client.command("SHUTDOWN", ...(log === "yes" ? [] : ["SAVE"])).catch(() => {});
    await server.exited;
    await server.stop();
    server = await startServer({ command: binaryCommand(), args: settings(dir) });
    const next = await server.connect();
    expect(plain(await next.command("DBSIZE"))).toBe(101);
    expect(plain(await next.command("GET", "counter"))).toBe("300");
  }, 60_000);
});
