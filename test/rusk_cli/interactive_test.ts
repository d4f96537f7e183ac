// Purpose: `rusk cli` at a terminal, a real one that the system makes: editing, history,
// completion, hints, and what Ctrl-C does.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { OUR_CLI } from "./clients.ts";

const UP = "\x1b[A";
const DOWN = "\x1b[B";
const LEFT = "\x1b[D";
const CTRL_A = "\x01";
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_G = "\x07";
const CTRL_K = "\x0b";
const CTRL_R = "\x12";
const CTRL_T = "\x14";
const CTRL_U = "\x15";
const CTRL_W = "\x17";
const BACKSPACE = "\x7f";
const GREY = "\x1b[0;90;49m";

let server: Server;
let home = "";
const open: Talk[] = [];

beforeAll(async () => {
  server = await startServer();
  home = mkdtempSync(join(tmpdir(), "rusk-cli-"));
});
afterEach(() => {
  for (const talk of open.splice(0)) talk.end();
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A client at a terminal of its own. */
class Talk {
  /** All that it has shown since the last `typed`. */
  shown = "";
  readonly over: Promise<number>;
  private readonly child: Bun.Subprocess;

  constructor(args: readonly string[], columns = 200) {
    const terminal = {
      cols: columns,
      rows: 24,
      data: (_: unknown, bytes: Uint8Array) => {
        this.shown += new TextDecoder().decode(bytes);
      },
    };
    const env = { ...process.env, TERM: "xterm", HOME: home };
    this.child = Bun.spawn([...OUR_CLI, ...args], { env, terminal });
    this.over = this.child.exited;
    open.push(this);
  }

  /** Types keys, and waits until what is shown after that has a text in it. */
  async type(keys: string, wanted: string): Promise<string> {
    this.shown = "";
    this.child.terminal?.write(keys);
    return this.sees(wanted);
  }

  /** Types a line, and waits for a reply and for the prompt after it: keys before that are lost. */
  async asks(keys: string, reply: string): Promise<void> {
    const shown = await this.type(keys, reply);
    const end = shown.lastIndexOf(reply) + reply.length;
    await until("a prompt", () => this.shown.indexOf(prompt(), end) >= 0);
  }

  async sees(wanted: string): Promise<string> {
    await until(JSON.stringify(wanted), () => this.shown.includes(wanted));
    return this.shown;
  }

  end(): void {
    this.child.kill("SIGKILL");
  }
}

const port = () => ["-p", String(server.port)];
const prompt = () => `127.0.0.1:${server.port}> `;

async function begin(...args: string[]): Promise<Talk> {
  const talk = new Talk([...port(), ...args]);
  await talk.sees(prompt());
  return talk;
}

/** The reply to a line, in quotes: ECHO tells what the line came to be. */
const echoed = (talk: Talk, keys: string, wanted: string) =>
  talk.asks(`echo ${keys}\r`, `\n"${wanted}"`);

describe("editing", () => {
  test("moves, cuts and swaps", async () => {
    const talk = await begin();
    await echoed(talk, `ac${LEFT}b`, "abc");
    await echoed(talk, `abx${BACKSPACE}c`, "abc");
    await echoed(talk, `ba${LEFT}${CTRL_T}`, "ab");
    await echoed(talk, `abc${LEFT}${LEFT}${CTRL_K}`, "a");
    await echoed(talk, `"a b" c${CTRL_W}${BACKSPACE}`, "a b");
    await echoed(talk, `${CTRL_U}echo x`, "x");
    await echoed(talk, `x${CTRL_A}\x1b[3~e`, "x");
  });

  test("characters of several bytes are one", async () => {
    const talk = await begin();
    await echoed(talk, `é日x${LEFT}${BACKSPACE}`, "\\xc3\\xa9x");
  });

  test("wide characters, and accents that come alone, have the place that they take", async () => {
    const talk = await begin();
    const at = (column: number) => `\x1b[0K\r\x1b[${prompt().length + column}C`;
    await talk.type("日本", at(4));
    await talk.type("e", at(5));
    await talk.type("\u0301", at(5));
    await talk.type(LEFT, at(4));
    await talk.type(LEFT, at(2));
    await talk.type(BACKSPACE, at(0));
    await talk.asks(`${CTRL_A}echo \r`, '\n"\\xe6\\x9c\\xace\\xcc\\x81"');
    const narrow = new Talk(port(), prompt().length + 6);
    await narrow.sees(prompt());
    await narrow.type("日本語", `${prompt()}本語\x1b[0K\r\x1b[${prompt().length + 4}C`);
    await narrow.type(CTRL_A, `${prompt()}日本\x1b[0K\r\x1b[${prompt().length}C`);
  });

  test("a line longer than the terminal is shown in part, and sent whole", async () => {
    const talk = new Talk(port(), 40);
    await talk.sees(prompt());
    await echoed(talk, "a".repeat(100), "a".repeat(100));
  });
});

describe("history", () => {
  test("goes back and forth, and is kept for the next session, without secrets", async () => {
    const talk = await begin();
    await echoed(talk, "first", "first");
    await echoed(talk, "second", "second");
    await talk.asks("auth someone secret\r", "WRONGPASS");
    await talk.asks(`${UP}${UP}${DOWN}${UP}\r`, '\n"first"');
    await talk.type(CTRL_D, "\n");
    expect(await talk.over).toBe(0);
    const file = join(home, ".rediscli_history");
    expect(readFileSync(file, "utf8")).toEndWith("echo first\necho second\necho first\n");
    expect(readFileSync(file, "utf8")).not.toContain("secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const next = await begin();
    await next.type(`${UP}\r`, '\n"first"');
  });

  test("is searched backwards by Ctrl-R", async () => {
    const talk = await begin();
    await echoed(talk, "needle-1", "needle-1");
    await echoed(talk, "needle-2", "needle-2");
    await echoed(talk, "hay", "hay");
    await talk.type(`typed${CTRL_R}`, "\r(reverse-i-search)'': typed");
    await talk.type("need", "\r(reverse-i-search)'need': echo needle-2");
    await talk.type(CTRL_R, "\r(reverse-i-search)'need': echo needle-1");
    await talk.type("x", "\r(failed reverse-i-search)'needx': echo needle-1");
    await talk.type(CTRL_G, `\r${prompt()}typed\x1b`);
    await talk.type(`${CTRL_R}needle${CTRL_R}`, "'needle': echo needle-1");
    await talk.asks("\r", '\n"needle-1"');
    await talk.type(`${CTRL_R}needle-2`, "'needle-2': echo needle-2");
    await talk.type(`${CTRL_A}`, `\r${prompt()}echo needle-2`);
    await talk.asks("\r", '\n"needle-2"');
    await talk.type(`${CTRL_R}hay`, "'hay': echo hay");
    await talk.type(CTRL_C, "");
    expect(await talk.over).toBe(0);
  });

  test("is searched in one row, however long the text is that is sought", async () => {
    const talk = new Talk(port(), 30);
    await talk.sees(prompt());
    await echoed(talk, "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz");
    await talk.type(`${CTRL_R}abcdefghijklmnopqrstuvwxy`, "\refghijklmnopqrstuvwxy': echo \x1b[0K");
    await talk.type("z", "\rfghijklmnopqrstuvwxyz': echo \x1b[0K\r\x1b[29C");
    await talk.asks("\r", '\n"abcdefghijklmnopqrstuvwxyz"');
  });

  test("is in no file if REDISCLI_HISTFILE says so", async () => {
    const before = readFileSync(join(home, ".rediscli_history"), "utf8");
    process.env.REDISCLI_HISTFILE = "/dev/null";
    const talk = await begin();
    delete process.env.REDISCLI_HISTFILE;
    await echoed(talk, "nowhere", "nowhere");
    expect(readFileSync(join(home, ".rediscli_history"), "utf8")).toBe(before);
    expect(existsSync("/dev/null")).toBe(true);
  });
});

describe("what may follow", () => {
  test("arguments in grey, less those that are there", async () => {
    const talk = await begin();
    await talk.type("lrange", `lrange${GREY} key start stop`);
    await talk.type(" a", `lrange a${GREY} start stop`);
    await talk.type(" 1 ", `lrange a 1 ${GREY}stop`);
    await talk.type(`${CTRL_U}config set`, `${GREY} parameter value`);
  });

  test("names by Tab, one after the other, and the line itself again", async () => {
    const talk = await begin();
    await talk.type("renam\t", "> RENAME");
    await talk.type("\t", "> RENAMENX");
    await talk.type("\t", "> renam");
    await talk.type("\t\x7f\x7f\x7f\x7f\x7f\x7f", `${prompt()}\x1b[0K`);
    await talk.type("help @str\t", "help @stream");
  });

  test(":set nohints, typed or in .redisclirc", async () => {
    const talk = await begin();
    await talk.type(":set nohints\r", prompt());
    await talk.sees(`\n\r${prompt()}`);
    expect(await talk.type("get ", "get \x1b")).not.toContain(GREY);
    writeFileSync(join(home, ".redisclirc"), ":set nohints\n");
    const next = await begin();
    rmSync(join(home, ".redisclirc"));
    expect(await next.type("get ", "get \x1b")).not.toContain(GREY);
  });
});

describe("the prompt", () => {
  test("tells of the database, of MULTI, and of a connection that is not there", async () => {
    const talk = await begin();
    await talk.type("select 3\r", `127.0.0.1:${server.port}[3]> `);
    await talk.type("multi\r", `127.0.0.1:${server.port}[3](TX)> `);
    await talk.type("exec\r", `127.0.0.1:${server.port}[3]> `);
    await talk.type("client kill type normal skipme no\r", prompt().replace(">", "[3]>"));
    await talk.type("connect 127.0.0.1 1\r", "not connected> ");
    await talk.type(`connect 127.0.0.1 ${server.port}\r`, `127.0.0.1:${server.port}[3]> `);
    await talk.type("quit\r", "\n");
    expect(await talk.over).toBe(0);
  });
});

describe("Ctrl-C", () => {
  test("ends MONITOR and subscriptions, and the client otherwise", async () => {
    const talk = await begin();
    await talk.type("monitor\r", "OK");
    await talk.type(CTRL_C, prompt());
    await talk.type("subscribe a\r", "(integer) 1");
    await talk.type(CTRL_C, prompt());
    await echoed(talk, "x", "x");
    await talk.type("blpop nothing 0\r", "\n");
    await Bun.sleep(100);
    await talk.type(CTRL_C, "");
    expect(await talk.over).toBe(1);
  });

  test("ends the client at its prompt", async () => {
    const talk = await begin();
    await talk.type(CTRL_C, "");
    expect(await talk.over).toBe(0);
  });
});

test("a password that is asked for is not shown", async () => {
  const guarded = await startServer({ args: ["--requirepass", "secret"] });
  const talk = new Talk(["-p", String(guarded.port), "--askpass"]);
  await talk.sees("Please input password: ");
  await talk.type("secrex\x7ft\r", ">");
  expect(talk.shown).toContain("******\b \b*");
  expect(talk.shown).not.toContain("secret");
  await talk.type("ping\r", "PONG");
  await guarded.stop();
});

test("it is told how long a slow command took", async () => {
  const talk = await begin();
  const shown = await talk.type("blpop nothing 0.6\r", "s)");
  expect(Number(/\n\((\d+\.\d\d)s\)/.exec(shown)?.[1])).toBeGreaterThanOrEqual(0.6);
});
