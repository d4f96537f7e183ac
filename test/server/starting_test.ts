// Purpose: how a start goes: configuration files that cannot be read or mean nothing, the log and
// its form, the files that a server makes and removes, and the ways it ends.

import { afterEach, describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plain } from "../client/resp.ts";
import { ruskCommand, type Server, type ServerOptions, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

/** A signal is sent so often until it comes before the server listens. */
const EARLY_SIGNALS_MAX = 20;

const folders: string[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rusk-start-"));
  folders.push(folder);
  return folder;
}

/** Writes a file of its own folder; its path. */
function fileOf(text: string, name = "redis.conf"): string {
  const path = join(newFolder(), name);
  writeFileSync(path, text, "latin1");
  return path;
}

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

/** Starts a server with a configuration file before all other arguments. */
const startWith = (file: string, options: ServerOptions = {}) =>
  start({ ...options, command: [...ruskCommand(), file] });

/** The exit code and all output of a start that must not succeed. */
async function refusal(...args: string[]): Promise<[code: number | string, output: string]> {
  const server = await start({ command: [...ruskCommand(), ...args], noWait: true });
  return [await server.exited, server.log()];
}

const ask = async (server: Server, ...words: string[]) => {
  const client = await server.connect();
  const value = plain(await client.command(...words));
  client.close();
  return value;
};

describe("configuration files", () => {
  test("an unknown directive stops the start with file, line and reason", async () => {
    const file = fileOf("# first\nport 0\n\nnosuch 1\n");
    expect(await refusal(file)).toEqual([
      1,
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n" +
        `Reading the configuration file, at line 4 of ${file}\n>>> 'nosuch 1'\n` +
        "Bad directive or wrong number of arguments\n",
    ]);
  });

  test.each([
    ["timeout x", "argument couldn't be parsed into an integer"],
    ["timeout 1 2", "wrong number of arguments"],
    ['requirepass "a', "Unbalanced quotes in configuration line"],
    ["maxmemory 1zb", "argument must be a memory value"],
    ["rename-command NOSUCH x", "No such command in rename-command"],
    ["user alice on +get nosuch", "Error in user declaration 'on': Syntax error"],
    ["loadmodule /x.so", "there are no modules"],
  ])("%s stops it", async (line, reason) => {
    const [code, output] = await refusal(fileOf(`${line}\n`));
    expect(code).toBe(1);
    expect(output).toContain(`at line 1 of `);
    expect(output).toContain(`>>> '${line}'\n`);
    expect(output).toContain(reason);
  });

  test("an option of the command line stops it as well", async () => {
    const [code, output] = await refusal("--timeout", "x");
    expect(code).toBe(1);
    expect(output).toContain("at line 1 of the command line\n>>> 'timeout \"x\"'\n");
  });

  test("one that cannot be read is a one-line reason", async () => {
    const folder = newFolder();
    const missing = join(folder, "missing.conf");
    const why = (path: string, reason: string): [number, string] => [
      1,
      `Fatal error, can't open config file '${path}': ${reason}\n`,
    ];
    expect(await refusal(missing)).toEqual(why(missing, "No such file or directory"));
    expect(await refusal(folder)).toEqual(why(folder, "Is a directory"));
    const below = join(fileOf(""), "x.conf");
    expect(await refusal(below)).toEqual(why(below, "Not a directory"));
    if (process.getuid?.() === 0) return;
    const secret = fileOf("port 0\n");
    chmodSync(secret, 0);
    expect(await refusal(secret)).toEqual(why(secret, "Permission denied"));
  });

  test("files include others, by pattern too; the command line counts last", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "conf.d"));
    writeFileSync(join(folder, "conf.d/a.conf"), "timeout 7\nhz 20\n");
    writeFileSync(join(folder, "conf.d/b.conf"), "hz 30\n");
    writeFileSync(join(folder, "one.conf"), "slowlog-max-len 5\n");
    const text = `include ${folder}/one.conf\ninclude "${folder}/conf.d/*.conf"\nmaxclients 50\n`;
    const server = await startWith(fileOf(text), { args: ["--maxclients", "60"] });
    const names = ["timeout", "hz", "slowlog-max-len", "maxclients"];
    const values = (await ask(server, "CONFIG", "GET", ...names)) as unknown as string[];
    expect(values).toEqual([
      "timeout",
      "7",
      "hz",
      "30",
      "slowlog-max-len",
      "5",
      "maxclients",
      "60",
    ]);
  });

  test("an error in an included file names that file", async () => {
    const inner = fileOf("timeout 1\n\nnosuch\n", "inner.conf");
    const [code, output] = await refusal(fileOf(`include ${inner}\n`));
    expect([code, output]).toEqual([1, expect.stringContaining(`at line 3 of ${inner}\n`)]);
    const gone = join(newFolder(), "gone.conf");
    expect(await refusal(fileOf(`include ${gone}\n`))).toEqual([
      1,
      `Fatal error, can't open config file '${gone}': No such file or directory\n`,
    ]);
  });

  test("paths are bytes: a folder with an accent, in the file, CONFIG GET and INFO", async () => {
    const folder = join(newFolder(), "d\u00e9j\u00e0 vu");
    mkdirSync(folder);
    const file = join(folder, "r\u00e9dis.conf");
    writeFileSync(file, `dir "${folder}"\nlogfile "l\u00f6g.txt"\n`);
    const server = await startWith(file);
    expect(await ask(server, "CONFIG", "GET", "dir")).toEqual(["dir", folder] as never);
    expect(String(await ask(server, "INFO", "server"))).toContain(`config_file:${file}\r\n`);
    expect(readFileSync(join(folder, "l\u00f6g.txt"), "utf8")).toContain("Ready to accept");
    expect(await ask(server, "CONFIG", "SET", "timeout", "9")).toBe("OK");
    expect(await ask(server, "CONFIG", "REWRITE")).toBe("OK");
    expect(readFileSync(file, "utf8")).toMatch(/^timeout 9$/m);
  });

  test("CONFIG SET dir and CONFIG REWRITE say why they fail as the system does", async () => {
    const file = fileOf("enable-protected-configs yes\n");
    const server = await startWith(file);
    const failed = (reason: string) =>
      `ERR CONFIG SET failed (possibly related to argument 'dir') - ${reason}`;
    const client = await server.connect();
    const error = async (...words: string[]) => (await client.command(...words)) as never;
    expect(await error("CONFIG", "SET", "dir", "/nonexistent")).toEqual({
      type: "error",
      value: failed("No such file or directory"),
    } as never);
    expect(await error("CONFIG", "SET", "dir", file)).toEqual({
      type: "error",
      value: failed("Not a directory"),
    } as never);
    rmSync(folders[folders.length - 1], { recursive: true });
    expect(await error("CONFIG", "REWRITE")).toEqual({
      type: "error",
      value: "ERR Rewriting config file: No such file or directory",
    } as never);
    client.close();
  });

  test("rename-command gives and takes names", async () => {
    const text =
      'rename-command CONFIG "s3cret"\nrename-command FLUSHALL ""\nrename-command GET fetch\n';
    const server = await startWith(fileOf(text));
    await server.session(`
      > CONFIG GET hz
      (error) ERR unknown command 'CONFIG', with args beginning with: 'GET' 'hz'
      > S3CRET GET hz
      1) "hz"
      2) "10"
      > S3CRET NOSUCH
      (error) ERR unknown subcommand 'NOSUCH'. Try S3CRET HELP.
      > S3CRET RESETSTAT x
      (error) ERR wrong number of arguments for 'config|resetstat' command
      > FLUSHALL
      (error) ERR unknown command 'FLUSHALL', with args beginning with:
      > SET key value
      OK
      > FETCH key
      "value"
      > FETCH
      (error) ERR wrong number of arguments for 'get' command
      > EVAL "return redis.call('fetch', 'key')" 0
      "value"
      > COMMAND LIST FILTERBY PATTERN fetch
      (empty array)
      > COMMAND GETKEYS fetch key
      1) "key"
      > COMMAND INFO flushall
      1) (nil)
    `);
  });
});

describe("directives that this server cannot obey", () => {
  test.each([
    [
      "replicaof 127.0.0.1 6379",
      "'replicaof 127.0.0.1 6379' is refused. There is no replication yet.",
    ],
    [
      "slaveof 127.0.0.1 6379",
      "'replicaof 127.0.0.1 6379' is refused. There is no replication yet.",
    ],
    ["cluster-enabled yes", "'cluster-enabled yes' is refused. There is no cluster mode yet."],
  ])("%s stops the start: data or access would be other than asked", async (line, reason) => {
    expect(await refusal(fileOf(`port 0\n${line}\n`))).toEqual([
      1,
      `\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n${reason}\n`,
    ]);
  });

  test("the defaults of the same are taken", async () => {
    const server = await startWith(fileOf("replicaof no one\ncluster-enabled no\n"));
    expect(await ask(server, "PING")).toBe("PONG");
    expect(server.log()).not.toContain("without effect");
  });

  test("those without effect are named in one line at the start, with the reasons", async () => {
    const server = await startWith(
      fileOf("bind-source-addr 127.0.0.1\nreplica-priority 7\nio-threads 4\nhz 20\n"),
    );
    const lines = server.log().split("\n");
    const warnings = lines.filter((line) => line.includes("without effect"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toEndWith(
      " # WARNING Set, but without effect: bind-source-addr, replica-priority (There is no " +
        "replication yet); io-threads (One thread serves all clients)",
    );
  });

  test("CONFIG SET names them too", async () => {
    const server = await start();
    const warnings = () => server.log().match(/Set, but without effect: .*/g) ?? [];
    const set = (...words: string[]) => ask(server, "CONFIG", "SET", ...words);
    expect(await set("hz", "20", "slave-priority", "5", "IO-THREADS-DO-READS", "no")).toEqual(
      expect.any(Error),
    );
    expect(await set("hz", "20", "slave-priority", "5")).toBe("OK");
    expect(await set("slave-priority", "100", "lazyfree-lazy-user-del", "yes")).toBe("OK");
    server.signal("SIGTERM");
    await server.exited;
    expect(warnings()).toEqual([
      "Set, but without effect: slave-priority (There is no replication yet)",
    ]);
  });
});

const LINE = /^\d+:M \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}\.\d{3} [.\-*#] .+$/;

describe("the log", () => {
  test("has Redis's form, and the lines that tools wait for in their order", async () => {
    const server = await start();
    const lines = server.log().trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(LINE);
    for (const line of lines) expect(line).toStartWith(`${server.pid}:M `);
    const wanted = [
      / # oO0OoO0OoO0Oo Rusk is starting oO0OoO0OoO0Oo$/,
      / # Configuration loaded$/,
      new RegExp(` \\* Running mode=standalone, port=${server.port}\\.$`),
      new RegExp(` PID: ${server.pid}$`),
      / # Server initialized$/,
      / \* Ready to accept connections$/,
    ];
    const places = wanted.map((pattern) => lines.findIndex((line) => pattern.test(line)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test("shows the logo when it is asked to, with the port and the process id", async () => {
    const server = await start({ args: ["--always-show-logo", "yes"] });
    expect(server.log()).toMatch(new RegExp(` Port: ${server.port}\n`));
    expect(server.log()).toMatch(new RegExp(` PID: ${server.pid}\n`));
    expect(server.log()).toContain("Running in standalone mode");
  });

  test("leaves out what is below its level, which can be changed", async () => {
    const server = await start({ args: ["--loglevel", "warning"] });
    expect(server.log()).not.toContain("Ready to accept");
    expect(server.log()).toContain("Server initialized");
    await ask(server, "CONFIG", "SET", "loglevel", "notice");
    server.signal("SIGTERM");
    await server.exited;
    expect(server.log()).toContain("bye bye");
  });

  test("goes to a file, and nowhere else", async () => {
    const folder = newFolder();
    const path = join(folder, "rusk.log");
    writeFileSync(path, "what was there\n");
    const server = await start({ args: ["--dir", folder, "--logfile", "rusk.log"] });
    expect(server.log()).toBe("");
    const text = readFileSync(path, "latin1");
    expect(text).toStartWith("what was there\n");
    expect(text).toContain(" * Ready to accept connections\n");
    // A file that is moved away is made anew: that is how logs are rotated.
    rmSync(path);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(readFileSync(path, "latin1")).toContain("bye bye");
  });

  test("that cannot be written stops the start", async () => {
    const path = "/nonexistent/rusk.log";
    expect(await refusal("--logfile", path)).toEqual([
      1,
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n" +
        "Can't open the log file: No such file or directory\n",
    ]);
    expect((await refusal("--logfile", newFolder()))[1]).toContain(
      "Can't open the log file: Is a directory\n",
    );
  });

  test.skipIf(process.platform === "win32")(
    "that is a named pipe holds nothing up, whether it is read or not",
    async () => {
      const path = join(newFolder(), "pipe");
      execFileSync("mkfifo", [path]);
      const server = await start({ args: ["--logfile", path] });
      expect(await ask(server, "PING")).toBe("PONG");
      const reader = spawn("head", ["-n", "1", path]);
      let line = "";
      reader.stdout.on("data", (bytes) => {
        line += bytes;
      });
      const ended = new Promise((resolve) => reader.once("close", resolve));
      while (line === "") await ask(server, "SAVE");
      await ended;
      expect(line).toEndWith(" * DB saved on disk\n");
      await ask(server, "SAVE");
    },
  );

  test("that can no longer be written does not end the server", async () => {
    const folder = newFolder();
    const server = await start({
      args: ["--logfile", join(folder, "x.log"), "--loglevel", "debug"],
    });
    rmSync(folder, { recursive: true });
    const client = await server.connect();
    // Which is logged.
    expect((await client.raw("POST /\r\n")).length).toBe(0);
    expect(await ask(server, "PING")).toBe("PONG");
  });
});

describe("files", () => {
  test("the pid file is there while the server runs", async () => {
    const path = join(newFolder(), "rusk.pid");
    const server = await start({ args: ["--pidfile", path] });
    expect(readFileSync(path, "latin1")).toBe(`${server.pid}\n`);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(server.log()).toContain(" * Removing the pid file.\n");
  });

  test("one that cannot be written is logged, and that is all", async () => {
    const server = await start({ args: ["--pidfile", "/nonexistent/rusk.pid"] });
    expect(server.log()).toContain(" # Failed to write PID file: No such file or directory\n");
  });
});

describe("the end", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s", async (name) => {
    const server = await start();
    const client = await server.connect();
    await client.command("SET", "a", "b");
    server.signal(name);
    expect(await server.exited).toBe(0);
    expect(await client.wire.untilClosed()).toBe(true);
    const lines = server.log().trimEnd().split("\n").slice(-3);
    expect(lines.map((line) => line.replace(/^.*?\.\d{3} /, ""))).toEqual([
      `# Received ${name} scheduling shutdown...`,
      "# User requested shutdown...",
      "# Rusk is now ready to exit, bye bye...",
    ]);
  });

  test.each(["SIGHUP", "SIGPIPE", "SIGALRM"] as const)("%s changes nothing", async (name) => {
    const server = await start();
    server.signal(name);
    await Bun.sleep(50);
    expect(await ask(server, "PING")).toBe("PONG");
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s before it listens", async (name) => {
    // On a busy machine the signal may come later than meant, which is right as well.
    for (let attempt = 0; attempt < EARLY_SIGNALS_MAX; attempt++) {
      const server = await start({ noWait: true });
      while (!server.log().includes("Rusk is starting")) await Bun.sleep(1);
      server.signal(name);
      expect(await server.exited).toBe(0);
      expect(server.log()).toContain(` # Received ${name} scheduling shutdown...\n`);
      if (!server.log().includes("Server initialized")) break;
    }
  });

  test("SIGTERM while it loads ends it, and the file stays as it was", async () => {
    const dir = newFolder();
    const first = await start({ args: ["--dir", dir, "--enable-debug-command", "yes"] });
    await ask(first, "DEBUG", "POPULATE", "5000");
    await ask(first, "SAVE");
    const bytes = readFileSync(join(dir, "dump.rdb"), "latin1");
    const slow = ["--dir", dir, "--key-load-delay", "1000", "--save", "1 1"];
    const server = await start({ args: slow, noWait: true });
    while (!server.log().includes("Server initialized")) await Bun.sleep(1);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(server.log()).toContain("Received shutdown signal during loading, scheduling shutdown.");
    expect(readFileSync(join(dir, "dump.rdb"), "latin1")).toBe(bytes);
  });

  test("a second SIGINT ends it at once, with a failure", async () => {
    const server = await start({ args: ["--enable-debug-command", "yes"] });
    await ask(server, "DEBUG", "PAUSE-CRON", "1");
    server.signal("SIGINT");
    await until("the signal", () => server.log().includes("Received SIGINT"));
    await Bun.sleep(150);
    expect(await ask(server, "PING")).toBe("PONG");
    server.signal("SIGINT");
    expect(await server.exited).toBe(1);
    expect(server.log()).toContain("You insist... exiting now.\n");
  });

  test("SIGINT and SIGTERM together, or one SIGINT passed on, end it in order", async () => {
    const dir = newFolder();
    const combinations = [
      ["SIGTERM", "SIGINT"],
      ["SIGINT", "SIGTERM"],
      ["SIGINT", "SIGINT"],
    ] as const;
    for (const names of combinations) {
      const server = await start({ args: ["--dir", dir, "--save", "3600 1"] });
      await ask(server, "INCR", "n");
      for (const name of names) server.signal(name);
      expect(await server.exited).toBe(0);
    }
    const server = await start({ args: ["--dir", dir] });
    expect(await ask(server, "GET", "n")).toBe("3");
  });

  test("SHUTDOWN ABORT calls off what a signal has asked for", async () => {
    const server = await start({ args: ["--enable-debug-command", "yes"] });
    await server.session("> SHUTDOWN ABORT\n(error) ERR No shutdown in progress.");
    await ask(server, "DEBUG", "PAUSE-CRON", "1");
    server.signal("SIGTERM");
    await until("the signal", () => server.log().includes("Received SIGTERM"));
    await server.session("> SHUTDOWN ABORT\nOK\n> DEBUG PAUSE-CRON 0\nOK");
    await Bun.sleep(250);
    expect(await ask(server, "PING")).toBe("PONG");
    expect(server.log()).toContain("Shutdown manually aborted.\n");
  });

  test.each([[], ["NOSAVE"], ["SAVE"], ["NOW", "FORCE"]])("SHUTDOWN %s %s", async (...words) => {
    const server = await start();
    const client = await server.connect();
    const bytes = await client.raw(`SHUTDOWN ${words.join(" ")}\r\n`);
    expect(bytes.toString()).toBe("");
    expect(await server.exited).toBe(0);
    expect(server.log()).toContain("bye bye");
  });

  test("SHUTDOWN with what it does not know does not end it", async () => {
    const server = await start();
    await server.session(`
      > SHUTDOWN NOSUCH
      (error) ERR syntax error
      > SHUTDOWN SAVE NOSAVE
      (error) ERR syntax error
      > PING
      PONG
    `);
  });
});

describe("the limit on open files", () => {
  test("lowers maxclients, at the start and for CONFIG SET", async () => {
    const [program, ...first] = ruskCommand();
    const command = ["sh", "-c", 'ulimit -n 200; exec "$0" "$@"', program, ...first];
    const server = await start({ command });
    expect(await ask(server, "CONFIG", "GET", "maxclients")).toEqual([
      "maxclients",
      "168",
    ] as never);
    expect(server.log()).toMatch(/ # .*maxclients has been reduced from 10000 to 168 /);
    const refusal = await ask(server, "CONFIG", "SET", "maxclients", "169").catch(String);
    expect(String(refusal)).toContain(
      "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system " +
        "is not able to handle the specified number of clients, try with 168",
    );
    await server.session(`
      > CONFIG SET maxclients 100
      OK
    `);
  });

  test("refuses a start that it leaves no room for", async () => {
    const [program, ...first] = ruskCommand();
    const line = 'ulimit -n 32; exec "$0" "$@"';
    const server = await start({ command: ["sh", "-c", line, program, ...first], noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(/Your current 'ulimit -n' of 32 is not enough/);
  });
});

test("a word that is neither a file nor a command is told so", async () => {
  expect(await refusal("frobnicate")).toEqual([
    1,
    "Fatal error, can't open config file 'frobnicate': No such file or directory\n" +
      "There is no command 'frobnicate' either: rusk --help lists them.\n",
  ]);
});

test("--version and --help answer without starting", () => {
  const [program, ...first] = ruskCommand();
  const run = (arg: string) => execFileSync(program, [...first, arg], { encoding: "utf8" });
  expect(run("--version")).toMatch(/^Rusk server v=\d+\.\d+\.\d+ redis_version=7\.0\.15\n$/);
  expect(run("-v")).toBe(run("--version"));
  expect(run("--help")).toStartWith("Usage: rusk");
  expect(run("-h")).toBe(run("--help"));
});
