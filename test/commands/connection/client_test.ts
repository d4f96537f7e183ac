// Purpose: CLIENT (src/commands/connection/client_commands.ts), as sessions under RESP2 and RESP3.
// They hold for the real Redis as well: RUSK_BINARY=redis-server runs them against it,
// but for what is newer.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Client, connect } from "../../client/client.ts";
import { plain, requestOf, type Word } from "../../client/resp.ts";
import { ruskCommand, type Server, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({
    args: ["--unixsocket", "{dir}/socket", "--enable-debug-command", "yes"],
  });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const request = (...commands: Word[][]) => Buffer.concat(commands.map(requestOf));
const ask = async (who: Client, ...words: Word[]) => plain(await who.command(...words));
/** Whether what is tested is the real Redis, which has none of what is newer than 7.0. */
const isRedis = ruskCommand()[0]?.endsWith("redis-server");

/** A line of CLIENT LIST as a map of its fields. */
function fieldsOf(line: unknown): Map<string, string> {
  const words = String(line).trimEnd().split(" ");
  return new Map(words.map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]));
}

/** The fields that CLIENT LIST shows another client of `who`. */
async function seen(who: Client): Promise<Map<string, string>> {
  const id = shown.get(who) as number;
  return fieldsOf(await ask(client, "CLIENT", "LIST", "ID", id));
}

/** The ids of clients opened by `open`. */
const shown = new Map<Client, number>();

/** A new connection; all of them are closed after the test. */
async function open(): Promise<Client> {
  const opened = await server.connect();
  shown.set(opened, (await ask(opened, "CLIENT", "ID")) as number);
  return opened;
}

afterEach(() => {
  for (const opened of shown.keys()) opened.close();
  shown.clear();
});

/** Milliseconds until a promise is fulfilled. */
async function lasting(promise: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("CLIENT needs a subcommand that exists, with its arguments", () =>
    session(`
      > CLIENT
      (error) ERR wrong number of arguments for 'client' command
      > CLIENT NOSUCH
      (error) ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
      > CLIENT GETNAME x
      (error) ERR wrong number of arguments for 'client|getname' command
      > CLIENT GETREDIR
      (integer) -1
      > CLIENT TRACKINGINFO x
      (error) ERR wrong number of arguments for 'client|trackinginfo' command
      > CLIENT GETREDIR x
      (error) ERR wrong number of arguments for 'client|getredir' command
      > CLIENT ID x
      (error) ERR wrong number of arguments for 'client|id' command
      > CLIENT INFO x
      (error) ERR wrong number of arguments for 'client|info' command
    `));

  test("CLIENT SETNAME and GETNAME: a name is one printable word", () =>
    session(String.raw`
      > CLIENT GETNAME
      (nil)
      > CLIENT SETNAME me
      OK
      > CLIENT GETNAME
      "me"
      > CLIENT SETNAME "two words"
      (error) ERR Client names cannot contain spaces, newlines or special characters.
      > CLIENT SETNAME "line\n"
      (error) ERR Client names cannot contain spaces, newlines or special characters.
      > CLIENT SETNAME "\x7f"
      (error) ERR Client names cannot contain spaces, newlines or special characters.
      > CLIENT SETNAME "\xc3\xa9"
      (error) ERR Client names cannot contain spaces, newlines or special characters.
      > CLIENT GETNAME
      "me"
      > CLIENT SETNAME "!~"
      OK
      > CLIENT GETNAME
      "!~"
      > CLIENT SETNAME ""
      OK
      > CLIENT GETNAME
      (nil)
      > CLIENT SETNAME
      (error) ERR wrong number of arguments for 'client|setname' command
      > CLIENT SETNAME a b
      (error) ERR wrong number of arguments for 'client|setname' command
    `));

  test("CLIENT LIST shows no arguments of who is idle, and those of who waits", async () => {
    const [idle, waiting] = [await server.connect(), await server.connect()];
    await idle.command("GET", "some key");
    const id = await ask(waiting, "CLIENT", "ID");
    waiting.send("BLPOP", "list", 0);
    const argumentsOf = async (of: unknown) =>
      fieldsOf(await ask(client, "CLIENT", "LIST", "ID", of as number)).get("argv-mem");
    await until("a client that waits", async () => (await argumentsOf(id)) !== "0");
    expect(Number(await argumentsOf(id))).toBeGreaterThan(4);
    expect(await argumentsOf(await ask(idle, "CLIENT", "ID"))).toBe("0");
    idle.close();
    waiting.close();
  });

  test("CLIENT LIST refuses wrong options, and shows nobody of a type or id that nobody has", () =>
    session(`
      > CLIENT LIST NOSUCH
      (error) ERR syntax error
      > CLIENT LIST TYPE
      (error) ERR syntax error
      > CLIENT LIST TYPE nosuch
      (error) ERR Unknown client type 'nosuch'
      > CLIENT LIST TYPE normal x
      (error) ERR syntax error
      > CLIENT LIST TYPE master

      > CLIENT LIST type replica

      > CLIENT LIST TYPE SLAVE

      > CLIENT LIST "TYPE\\x00" "nosuch\\x00x"
      (error) ERR Unknown client type 'nosuch'
      > CLIENT LIST "TYPE\\x00" "PubSub\\x00x"

      > CLIENT LIST TYPE pubsub

      > CLIENT LIST ID
      (error) ERR syntax error
      > CLIENT LIST ID one
      (error) ERR Invalid client ID
      > CLIENT LIST ID 99999999999999999999
      (error) ERR Invalid client ID
      > CLIENT LIST ID 9999 0 -1

      > CLIENT LIST ID 1 one
      (error) ERR Invalid client ID
    `));

  test("CLIENT KILL refuses wrong filters", () =>
    session(String.raw`
      > CLIENT KILL
      (error) ERR wrong number of arguments for 'client|kill' command
      > CLIENT KILL 1.2.3.4:5
      (error) ERR No such client
      > CLIENT KILL ID
      (error) ERR No such client
      > CLIENT KILL ID one
      (error) ERR client-id should be greater than 0
      > CLIENT KILL ID 0
      (error) ERR client-id should be greater than 0
      > CLIENT KILL ID -1
      (error) ERR client-id should be greater than 0
      > CLIENT KILL ID 9999 TYPE
      (error) ERR syntax error
      > CLIENT KILL TYPE nosuch
      (error) ERR Unknown client type 'nosuch'
      > CLIENT KILL USER nobody
      (error) ERR No such user 'nobody'
      > CLIENT KILL SKIPME maybe
      (error) ERR syntax error
      > CLIENT KILL MAXAGE 1
      (error) ERR syntax error
      > CLIENT KILL TYPE "a\nb"
      (error) ERR Unknown client type 'a b'
    `));

  test("CLIENT NO-EVICT is on or off", () =>
    session(`
      > CLIENT NO-EVICT
      (error) ERR wrong number of arguments for 'client|no-evict' command
      > CLIENT NO-EVICT maybe
      (error) ERR syntax error
      > CLIENT NO-EVICT on
      OK
      > CLIENT NO-EVICT OFF
      OK
    `));

  test("CLIENT REPLY is on, off or skip", () =>
    session(`
      > CLIENT REPLY
      (error) ERR wrong number of arguments for 'client|reply' command
      > CLIENT REPLY maybe
      (error) ERR syntax error
      > CLIENT REPLY ON
      OK
    `));

  test("CLIENT PAUSE and UNPAUSE check their arguments, the mode first", () =>
    session(`
      > CLIENT PAUSE
      (error) ERR wrong number of arguments for 'client|pause' command
      > CLIENT PAUSE soon
      (error) ERR timeout is not an integer or out of range
      > CLIENT PAUSE 1.5
      (error) ERR timeout is not an integer or out of range
      > CLIENT PAUSE -1
      (error) ERR timeout is negative
      > CLIENT PAUSE 99999999999999999999
      (error) ERR timeout is not an integer or out of range
      > CLIENT PAUSE 1 READ
      (error) ERR CLIENT PAUSE mode must be WRITE or ALL
      > CLIENT PAUSE soon READ
      (error) ERR CLIENT PAUSE mode must be WRITE or ALL
      > CLIENT PAUSE 1 WRITE now
      (error) ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.
      > CLIENT PAUSE 0
      OK
      > CLIENT PAUSE 0 write
      OK
      > CLIENT PAUSE 9223372036854775807
      OK
      > CLIENT UNPAUSE
      OK
      > CLIENT UNPAUSE now
      (error) ERR wrong number of arguments for 'client|unpause' command
    `));

  test("CLIENT UNBLOCK finds nobody who is blocked", () =>
    session(`
      > CLIENT UNBLOCK
      (error) ERR wrong number of arguments for 'client|unblock' command
      > CLIENT UNBLOCK one
      (error) ERR value is not an integer or out of range
      > CLIENT UNBLOCK 99999999999999999999
      (error) ERR value is not an integer or out of range
      > CLIENT UNBLOCK 9999
      (integer) 0
      > CLIENT UNBLOCK 0 TIMEOUT
      (integer) 0
      > CLIENT UNBLOCK -1 error
      (integer) 0
      > CLIENT UNBLOCK one sometime
      (error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
      > CLIENT UNBLOCK 1 ERROR now
      (error) ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.
    `));
});

test("CLIENT HELP lists the subcommands", async () => {
  const lines = (await ask(client, "CLIENT", "HELP")) as string[];
  expect(lines[0]).toBe("CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  expect(lines.at(-2)).toBe("HELP");
  for (const name of ["GETNAME", "GETREDIR", "ID", "INFO", "KILL", "LIST", "NO-EVICT", "PAUSE"]) {
    expect(lines.some((line) => line.split(" ")[0] === name)).toBe(true);
  }
  for (const name of ["UNPAUSE", "REPLY", "SETNAME", "UNBLOCK"]) {
    expect(lines.some((line) => line.split(" ")[0] === name)).toBe(true);
  }
});

test("CLIENT ID: later connections have larger ones", async () => {
  const first = await open();
  const second = await open();
  expect(shown.get(second)).toBeGreaterThan(shown.get(first) as number);
  expect(await ask(first, "CLIENT", "ID")).toBe(shown.get(first));
});

describe("CLIENT INFO and LIST", () => {
  const NAMES =
    "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem " +
    "multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver";
  const LINE = new RegExp(
    `^id=(\\d+) addr=127\\.0\\.0\\.1:\\d+ laddr=127\\.0\\.0\\.1:(\\d+) fd=-?\\d+ name=me ` +
      "age=\\d+ idle=\\d+ flags=N db=3 sub=0 psub=0 ssub=0 multi=-1 qbuf=26 qbuf-free=\\d+ " +
      "argv-mem=10 multi-mem=0 rbs=\\d+ rbp=\\d+ obl=0 oll=0 omem=0 tot-mem=\\d+ events=r " +
      "cmd=client\\|(info|list) user=default redir=-1 resp=2 lib-name= lib-ver=$",
  );

  test("a line has Redis's fields in its order", async () => {
    const one = await open();
    await one.command("SELECT", 3);
    await one.command("CLIENT", "SETNAME", "me");
    const info = String(await ask(one, "CLIENT", "INFO"));
    expect(info).toEndWith("\n");
    expect([...fieldsOf(info).keys()].join(" ")).toBe(NAMES);
    const [, id, port, command] = LINE.exec(info.trimEnd()) ?? [];
    expect([id, port, command]).toEqual([`${shown.get(one)}`, `${server.port}`, "info"]);
    const list = String(await ask(one, "CLIENT", "LIST"));
    const own = list.split("\n").find((line) => line.startsWith(`id=${id} `));
    expect(own).toMatch(LINE);
    expect(list).toEndWith("\n");
  });

  test("RESP3 calls it text, and shows so", async () => {
    const one = await open();
    await one.command("HELLO", 3);
    const info = await one.command("CLIENT", "INFO");
    expect(info).toMatchObject({ type: "verbatim", format: "txt" });
    expect(fieldsOf(plain(info)).get("resp")).toBe("3");
    expect(await one.command("CLIENT", "LIST")).toMatchObject({ type: "verbatim", format: "txt" });
  });

  test("LIST shows all, oldest first; LIST ID those asked for, in that order", async () => {
    const [first, second] = [await open(), await open()];
    const [a, b] = [shown.get(first), shown.get(second)] as [number, number];
    const ids = async (...words: Word[]) =>
      [...String(await ask(client, "CLIENT", "LIST", ...words)).matchAll(/^id=(\d+) /gm)].map(
        (match) => Number(match[1]),
      );
    const own = (await ask(client, "CLIENT", "ID")) as number;
    expect((await ids()).filter((id) => [own, a, b].includes(id))).toEqual([own, a, b]);
    expect(await ids("TYPE", "normal")).toEqual(await ids());
    expect(await ids("ID", b, 999_999, a, b)).toEqual([b, a, b]);
  });

  test("flags and counts show what a client is at", async () => {
    const one = await open();
    expect((await seen(one)).get("flags")).toBe("N");
    await one.command("WATCH", "k");
    await one.command("MULTI");
    await one.command("SET", "a", "1");
    await one.command("PING");
    await one.command("CLIENT", "NO-EVICT", "ON");
    let fields = await seen(one);
    expect(fields.get("flags")).toBe("x");
    await client.command("SET", "k", "1");
    await one.command("CLIENT", "NO-EVICT", "ON");
    fields = await seen(one);
    expect(fields.get("flags")).toBe("xd");
    expect(fields.get("multi")).toBe("3");
    expect(Number(fields.get("multi-mem"))).toBeGreaterThan(0);
    expect(fields.get("cmd")).toBe("client|no-evict");
    await one.command("DISCARD");
    await one.command("CLIENT", "NO-EVICT", "ON");
    fields = await seen(one);
    expect(fields.get("flags")).toBe("e");
    expect(fields.get("multi")).toBe("-1");
    expect(fields.get("multi-mem")).toBe("0");
    await one.command("NOSUCH");
    expect((await seen(one)).get("cmd")).toBe("NULL");
    await one.command("RESET");
    expect((await seen(one)).get("flags")).toBe("e");
    await one.command("MONITOR");
    expect((await seen(one)).get("flags")).toBe("Oe");
  });

  test("who has just been let go shows so until it goes on", async () => {
    const flagsAfter = async (...commands: Word[][]) => {
      const id = shown.get(one) as number;
      const replies = await client.pipeline([...commands, ["CLIENT", "LIST", "ID", id]]);
      const line = plain(replies[commands.length]);
      expect(fieldsOf(await ask(client, "CLIENT", "LIST", "ID", id)).get("flags")).toBe("N");
      return fieldsOf(line).get("flags");
    };
    const one = await open();
    const waits = () => until("it waits", async () => (await seen(one)).get("flags") === "b");
    one.send("BLPOP", "list", 0);
    await waits();
    expect(await flagsAfter(["CLIENT", "UNBLOCK", shown.get(one) as number])).toBe("u");
    expect(plain(await one.reply())).toBe(null);
    one.send("BLPOP", "list", 0);
    await waits();
    expect(await flagsAfter(["LPUSH", "list", "x"])).toBe("u");
    await one.reply();
    await client.command("CLIENT", "PAUSE", 60_000, "WRITE");
    one.send("SET", "k", "1");
    await waits();
    expect(await flagsAfter(["CLIENT", "UNPAUSE"])).toBe("u");
    await one.reply();
  });

  test("EXEC's commands see the transaction", async () => {
    const one = await open();
    await one.command("MULTI");
    await one.command("CLIENT", "INFO");
    await one.command("PING");
    const [info] = (await ask(one, "EXEC")) as string[];
    expect(fieldsOf(info).get("flags")).toBe("x");
    expect(fieldsOf(info).get("multi")).toBe("2");
    expect(fieldsOf(info).get("cmd")).toBe("exec");
  });

  test("sizes are of what arrived, of arguments, of what is queued, and of replies", async () => {
    const one = await open();
    const sizesOf = (fields: Map<string, string>) =>
      ["qbuf", "argv-mem", "multi-mem", "obl"].map((name) => Number(fields.get(name)));
    const half = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10\r\n12345";
    await one.raw(half, 0);
    await until("it has come", async () => (await seen(one)).get("qbuf") === "5");
    expect(sizesOf(await seen(one))).toEqual([5, 4, 0, 0]);
    await one.raw("67890\r\n", 0);
    expect(plain(await one.reply())).toBe("OK");
    expect(sizesOf(await seen(one))).toEqual([0, 0, 0, 0]);
    // What is queued counts a pointer for each argument.
    await one.command("MULTI");
    await one.command("GET", "x");
    await one.command("GET", "x");
    expect(sizesOf(await seen(one))).toEqual([0, 0, 40, 0]);
    await one.command("DISCARD");
    expect(sizesOf(await seen(one))).toEqual([0, 0, 0, 0]);
    one.send("BLPOP", "list", 0);
    await until("it waits", async () => (await seen(one)).get("flags") === "b");
    expect(sizesOf(await seen(one))).toEqual([0, 10, 0, 0]);
    await client.command("LPUSH", "list", "1");
    await one.reply();
    // Of who asks, all that came with the question.
    const inline = "PING\r\nPING\r\nCLIENT INFO\r\nPING\r\n";
    await one.raw(inline, 0);
    await one.reply();
    await one.reply();
    expect(sizesOf(fieldsOf(plain(await one.reply())))).toEqual([inline.length, 10, 0, 14]);
    await one.reply();
    const transaction = "MULTI\r\nPING\r\nCLIENT INFO\r\nEXEC\r\n";
    await one.raw(transaction, 0);
    for (let i = 0; i < 3; i++) await one.reply();
    const [, info] = plain(await one.reply()) as string[];
    expect(sizesOf(fieldsOf(info))).toEqual([transaction.length, 4, 38, 34]);
  });

  test("a client of the Unix socket has the path as its address", async () => {
    const path = join(server.dir, "socket");
    const one = await connect({ path });
    const fields = fieldsOf(await ask(one, "CLIENT", "INFO"));
    expect(fields.get("addr")).toBe(`${path}:0`);
    expect(fields.get("laddr")).toBe(`${path}:0`);
    expect(fields.get("flags")).toBe("U");
    expect(await ask(client, "CLIENT", "KILL", "LADDR", `${path}:0`)).toBe(1);
    expect(await one.wire.untilClosed()).toBe(true);
  });
});

describe("CLIENT KILL", () => {
  const addressOf = async (who: Client) =>
    fieldsOf(await ask(who, "CLIENT", "INFO")).get("addr") as string;

  test("by address, in the old form", async () => {
    const one = await open();
    const address = await addressOf(one);
    expect(await ask(client, "CLIENT", "KILL", address)).toBe("OK");
    expect(await one.wire.untilClosed()).toBe(true);
    expect(await ask(client, "CLIENT", "KILL", address)).toEqual(new Error("ERR No such client"));
  });

  test("by filters, all of which must fit; the last of a kind counts", async () => {
    const one = await open();
    const id = shown.get(one) as number;
    const address = await addressOf(one);
    const own = (await ask(client, "CLIENT", "ID")) as number;
    const kill = (...words: Word[]) => ask(client, "CLIENT", "KILL", ...words);
    expect(await kill("ID", id, "ADDR", "1.2.3.4:5")).toBe(0);
    expect(await kill("ID", id, "LADDR", "1.2.3.4:5")).toBe(0);
    expect(await kill("ID", id, "TYPE", "pubsub")).toBe(0);
    expect(await kill("ID", id, "ID", own)).toBe(0);
    expect(await kill("SKIPME", "yes", "ID", own)).toBe(0);
    expect(await ask(one, "PING")).toBe("PONG");
    const local = `127.0.0.1:${server.port}`;
    expect(await kill("id", own, "id", id, "addr", address, "laddr", local, "type", "NORMAL")).toBe(
      1,
    );
    expect(await one.wire.untilClosed()).toBe(true);
  });

  test("of all but oneself", async () => {
    const others = [await open(), await open()];
    expect(await ask(client, "CLIENT", "KILL", "USER", "default", "SKIPME", "yes")).toBe(2);
    for (const other of others) expect(await other.wire.untilClosed()).toBe(true);
    expect(await ask(client, "PING")).toBe("PONG");
  });

  test("of oneself: the reply still comes, and nothing after it is run", async () => {
    const sent = (...words: Word[]) => request(["CLIENT", "KILL", ...words], ["SET", "k", "1"]);
    const one = await open();
    const filters = ["ID", shown.get(one) as number, "SKIPME", "no"];
    expect((await one.raw(sent(...filters))).toString()).toBe(":1\r\n");
    const two = await open();
    expect((await two.raw(sent(await addressOf(two)))).toString()).toBe("+OK\r\n");
    expect(await ask(client, "EXISTS", "k")).toBe(0);
  });
});

describe("CLIENT REPLY", () => {
  const replies = async (...lines: string[]) => {
    const one = await open();
    const commands = lines.map((line) => line.split(" "));
    return (await one.raw(request(...commands, ["QUIT"]))).toString();
  };

  test("OFF drops replies until ON, which replies", async () => {
    expect(
      await replies("CLIENT REPLY OFF", "PING", "NOSUCH", "GET", "CLIENT REPLY ON", "PING"),
    ).toBe("+OK\r\n+PONG\r\n+OK\r\n");
  });

  test("SKIP drops its own reply and the next command's, whatever that is", async () => {
    const skip = "CLIENT REPLY SKIP";
    expect(await replies(skip, "PING", "ECHO a")).toBe("$1\r\na\r\n+OK\r\n");
    expect(await replies(skip, "NOSUCH", "ECHO a")).toBe("$1\r\na\r\n+OK\r\n");
    expect(await replies(skip, "GET", "ECHO a")).toBe("$1\r\na\r\n+OK\r\n");
    expect(await replies(skip, skip, "PING", "ECHO a")).toBe("$1\r\na\r\n+OK\r\n");
    expect(await replies(skip, "CLIENT REPLY ON", "ECHO a")).toBe("+OK\r\n$1\r\na\r\n+OK\r\n");
    expect(await replies(skip, "MULTI", "ECHO a", "EXEC")).toBe(
      "+QUEUED\r\n*1\r\n$1\r\na\r\n+OK\r\n",
    );
    expect(await replies("MULTI", skip, "PING", "EXEC", "PING", "ECHO a")).toBe(
      "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n$1\r\na\r\n+OK\r\n",
    );
  });

  test("SKIP while replies are OFF is ignored", async () => {
    expect(
      await replies("CLIENT REPLY OFF", "CLIENT REPLY SKIP", "PING", "PING", "CLIENT REPLY ON"),
    ).toBe("+OK\r\n+OK\r\n");
  });

  test("RESET turns replies on; a skipped RESET stays so", async () => {
    expect(await replies("CLIENT REPLY OFF", "RESET", "PING")).toBe("+RESET\r\n+PONG\r\n+OK\r\n");
    expect(await replies("CLIENT REPLY SKIP", "RESET", "PING")).toBe("+PONG\r\n+OK\r\n");
  });

  test("a command runs though its reply is dropped", async () => {
    await replies("CLIENT REPLY OFF", "SET k 1", "INCR k", "CLIENT REPLY ON");
    expect(await ask(client, "GET", "k")).toBe("2");
  });
});

describe("CLIENT PAUSE", () => {
  const pause = (...words: Word[]) => ask(client, "CLIENT", "PAUSE", ...words);

  test("ALL holds every command back until its end", async () => {
    const one = await open();
    expect(await pause(200)).toBe("OK");
    expect(await lasting(one.command("PING"))).toBeGreaterThan(100);
  });

  test("WRITE holds writes back, and lets others through", async () => {
    const [one, two] = [await open(), await open()];
    await client.command("SET", "k", "1");
    expect(await pause(300, "WRITE")).toBe("OK");
    const start = performance.now();
    const written = one.command("INCR", "k");
    expect(await ask(two, "GET", "k")).toBe("1");
    expect(await ask(two, "MULTI")).toBe("OK");
    expect(await ask(two, "EXEC")).toEqual([]);
    expect((await seen(one)).get("flags")).toBe("b");
    expect(await ask(client, "CLIENT", "UNBLOCK", 999_999)).toBe(0);
    expect(plain(await written)).toBe(2);
    expect(performance.now() - start).toBeGreaterThan(200);
    expect((await seen(one)).get("flags")).toBe("N");
  });

  test("CLIENT LIST names the command that waits", async () => {
    const one = await open();
    expect(await pause(60_000, "WRITE")).toBe("OK");
    one.send("SET", "k", "1");
    await until("it waits", async () => (await seen(one)).get("flags") === "b");
    expect((await seen(one)).get("cmd")).toBe("set");
    expect(await ask(client, "CLIENT", "UNPAUSE")).toBe("OK");
  });

  test("UNPAUSE lets go what waits, in order", async () => {
    const one = await open();
    expect(await pause(60_000, "WRITE")).toBe("OK");
    one.send("SET", "k", "1");
    one.send("INCR", "k");
    one.send("GET", "k");
    expect(await ask(client, "GET", "k")).toBe(null);
    expect(await ask(client, "CLIENT", "UNPAUSE")).toBe("OK");
    expect(plain(await one.reply())).toBe("OK");
    expect(plain(await one.reply())).toBe(2);
    expect(plain(await one.reply())).toBe("2");
  });

  test("a second pause strengthens and lengthens the first, or leaves it as it is", async () => {
    const one = await open();
    await pause(400, "WRITE");
    await pause(1, "WRITE");
    expect(await lasting(one.command("SET", "k", "1"))).toBeGreaterThan(250);
    await pause(1, "WRITE");
    await pause(300, "ALL");
    expect(await lasting(one.command("PING"))).toBeGreaterThan(150);
    await client.pipeline([
      ["MULTI"],
      ["CLIENT", "PAUSE", 300, "ALL"],
      ["CLIENT", "PAUSE", 1, "WRITE"],
      ["EXEC"],
    ]);
    expect(await lasting(one.command("PING"))).toBeGreaterThan(150);
  });

  test("a client that goes away while it waits does no harm", async () => {
    const one = await open();
    await pause(60_000, "WRITE");
    one.send("SET", "k", "1");
    expect(await ask(client, "PING")).toBe("PONG");
    one.close();
    expect(await ask(client, "CLIENT", "UNPAUSE")).toBe("OK");
    expect(await ask(client, "SET", "a", "1")).toBe("OK");
    expect(await ask(client, "EXISTS", "k")).toBe(0);
  });
});

describe.skipIf(isRedis)("of Redis 7.2", () => {
  const session = (text: string) => server.session(text);

  test("CLIENT SETINFO takes the library's name and version, in one word each", () =>
    session(`
      > CLIENT SETINFO
      (error) ERR wrong number of arguments for 'client|setinfo' command
      > CLIENT SETINFO lib-name
      (error) ERR wrong number of arguments for 'client|setinfo' command
      > CLIENT SETINFO lib-owner me
      (error) ERR Unrecognized option 'lib-owner'
      > CLIENT SETINFO lib-name "two words"
      (error) ERR lib-name cannot contain spaces, newlines or special characters.
      > CLIENT SETINFO LIB-VER "a\\nb"
      (error) ERR LIB-VER cannot contain spaces, newlines or special characters.
      > CLIENT SETINFO lib-name library
      OK
      > CLIENT SETINFO LIB-VER 1.2
      OK
    `));

  test("CLIENT LIST shows them, empty of a client that told none", async () => {
    const one = await open();
    expect(String(await ask(one, "CLIENT", "INFO")).trimEnd()).toEndWith(
      " resp=2 lib-name= lib-ver=",
    );
    await one.command("CLIENT", "SETINFO", "LIB-NAME", "library");
    const line = String(await ask(one, "CLIENT", "INFO")).trimEnd();
    expect(line).toEndWith(" resp=2 lib-name=library lib-ver=");
  });

  test("CLIENT NO-TOUCH: the client's reads leave no trace", async () => {
    const one = await open();
    expect(await ask(one, "CLIENT", "NO-TOUCH", "maybe")).toEqual(new Error("ERR syntax error"));
    await client.command("SET", "k", "1");
    expect(await ask(one, "CLIENT", "NO-TOUCH", "ON")).toBe("OK");
    expect((await seen(one)).get("flags")).toBe("T");
    await Bun.sleep(2100);
    await one.command("GET", "k");
    expect(await ask(one, "OBJECT", "IDLETIME", "k")).toBeGreaterThanOrEqual(2);
    expect(await ask(one, "CLIENT", "NO-TOUCH", "OFF")).toBe("OK");
    await one.command("GET", "k");
    expect(await ask(one, "OBJECT", "IDLETIME", "k")).toBeLessThan(2);
    expect((await seen(one)).get("flags")).toBe("N");
  });
});

test("CLIENT TRACKINGINFO tells that tracking is off, in each protocol", async () => {
  const client = await server.connect();
  const shown = async () => String(await client.raw("CLIENT TRACKINGINFO\r\n", 1));
  const rest = "$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n";
  expect(await shown()).toBe(`*6\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n${rest}`);
  await client.command("HELLO", "3");
  expect(await shown()).toBe(`%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n${rest}`);
  client.close();
});
