// Purpose: the npm package, as packed: `rusk` starts the binary, and startRusk() gives servers to
// test suites under Node.js, Bun and Deno, of which nothing is left, however the suite ends.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { connect } from "../client/client.ts";
import { freePort } from "../client/server.ts";
import { until } from "../client/until.ts";

const ROOT = resolve(import.meta.dir, "../..");
const BINARY = join(ROOT, "dist/rusk");
const platform = `linux-${process.arch}`;
const why = !existsSync(BINARY)
  ? "dist/rusk is not built"
  : process.platform !== "linux" && "it packs a binary for Linux";
if (why) console.warn(`The npm package is not tested: ${why}.`);

let work: string;
let project: string;

beforeAll(() => {
  if (why) return;
  work = mkdtempSync(join(tmpdir(), "rusk-npm-"));
  const packed = join(work, "packed");
  const build = ["packaging/npm/build.ts", "--out", packed, "--fast"];
  const run = (program: string, args: string[], cwd: string) =>
    execFileSync(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  run(process.execPath, [...build, `${platform}=${BINARY}`], ROOT);
  project = join(work, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  const tarballs = ["rusk", `rusk-${platform}`].map((it) => `../packed/${it}-${RUSK_VERSION}.tgz`);
  const offline = ["--offline", "--no-audit", "--no-fund", "--cache", join(work, "cache")];
  run("npm", ["install", ...offline, ...tarballs], project);
});
afterAll(() => {
  if (work) rmSync(work, { recursive: true, force: true });
});

/** The environment of a user, who has named no other binary. */
function userEnv(): NodeJS.ProcessEnv {
  const { RUSK_BINARY: _, ...env } = process.env;
  return env;
}

/** Runs a program in the project to its end. */
function runInProject(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: project,
    encoding: "utf8",
    env: userEnv(),
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

let scripts = 0;

/** Writes a script that has startRusk, and returns its path. */
function script(code: string, ending = "mjs"): string {
  const path = join(project, `script_${++scripts}.${ending}`);
  const load =
    ending === "cjs"
      ? 'const { startRusk } = require("rusk");'
      : 'import { startRusk } from "rusk"; import { connect } from "node:net";';
  writeFileSync(path, `${load}\n${code}\n`);
  return path;
}

/** A process that has ended is still listed until its parent has asked for it. */
const isAlive = (pid: number) => existsSync(`/proc/${pid}/exe`);

describe.skipIf(Boolean(why))("the packages", () => {
  test("are the same when they are made again; npm is told on which machines each runs", () => {
    const again = join(work, "again");
    const any = join(ROOT, "LICENSE");
    const words = ["packaging/npm/build.ts", "--out", again, "--fast", `linux-arm64-musl=${any}`];
    expect(spawnSync(process.execPath, words, { cwd: ROOT }).status).toBe(0);
    const main = `rusk-${RUSK_VERSION}.tgz`;
    expect(readFileSync(join(again, main)).equals(readFileSync(join(work, "packed", main)))).toBe(
      true,
    );
    const other = join(again, `rusk-linux-arm64-musl-${RUSK_VERSION}.tgz`);
    const read = (...args: string[]) => spawnSync("tar", args, { encoding: "utf8" }).stdout;
    expect(JSON.parse(read("xOzf", other, "package/package.json"))).toMatchObject({
      version: RUSK_VERSION,
      os: ["linux"],
      cpu: ["arm64"],
      libc: ["musl"],
    });
    const list = read("tvzf", other);
    expect(list).toMatch(/^-rwxr-xr-x .* package\/rusk$/m);
    expect(list).toContain("package/LICENSE");
    expect(list).toContain("package/THIRD_PARTY_LICENSES.txt");
  });
});

describe.skipIf(Boolean(why))("the command", () => {
  test("rusk passes on arguments, output and the exit status", () => {
    const version = runInProject("npx", "rusk", "--version");
    expect(version).toMatchObject({ status: 0, stdout: expect.stringContaining("Rusk server v=") });
    const failed = runInProject("npx", "rusk", "/nosuch/redis.conf");
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("/nosuch/redis.conf");
  });

  test("rusk serves until it gets SIGTERM", async () => {
    const port = await freePort();
    const command = join(project, "node_modules/.bin/rusk");
    const args = ["--port", String(port), "--save", "", "--dir", work];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: userEnv() });
    const ended = new Promise((settle) => child.once("exit", settle));
    let log = "";
    child.stdout.on("data", (bytes) => {
      log += bytes;
    });
    await until("the server", () => log.includes("Ready to accept connections"));
    const client = await connect({ host: "127.0.0.1", port });
    expect(await client.command("PING")).toMatchObject({ value: "PONG" });
    client.close();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(log).toContain("Received SIGTERM");
  });

  test("without a package for the machine it says what to do", () => {
    const installed = join(project, `node_modules/rusk-${platform}`);
    renameSync(installed, `${installed}-away`);
    try {
      const sentence = `is in the package rusk-${platform}, which is not installed`;
      const command = runInProject("node_modules/.bin/rusk");
      expect(command).toMatchObject({ status: 1, stderr: expect.stringContaining(sentence) });
      const start = script("startRusk().catch(({ message }) => console.log(message))");
      expect(runInProject("node", start).stdout).toContain(sentence);
    } finally {
      renameSync(`${installed}-away`, installed);
    }
  });
});

const RUNTIMES = [
  ["Node.js", ["node"]],
  ["Bun", [process.execPath]],
  ["Deno", [join(ROOT, "node_modules/.bin/deno"), "run", "-A"]],
] as const;

describe.skipIf(Boolean(why)).each(RUNTIMES)("startRusk under %s", (_, [program, ...options]) => {
  const run = (path: string) => runInProject(program, ...options, path);

  test("gives a server that answers, and stop() ends it", () => {
    const { stdout, stderr } = run(
      script(`
        import { existsSync } from "node:fs";
        const config = { databases: 3, "lazyfree-lazy-user-del": true };
        const server = await startRusk({ config });
        const ask = (line) => new Promise((settle) => {
          const socket = connect(server.port, server.host, () => socket.write(line + "\\r\\n"));
          socket.once("data", (bytes) => { settle(String(bytes)); socket.destroy(); });
        });
        const show = (it) => console.log(JSON.stringify(it));
        show(await ask("PING"));
        show(await ask("CONFIG GET databases"));
        show(await ask("CONFIG GET lazyfree-lazy-user-del"));
        show(await ask("CONFIG GET save"));
        show(server.url === "redis://127.0.0.1:" + server.port);
        show(server.log().includes("Ready to accept connections"));
        show(existsSync(server.dir));
        await Promise.all([server.stop(), server.stop()]);
        show(existsSync(server.dir));
        show(await new Promise((settle) => connect(server.port, server.host).once("error",
          ({ code }) => settle(code))));
      `),
    );
    expect(stderr).toBe("");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      "+PONG\r\n",
      "*2\r\n$9\r\ndatabases\r\n$1\r\n3\r\n",
      "*2\r\n$22\r\nlazyfree-lazy-user-del\r\n$3\r\nyes\r\n",
      "*2\r\n$4\r\nsave\r\n$0\r\n\r\n",
      true,
      true,
      true,
      false,
      "ECONNREFUSED",
    ]);
  });

  const START_AND_SHOW = `
    const { pid, dir } = await startRusk();
    console.log(JSON.stringify({ pid, dir }));
  `;

  test("does not keep its process alive, and ends with it", async () => {
    const { status, stdout } = run(script(START_AND_SHOW));
    expect(status).toBe(0);
    const { pid, dir } = JSON.parse(stdout);
    await until("its end", () => !isAlive(pid) && !existsSync(dir));
  });

  test("ends when its process is killed", async () => {
    const path = script(`${START_AND_SHOW} setInterval(() => {}, 1000);`);
    const child = spawn(program, [...options, path], {
      cwd: project,
      env: userEnv(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const shown = await new Promise((settle) => child.stdout.once("data", settle));
    const { pid, dir } = JSON.parse(String(shown));
    expect(isAlive(pid) && existsSync(dir)).toBe(true);
    child.kill("SIGKILL");
    await until("its end", () => !isAlive(pid) && !existsSync(dir));
  });
});

describe.skipIf(Boolean(why))("startRusk", () => {
  test("is there for require(), and many start at once", () => {
    const path = script(
      `
        Promise.all(Array.from({ length: 4 }, () => startRusk())).then(async (servers) => {
          console.log(new Set(servers.map(({ port }) => port)).size);
          for (const server of servers) await server[Symbol.asyncDispose]();
        });
      `,
      "cjs",
    );
    expect(runInProject("node", path)).toEqual({ status: 0, stdout: "4\n", stderr: "" });
  });

  test("keeps a folder that is given, with what was saved there", () => {
    const dir = join(work, "kept");
    mkdirSync(dir);
    const path = script(`
      const ask = (server, line) => new Promise((settle) => {
        const socket = connect(server.port, server.host, () => socket.write(line + "\\r\\n"));
        socket.once("data", (bytes) => { settle(String(bytes)); socket.destroy(); });
      });
      const options = { dir: ${JSON.stringify(dir)}, args: ["--appendonly", "yes"] };
      const first = await startRusk(options);
      await ask(first, "SET kept yes");
      await first.stop();
      const second = await startRusk({ ...options, port: first.port });
      console.log(first.port === second.port, JSON.stringify(await ask(second, "GET kept")));
      await second.stop();
    `);
    const { stdout, stderr } = runInProject("node", path);
    expect(stderr).toBe("");
    expect(stdout).toBe('true "$3\\r\\nyes\\r\\n"\n');
    expect(existsSync(join(dir, "appendonlydir"))).toBe(true);
  });

  test("takes a configuration file, and tells what is wrong", () => {
    writeFileSync(join(work, "good.conf"), "databases 5\nrequirepass secret\n");
    writeFileSync(join(work, "bad.conf"), "databases five\n");
    const path = script(`
      const binary = ${JSON.stringify(relative(project, BINARY))};
      const server = await startRusk({ binary, config: "../good.conf" });
      const show = ({ message }) => console.log(message.replaceAll(/^\\d+:M.*\\n/gm, ""));
      await startRusk({ config: ${JSON.stringify(join(work, "bad.conf"))} }).catch(show);
      await startRusk({ config: { hz: "ten" } }).catch(show);
      await startRusk({ port: server.port }).catch(show);
      await startRusk({ binary: "/nosuch/rusk" }).catch(show);
      await server.stop();
    `);
    const { stdout } = runInProject("node", path);
    expect(stdout).toContain("Rusk has ended: exit status 1\n");
    expect(stdout).toContain("'databases five'");
    expect(stdout).toMatch(/line 1 of the command line\n.*hz/);
    expect(stdout).toContain("Failed listening on port");
    expect(stdout).toContain("Rusk cannot be run: spawn /nosuch/rusk ENOENT");
  });

  test("has types, for both kinds of modules", () => {
    const use = `
      import { type RuskServer, type StartOptions, startRusk } from "rusk";
      const options: StartOptions = { config: { save: ["900", "1"], appendonly: false } };
      export async function use(): Promise<string> {
        await using server: RuskServer = await startRusk(options);
        const port: number = server.port;
        return server.url + server.log() + port;
      }
    `;
    writeFileSync(join(project, "use.mts"), use);
    writeFileSync(join(project, "use.cts"), use);
    const rules = ["--strict", "--module", "nodenext", "--target", "es2022", "--noEmit"];
    const files = ["--ignoreConfig", "--types", "", "use.mts", "use.cts"];
    const checked = runInProject(join(ROOT, "node_modules/.bin/tsc"), ...rules, ...files);
    expect(checked).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe.skipIf(Boolean(why))("docs/testing-with-rusk.md", () => {
  const page = readFileSync(join(ROOT, "docs/testing-with-rusk.md"), "utf8");
  const example = (heading: string) => /```\w+\n([^`]*)```/.exec(page.split(heading)[1])?.[1] ?? "";
  const write = (name: string, code: string) => {
    const modules = join(ROOT, "node_modules");
    const linked = join(project, "node_modules/ioredis");
    if (!existsSync(linked)) symlinkSync(join(modules, "ioredis"), linked);
    writeFileSync(join(project, name), code);
  };

  test("has an example that node:test runs", () => {
    write("example.test.mjs", example("## node:test\n"));
    const { status, stdout } = runInProject("node", "--test", "example.test.mjs");
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^# pass 1$/m),
    });
  });

  test("has an example for Jest that bun:test runs", () => {
    const lines = example("## Jest\n")
      .split("\n")
      .filter((line) => !line.includes("require("));
    const imports = [
      'import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";',
      'import { Redis } from "ioredis";',
      'import { startRusk } from "rusk";',
    ];
    write("example.test.js", [...imports, ...lines].join("\n"));
    const { status, stderr } = runInProject(process.execPath, "test", "./example.test.js");
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^ 1 pass$/m),
    });
  });
});
