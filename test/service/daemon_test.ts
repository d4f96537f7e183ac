// Purpose: a server in the background (`daemonize`), its pid file, and who may read its files.

import { afterEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { freePort, ruskCommand, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
/** Permissions of everybody but the owner. */
const OTHERS = 0o077;

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    const pid = pidIn(folder);
    if (pid > 0 && existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rusk-daemon-"));
  folders.push(folder);
  return folder;
}

const pidIn = (folder: string) =>
  existsSync(join(folder, "a.pid")) ? Number(readFileSync(join(folder, "a.pid"), "latin1")) : 0;

async function ask(port: number, ...words: string[]): Promise<unknown> {
  const client = await connect({ host: "127.0.0.1", port });
  const value = plain(await client.command(...words));
  client.close();
  return value;
}

/** A configuration file in the folder, with a port; both. */
async function configIn(folder: string): Promise<[file: string, port: number]> {
  const port = await freePort();
  const lines = [`port ${port}`, "daemonize yes", "pidfile a.pid", "logfile a.log", 'save ""'];
  writeFileSync(join(folder, "a.conf"), `${lines.join("\n")}\n`);
  return ["a.conf", port];
}

async function ready(folder: string): Promise<number> {
  const log = () => readFileSync(join(folder, "a.log"), "latin1");
  await until("a process id", () => pidIn(folder) > 0);
  await until("it is ready", () => log().includes("Ready to accept connections"));
  return pidIn(folder);
}

describe("in the background", () => {
  const kinds: [string, string[]][] = [["as built", ruskCommand()]];
  if (existsSync(DENO)) kinds.push(["Deno", [DENO, "run", "-A", join(ROOT, "src/main.ts")]]);

  test.each(kinds)("%s: a session of its own, without a terminal", async (_kind, command) => {
    const folder = newFolder();
    const [file, port] = await configIn(folder);
    const [program, ...args] = [...command, file];
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    // A script goes on with it at once.
    expect(await ask(port, "PING")).toBe("PONG");
    const pid = await ready(folder);
    expect(await ask(port, "CONFIG", "GET", "dir")).toEqual(["dir", folder]);
    expect(String(await ask(port, "INFO", "server"))).toContain(`process_id:${pid}\r\n`);
    expect(String(await ask(port, "INFO", "server"))).toContain(`config_file:${folder}/${file}`);
    const [, session] = /^\S+ \S+ \S+ (\d+)/.exec(
      readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1],
    ) as string[];
    expect(Number(session)).toBe(pid);
    for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe("/dev/null");
    process.kill(pid, "SIGTERM");
    await until("it has ended", () => !existsSync(`/proc/${pid}`));
    expect(existsSync(join(folder, "a.pid"))).toBe(false);
  });

  test("reads the configuration that came on standard input", async () => {
    const folder = newFolder();
    const [file, port] = await configIn(folder);
    const [program, ...args] = [...ruskCommand(), "-", "--timeout", "77"];
    const input = readFileSync(join(folder, file));
    expect(spawnSync(program, args, { cwd: folder, input }).status).toBe(0);
    await ready(folder);
    expect(await ask(port, "CONFIG", "GET", "timeout")).toEqual(["timeout", "77"]);
    await ask(port, "SHUTDOWN", "NOSAVE").catch(() => {});
    await until("it has ended", () => pidIn(folder) === 0);
  });

  test("its pid file is gone after a crash as well", async () => {
    const folder = newFolder();
    const [file] = await configIn(folder);
    const [program, ...args] = [...ruskCommand(), file];
    expect(spawnSync(program, args, { cwd: folder }).status).toBe(0);
    const pid = await ready(folder);
    process.kill(pid, "SIGABRT");
    await until("it has ended", () => !existsSync(`/proc/${pid}`));
    expect(existsSync(join(folder, "a.pid"))).toBe(false);
    expect(readFileSync(join(folder, "a.log"), "latin1")).toContain("crashed by signal: 6");
  });

  test("a port that is taken is told before, too", async () => {
    const folder = newFolder();
    const [file, port] = await configIn(folder);
    const taken = createServer().listen(port, "127.0.0.1");
    await once(taken, "listening");
    const [program, ...args] = [...ruskCommand(), file, "--bind", "127.0.0.1"];
    const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    taken.close();
    expect(status).toBe(1);
    expect(stderr).toBe(
      "The server cannot be started in the background: " +
        "Error: it has ended before it listened, see its log\n",
    );
    expect(readFileSync(join(folder, "a.log"), "latin1")).toContain("Failed listening on port");
  });

  test("a configuration that will not do is told before", () => {
    const folder = newFolder();
    const [program, ...args] = [...ruskCommand(), "--daemonize", "yes", "--timeout", "x"];
    const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("FATAL CONFIG FILE ERROR");
  });
});

test("all files heed the umask", async () => {
  const folder = newFolder();
  const files = ["--logfile", "a.log", "--pidfile", "a.pid", "--unixsocket", "a.sock"];
  writeFileSync(join(folder, "a.conf"), "", { mode: 0o600 });
  const server = await startServer({
    command: ["sh", "-c", 'umask 077; exec "$@"', "sh", ...ruskCommand(), join(folder, "a.conf")],
    args: ["--dir", folder, "--appendonly", "yes", ...files],
  });
  await ask(server.port, "SET", "a", "b");
  for (const words of [["SAVE"], ["CONFIG", "REWRITE"]]) await ask(server.port, ...words);
  const made = readdirSync(folder, { recursive: true, encoding: "utf8" });
  expect(made.length).toBeGreaterThan(8);
  const open = made.filter((name) => (statSync(join(folder, name)).mode & OTHERS) !== 0);
  expect(open).toEqual([]);
  await server.stop();
});
