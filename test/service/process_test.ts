// Purpose: what the system shows and is told of the process: its title, its out-of-memory score.

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { followOomScore } from "../../src/server/oom_score.ts";
import { ruskCommand, type Server, type ServerOptions, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { ask } from "./ask.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const FILLER = "z".repeat(1000);

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

/** The command line that ps shows: words end with a zero. */
const shownOf = ({ pid }: Server) =>
  readFileSync(`/proc/${pid}/cmdline`, "latin1").replace(/\0+$/, "").replaceAll("\0", " ");

describe("the title of the process", () => {
  const kinds: [string, string[]][] = [["as built", ruskCommand()]];
  if (existsSync(DENO)) kinds.push(["Deno", [DENO, "run", "-A", join(ROOT, "src/main.ts")]]);

  test.each(kinds)("%s: program and address, or what the template says", async (_kind, command) => {
    const server = await start({ command, env: { FILLER } });
    const { port } = server;
    await until("a title", () => shownOf(server).endsWith(` *:${port}`));
    const template = "{title}! {listen-addr} {port} {tls-port} {unixsocket}. {config-file}.";
    expect(await ask(server, "CONFIG", "SET", "proc-title-template", template)).toBe("OK");
    expect(shownOf(server)).toMatch(new RegExp(`^\\S+! \\*:${port} ${port} 0 \\. \\.$`));
    // Longer than the command line was, so that the environment has to make room.
    const long = `${"x".repeat(400)} {port}`;
    await ask(server, "CONFIG", "SET", "proc-title-template", long);
    expect(shownOf(server)).toBe(`${"x".repeat(400)} ${port}`);
    await ask(server, "CONFIG", "SET", "proc-title-template", "  short {server-mode} ");
    expect(shownOf(server)).toBe("short");
    const { length } = readFileSync(`/proc/${server.pid}/environ`);
    await ask(server, "CONFIG", "SET", "proc-title-template", "y".repeat(10_000 + length));
    expect(shownOf(server)).toMatch(/^y{400,}$/);
    expect(await ask(server, "PING")).toBe("PONG");
  });

  test("is left alone if that is wanted, up to CONFIG SET", async () => {
    const server = await start({ args: ["--set-proc-title", "no"] });
    await Bun.sleep(200);
    expect(shownOf(server)).toContain(" --set-proc-title no");
    await ask(server, "CONFIG", "SET", "proc-title-template", "{port}");
    expect(shownOf(server)).toBe(String(server.port));
  });
});

describe("oom-score-adj", () => {
  const fileOf = ({ pid }: Server) => `/proc/${pid}/oom_score_adj`;
  const scoreOf = (server: Server) => Number(readFileSync(fileOf(server), "latin1"));

  test("adds to what was there, replaces it, and gives it back", async () => {
    const own = Number(readFileSync("/proc/self/oom_score_adj", "latin1"));
    const values = ["--oom-score-adj-values", "10", "20", "30"];
    const server = await start({ args: ["--oom-score-adj", "yes", ...values] });
    expect(scoreOf(server)).toBe(own + 10);
    await ask(server, "CONFIG", "SET", "oom-score-adj-values", "15 20 30");
    expect(scoreOf(server)).toBe(own + 15);
    await ask(server, "CONFIG", "SET", "oom-score-adj", "absolute");
    expect(scoreOf(server)).toBe(15);
    await ask(server, "CONFIG", "SET", "oom-score-adj-values", "2000 20 30");
    expect(scoreOf(server)).toBe(1000);
    await ask(server, "CONFIG", "SET", "oom-score-adj", "no");
    expect(scoreOf(server)).toBe(own);
    writeFileSync(fileOf(server), String(own + 5));
    await ask(server, "CONFIG", "SET", "oom-score-adj-values", "1 1 1");
    expect(scoreOf(server)).toBe(own + 5);
    await ask(server, "CONFIG", "SET", "oom-score-adj", "relative");
    expect(scoreOf(server)).toBe(own + 6);
  });

  test("CONFIG SET fails, and leaves all as it was, when the kernel refuses", () => {
    const config = configOf(fakeHost());
    const lines: string[] = [];
    let score = 3;
    const file = {
      readOomScore: () => score,
      writeOomScore: (value: number) => {
        if (value < 0) throw Object.assign(new Error(), { code: "EACCES" });
        score = value;
      },
    };
    followOomScore(config, file, (level, text) => void lines.push(`${level} ${text}`));
    const asker = { isLocal: true, isLoading: false };
    const set = (...words: string[]) => config.set(words, asker);
    expect(set("oom-score-adj-values", "-100 0 0", "oom-score-adj", "yes")).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'oom-score-adj-values') - " +
        "Failed to set current oom_score_adj. Check server logs.",
    );
    expect(lines).toEqual(["warning Unable to write oom_score_adj: Permission denied"]);
    expect(config.text("oom-score-adj")).toBe("no");
    expect(config.text("oom-score-adj-values")).toBe("0 200 800");
    expect(set("oom-score-adj-values", "4 0 0", "oom-score-adj", "yes")).toBeNull();
    expect(score).toBe(7);
    expect(set("oom-score-adj-values", "-4 0 0")).toContain("Failed to set current");
    expect([score, config.text("oom-score-adj-values")]).toEqual([7, "4 0 0"]);
  });
});
