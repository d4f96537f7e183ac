// Purpose: what a service manager is told (`supervised`), by stand-ins for systemd's socket.

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ruskCommand, type Server, type ServerOptions, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { ask } from "./ask.ts";
import { DatagramSocket, processState } from "./datagram_socket.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const LOADING = "STATUS=Rusk is loading...\n";
const READY = ["STATUS=Ready to accept connections\n", "READY=1\n"];
/** WATCHDOG_USEC: the timer tells it more often. */
const WATCHDOG = { WATCHDOG_USEC: "600000" };

const servers: Server[] = [];
const sockets: DatagramSocket[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const socket of sockets.splice(0)) socket.close();
});

let count = 0;

/** A socket that nothing has been sent to, and its path. */
function newSocket(isAbstract = false): [DatagramSocket, string] {
  const name = `notify-${process.pid}-${++count}`;
  const path = isAbstract ? `@rusk-${name}` : join(tmpdir(), name);
  const socket = new DatagramSocket(path);
  sockets.push(socket);
  return [socket, path];
}

async function start(options: ServerOptions): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

const supervisedOf = async (server: Server) =>
  /process_supervised:(\w+)/.exec(String(await ask(server, "INFO", "server")))?.[1];

describe("systemd", () => {
  const kinds: [string, readonly string[], boolean][] = [
    ["a path", ruskCommand(), false],
    ["an abstract socket", ruskCommand(), true],
  ];
  if (existsSync(DENO)) {
    const command = [DENO, "run", "-A", join(ROOT, "src/main.ts")];
    kinds.push(["an abstract socket, under Deno", command, true]);
  }

  test.each(kinds)("is told of start and end, at %s", async (_kind, command, isAbstract) => {
    const [socket, path] = newSocket(isAbstract);
    const args = ["--supervised", "systemd"];
    const server = await start({ command, args, env: { NOTIFY_SOCKET: path } });
    await until("READY=1", () => socket.received().includes("READY=1\n"));
    expect(socket.received()).toEqual([LOADING, ...READY]);
    expect(server.log()).toContain("* Supervised by systemd. Please make sure");
    expect(await supervisedOf(server)).toBe("systemd");
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(socket.received().slice(3)).toEqual(["STOPPING=1\n"]);
  });

  test("is found by auto; without its socket nobody is told", async () => {
    const [socket, path] = newSocket();
    const args = ["--supervised", "auto", "--loglevel", "verbose"];
    const server = await start({ args, env: { NOTIFY_SOCKET: path } });
    await until("READY=1", () => socket.received().includes("READY=1\n"));
    expect(server.log()).toContain("- Systemd supervision detected.");
    const alone = await start({ args, env: { NOTIFY_SOCKET: "" } });
    expect(await supervisedOf(alone)).toBe("no");
    const lost = await start({ args: ["--supervised", "systemd"], env: { NOTIFY_SOCKET: "" } });
    expect(lost.log()).toContain("# systemd supervision error: NOTIFY_SOCKET not found!");
    expect(await supervisedOf(lost)).toBe("no");
    const deaf = await start({ args, env: { NOTIFY_SOCKET: join(tmpdir(), "rusk-none") } });
    expect(deaf.log()).toContain("takes no messages");
  });

  test("hears while data are loaded, and that they are only when they are", async () => {
    const first = await start({ args: ["--enable-debug-command", "yes", "--dbfilename", "a.rdb"] });
    await ask(first, "DEBUG", "POPULATE", "3000");
    const [socket, path] = newSocket();
    await ask(first, "CONFIG", "SET", "save", "1 1");
    await ask(first, "SAVE");
    const args = ["--supervised", "systemd", "--dir", first.dir, "--dbfilename", "a.rdb"];
    const env = { NOTIFY_SOCKET: path };
    const server = await start({ args: [...args, "--key-load-delay", "300"], env });
    expect(await ask(server, "DBSIZE")).toBe(3000);
    const told = socket.received();
    expect(told[0]).toBe(LOADING);
    expect(told[1]).toMatch(/^STATUS=Rusk is loading: \d+%\nEXTEND_TIMEOUT_USEC=120000000\n$/);
    expect(told.slice(-2)).toEqual(READY);
  });

  test("is told why data cannot be loaded", async () => {
    const [socket, path] = newSocket();
    const dir = mkdtempSync(join(tmpdir(), "rusk-broken-"));
    writeFileSync(join(dir, "dump.rdb"), "REDIS0011 but no more");
    const args = ["--supervised", "systemd", "--dir", dir];
    const server = await startServer({ args, env: { NOTIFY_SOCKET: path }, noWait: true });
    servers.push(server);
    expect(await server.exited).toBe(1);
    expect(socket.received().at(-1)).toMatch(/^STATUS=Can't load dump.rdb: .*\n$/);
    rmSync(dir, { recursive: true });
  });

  test("hears from the watchdog's timer, unless another process is meant", async () => {
    const [socket, path] = newSocket();
    const args = ["--supervised", "systemd"];
    await start({ args, env: { NOTIFY_SOCKET: path, ...WATCHDOG } });
    const alive = () => socket.received().filter((each) => each === "WATCHDOG=1\n").length;
    await until("three signs of life", () => alive() >= 3);
    const [other, otherPath] = newSocket();
    await start({ args, env: { NOTIFY_SOCKET: otherPath, ...WATCHDOG, WATCHDOG_PID: "1" } });
    await Bun.sleep(700);
    expect(other.received()).toEqual([LOADING, ...READY]);
  });

  test("is asked for patience while a snapshot is written at once", async () => {
    const [socket, path] = newSocket();
    const args = ["--supervised", "systemd", "--enable-debug-command", "yes"];
    const server = await start({ args, env: { NOTIFY_SOCKET: path } });
    await ask(server, "DEBUG", "POPULATE", "1000");
    await ask(server, "SAVE");
    expect(socket.received()).toContain("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=120000000\n");
  });

  test("is told of the last snapshot, and of an end only when nothing can stop it", async () => {
    const [socket, path] = newSocket();
    const args = ["--supervised", "systemd", "--save", "1000 1"];
    const server = await start({ args, env: { NOTIFY_SOCKET: path } });
    await ask(server, "SET", "a", "1");
    rmSync(server.dir, { recursive: true });
    server.signal("SIGTERM");
    await until("the failure", () => socket.received().length > 4);
    const saving = "STATUS=Saving the final RDB snapshot\n";
    expect(socket.received().slice(3)).toEqual([
      saving,
      "STATUS=Error trying to save the DB, can't exit.\n",
    ]);
    await ask(server, "CONFIG", "SET", "save", "");
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(socket.received().slice(5)).toEqual(["STOPPING=1\n"]);
  });
});

describe("upstart", () => {
  test("sees the process stop, and has it go on", async () => {
    const args = ["--supervised", "upstart"];
    const server = await startServer({ args, env: { UPSTART_JOB: "rusk" }, noWait: true });
    servers.push(server);
    await until("it stops", () => processState(server.pid) === "T");
    expect(server.log()).toContain("* supervised by upstart, will stop to signal readiness.");
    server.signal("SIGCONT");
    await until("it goes on", () => server.log().includes("Ready to accept connections"));
    expect(await supervisedOf(server)).toBe("upstart");
  });

  test("that is not there is missed in the log", async () => {
    const server = await start({ args: ["--supervised", "upstart"], env: { UPSTART_JOB: "" } });
    expect(server.log()).toContain("# upstart supervision requested, but UPSTART_JOB not found!");
    expect(await supervisedOf(server)).toBe("no");
  });
});
