// Purpose: the real server where the real disk does not take what it should: files that may not
// grow any more (as on a full disk), folders that are none, files that are not sound.

import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "./binary.ts";

/** Files may have so many KiB. */
const LIMIT_KIB = 64;
const VALUE = "v".repeat(1000);
/** More than fit. */
const WRITES = 100;

const servers: Server[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "rusk-disk-"));
  folders.push(made);
  return made;
}

async function start(dir: string, limit: boolean, ...args: string[]): Promise<Server> {
  // The signal for a file that is too large is not to end the server.
  const limited = `trap '' XFSZ; ulimit -f ${LIMIT_KIB}; exec "$0" "$@"`;
  const command = [...(limit ? ["bash", "-c", limited] : []), ...binaryCommand()];
  const server = await startServer({ command, args: ["--dir", dir, ...args] });
  servers.push(server);
  return server;
}

/** What a server that is not to start says last. */
async function refusal(dir: string, ...args: string[]): Promise<string> {
  const server = await startServer({
    command: binaryCommand(),
    args: ["--dir", dir, ...args],
    noWait: true,
  });
  servers.push(server);
  expect(await server.exited).toBe(1);
  return server.log().trim().split("\n").pop() ?? "";
}

async function kill(server: Server): Promise<void> {
  server.signal("SIGKILL");
  await server.exited;
}

describe("a log that can not grow", () => {
  const misconf = "MISCONF Errors writing to the AOF file: File too large";
  const log = ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"];

  test("under everysec: writes are refused, reads go on, and what is there is whole", async () => {
    const dir = folder();
    const server = await start(dir, true, ...log, "--appendfsync", "everysec");
    const client = await server.connect();
    let count = 0;
    let last: unknown = "OK";
    while (last === "OK" && count < WRITES) {
      const reply = await client.command("SET", `key:${count}`, VALUE);
      last = reply.type === "error" ? reply.value : plain(reply);
      if (last === "OK") count++;
    }
    expect(last).toBe(misconf);
    expect(count).toBeGreaterThan(LIMIT_KIB / 2);
    expect(plain(await client.command("GET", "key:0"))).toBe(VALUE);
    client.close();
    await kill(server);
    const next = await start(dir, false, ...log);
    const found = await (await next.connect()).command("DBSIZE");
    // The first that fails is confirmed, as by Redis; those after it are not.
    expect(plain(found)).toBe(count - 1);
    expect(next.log()).not.toContain("short read");
  });

  test("under always: the server ends, and has all that it confirmed", async () => {
    const dir = folder();
    const server = await start(dir, true, ...log, "--appendfsync", "always");
    const client = await server.connect();
    for (let i = 0; i < WRITES; i++) client.send("SET", `key:${i}`, VALUE);
    let count = 0;
    try {
      while (plain(await client.reply()) === "OK") count++;
    } catch {
      // The connection is gone with the server.
    }
    expect(await server.exited).toBe(1);
    expect(server.log()).toContain("Error writing to the AOF file: File too large");
    client.close();
    const next = await start(dir, false, ...log);
    const found = plain(await (await next.connect()).command("DBSIZE")) as number;
    expect(found).toBeGreaterThanOrEqual(count);
    expect(found).toBeLessThan(WRITES);
  });
});

test("a snapshot that can not grow leaves the old one", async () => {
  const dir = folder();
  const server = await start(dir, true, "--save", "3600 1", "--rdbcompression", "no");
  const client = await server.connect();
  await client.command("SET", "key", "old");
  expect(plain(await client.command("SAVE"))).toBe("OK");
  for (let i = 0; i < WRITES; i++) await client.command("SET", `key:${i}`, VALUE);
  expect((await client.command("SAVE")).type).toBe("error");
  expect(plain(await client.command("BGSAVE"))).toBe("Background saving started");
  await until(
    "the save to fail",
    async () => (await client.command("SET", "other", "1")).type === "error",
  );
  const refused = await client.command("SET", "other", "1");
  expect(refused.type === "error" && refused.value).toStartWith(
    "MISCONF Redis is configured to save RDB snapshots",
  );
  client.close();
  await kill(server);
  const next = await start(dir, false);
  const again = await next.connect();
  expect(plain(await again.command("KEYS", "*"))).toEqual(["key"]);
});

describe("a folder in which nobody may write", () => {
  // Permissions do not keep root from writing; in /proc there is no place for a file.
  const isRoot = process.getuid?.() === 0;
  const dir = isRoot ? "/proc" : mkdtempSync(join(tmpdir(), "rusk-readonly-"));
  const reason = isRoot ? "No such file or directory" : "Permission denied";
  if (!isRoot) chmodSync(dir, 0o555);
  afterAll(() => {
    if (!isRoot) rmSync(dir, { recursive: true });
  });

  test("is refused by all that would write, and the data stay", async () => {
    const server = await start(dir, false, "--appendonly", "no");
    const client = await server.connect();
    const ask = async (...words: string[]) => {
      const reply = await client.command(...words);
      return reply.type === "error" ? reply.value : plain(reply);
    };
    expect(await ask("SET", "a", "1")).toBe("OK");
    expect(await ask("SAVE")).toBe("ERR");
    expect(await ask("BGSAVE")).toBe("ERR");
    expect(await ask("CONFIG", "SET", "appendonly", "yes")).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'appendonly') - " +
        "Unable to turn on AOF. Check server logs.",
    );
    expect(await ask("BGREWRITEAOF")).toBe(
      "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
        "information.",
    );
    expect(await ask("CONFIG", "GET", "appendonly")).toEqual(["appendonly", "no"]);
    expect(await ask("GET", "a")).toBe("1");
    const info = String(await ask("INFO", "persistence"));
    expect(info).toContain("rdb_last_bgsave_status:err\r\n");
    expect(info).toContain("aof_last_bgrewrite_status:err\r\n");
    expect(server.log()).toContain(`Error saving the DB to ${dir}/dump.rdb: ${reason}`);
    client.close();
  });

  test("is none to start a log in", async () => {
    expect(await refusal(dir, "--appendonly", "yes")).toEndWith(
      `Can't open or create append-only dir ${dir}/appendonlydir: ${reason}`,
    );
  });
});

test.each(["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"])(
  "%s without a manifest, as a log that was being begun leaves it, is kept",
  async (name) => {
    const dir = folder();
    const path = join(dir, "appendonlydir", name);
    mkdirSync(join(dir, "appendonlydir"));
    writeFileSync(path, "what was there");
    const server = await start(dir, false, "--appendonly", "yes");
    await server.session("> DBSIZE\n(integer) 0\n> SET a 1\nOK");
    const kept = readFileSync(`${path}.found`, "latin1");
    expect(kept).toBe("what was there");
    expect(server.log()).toContain("is not named by any manifest, and is kept as");
  },
);

describe("a server does not start, and says why,", () => {
  const log = ["--appendonly", "yes"];

  test("where the folder is missing", async () => {
    const dir = join(folder(), "missing");
    expect(await refusal(dir, ...log)).toContain("No such file or directory");
  });

  test("where the log's folder is a file", async () => {
    const dir = folder();
    writeFileSync(join(dir, "appendonlydir"), "");
    expect(await refusal(dir, ...log)).toEndWith(
      `Can't open or create append-only dir ${dir}/appendonlydir: File exists`,
    );
  });

  test("where the base is of a newer version", async () => {
    const dir = folder();
    mkdirSync(join(dir, "appendonlydir"));
    const manifest = "file appendonly.aof.1.base.rdb seq 1 type b\n";
    writeFileSync(join(dir, "appendonlydir/appendonly.aof.manifest"), manifest);
    writeFileSync(join(dir, "appendonlydir/appendonly.aof.1.base.rdb"), "REDIS0099\xff");
    expect(await refusal(dir, ...log)).toEndWith(
      "Can't load appendonly.aof.1.base.rdb: " +
        'RDB files of version "0099" are not known (at byte 9)',
    );
  });

  test("where the snapshot is of a newer version", async () => {
    const dir = folder();
    writeFileSync(join(dir, "dump.rdb"), "REDIS0099\xff");
    expect(await refusal(dir)).toContain("Can't load dump.rdb: RDB files of version");
  });

  test.each(["appendonly.aof.2.incr.aof", "appendonly.aof.2.base.rdb"])(
    "where %s is there, and no manifest",
    async (name) => {
      const dir = folder();
      const path = join(dir, "appendonlydir", name);
      mkdirSync(join(dir, "appendonlydir"));
      writeFileSync(path, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
      expect(await refusal(dir, ...log)).toEndWith(
        `The folder appendonlydir holds parts of an append only file (${name}) and no manifest ` +
          "that names them. Put the manifest back, or move them away, to start",
      );
      const server = await start(dir, false);
      const client = await server.connect();
      expect(plain(await client.command("CONFIG", "SET", "appendonly", "yes"))).toEqual(
        new Error(
          "ERR CONFIG SET failed (possibly related to argument 'appendonly') - " +
            "Unable to turn on AOF. Check server logs.",
        ),
      );
      client.close();
      expect(readFileSync(path, "latin1")).toStartWith("*3\r\n$3\r\nSET");
    },
  );

  test("where a file of the manifest is missing", async () => {
    const dir = folder();
    mkdirSync(join(dir, "appendonlydir"));
    const manifest = "file appendonly.aof.1.incr.aof seq 1 type i\n";
    writeFileSync(join(dir, "appendonlydir/appendonly.aof.manifest"), manifest);
    expect(await refusal(dir, ...log)).toEndWith(
      "Can't open the append log file appendonly.aof.1.incr.aof to read it: " +
        "No such file or directory",
    );
  });
});
