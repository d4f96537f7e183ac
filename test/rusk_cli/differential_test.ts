// Purpose: what `rusk cli` says, byte by byte beside redis-cli: replies in every format, errors,
// options, and how it ends.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../client/server.ts";
import { certificate, startSecureServer } from "../tls/secure_server.ts";
import {
  fakeServer,
  OUR_CLI,
  portOf,
  REDIS_CLI,
  type RunOptions,
  runClient,
  type Said,
} from "./clients.ts";

const withRedis = describe.skipIf(REDIS_CLI === null);
let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  const client = await server.connect();
  await client.command("SET", "key", 'a\tb\n"\\\x01\x7fé/');
  await client.command("SET", "number", "10");
  await client.command("RPUSH", "list", ...Array.from({ length: 12 }, (_, i) => `e${i}`));
  await client.command("HSET", "hash", "a", "1", "b\n", "2");
  await client.command("SADD", "set", "1");
  await client.command("ZADD", "zset", "1.5", "a", "2", "b");
  await client.command("XADD", "stream", "1-1", "field", "value");
  client.close();
});
afterAll(() => server.stop());

/** Both clients say the same, and end with the same status. */
async function same(args: readonly string[], options?: RunOptions): Promise<void> {
  const ours = await runClient(OUR_CLI, args, options);
  const theirs = await runClient([REDIS_CLI as string], args, options);
  expect(ours).toEqual(theirs);
}

const here = (...words: string[]) => ["-p", String(server.port), ...words];
const TERMINAL = { env: { FAKETTY: "1" } };

const COMMANDS = [
  "PING",
  "GET key",
  "GET nothing",
  "STRLEN key",
  "NOSUCH a b",
  "LRANGE list 0 -1",
  "LRANGE nothing 0 -1",
  "HGETALL hash",
  "SMEMBERS set",
  "ZRANGE zset 0 -1 WITHSCORES",
  "XRANGE stream - +",
  "XREAD STREAMS stream nothing 0 0",
  "COMMAND DOCS get",
  "COMMAND INFO get xadd nosuch",
  "CONFIG GET maxmemory*",
  "CONFIG HELP",
  "CLUSTER INFO",
  "MEMORY DOCTOR",
  "LATENCY DOCTOR",
];

withRedis("replies", () => {
  for (const options of ["--raw", "--no-raw", "--csv", "--json", "--quoted-json"]) {
    test(`${options}, in both protocols`, async () => {
      for (const protocol of ["-2", "-3"]) {
        for (const command of COMMANDS) await same(here(options, protocol, ...command.split(" ")));
      }
    });
  }

  describe("of every type, nested, as the server sends them", () => {
    const replies = [
      "*3\r\n:1\r\n*2\r\n$1\r\na\r\n*-1\r\n%1\r\n+k\r\n~2\r\n#t\r\n,1.5\r\n",
      "%2\r\n*1\r\n:1\r\n*2\r\n+a\r\n+b\r\n$1\r\nk\r\n%1\r\n$1\r\nx\r\n_\r\n",
      "~0\r\n",
      "%0\r\n",
      "=8\r\ntxt:a\nbc\r\n",
      "*2\r\n-ERR in it\r\n#f\r\n",
      ",inf\r\n",
      "%1\r\n+k\r\n%1\r\n+a\r\n*2\r\n+x\r\n%2\r\n+y\r\n*0\r\n+z\r\n*1\r\n:1\r\n",
      "$0\r\n\r\n",
      "*1\r\n*1\r\n*1\r\n*0\r\n",
    ];
    // One test each: from source on a busy machine a client takes seconds to start.
    test.each(["--raw", "--no-raw", "--csv", "--json", "--quoted-json"])("%s", async (format) => {
      for (const reply of replies) {
        const fake = await fakeServer([reply]);
        await same(["-2", format, "-p", String(portOf(fake)), "X"]);
        fake.close();
      }
    });
  });

  test("what stands between them", async () => {
    await same(here("-d", ",", "LRANGE", "list", "0", "-1"));
    await same(here("-D", "", "GET", "key"));
    await same(here("-D", "|", "-d", "", "-r", "2", "LRANGE", "list", "0", "-1"));
  });

  test("what is no reply", async () => {
    for (const reply of ["@x\r\n", "\x01\r\n"]) {
      const fake = await fakeServer([reply]);
      await same(["-p", String(portOf(fake)), "X"]);
      fake.close();
    }
  });

  test("a server that ends", async () => {
    const fake = await fakeServer([]);
    await same(["-p", String(portOf(fake)), "X"]);
    fake.close();
  });
});

withRedis("options", () => {
  const CASES = [
    "--bogus",
    "-2 -3 PING",
    "--show-pushes no -p 1 PING",
    "-a",
    "-X",
    "-x -X tag",
    "-u http://x PING",
    "-p 1 PING",
    "-s /nonexistent PING",
    "-h 0.0.0.0x PING",
    "--quoted-pattern 'a --scan",
    "--eval /nonexistent",
  ];
  for (const words of CASES) test(words, () => same(words.split(" ")));

  const WITH_SERVER = [
    "-e NOSUCH",
    "-e GET key",
    "-a wrong PING",
    "--user nobody PING",
    "--user nobody --pass wrong PING",
    "-a wrong --no-auth-warning PING",
    "-n 3 CLIENT GETNAME",
    "-n 99 PING",
    "-r 3 PING",
    "-r 2 -i 0.01 NOSUCH",
    "--quoted-input GET 'key",
    `--quoted-input GET "k\\x65y"`,
    `GET "k\\x65y"`,
    "-X nowhere SET a b",
    "--scan --pattern nothing*",
    "--bigkeys",
    "--bigkeys -i 0.01",
    "--hotkeys",
    "SELECT 3",
    "-x",
    "-c GET key",
    "-e -r 3 NOSUCH",
    "PING -h",
    "--raw --no-raw GET key",
    "--json -2 HGETALL hash",
    "-h localhost PING",
    "HELLO 9",
    "--show-pushes no PING",
  ];
  for (const words of WITH_SERVER) test(words, () => same(here(...words.split(" "))));

  test("--scan", async () => {
    await same(here("--scan"));
    await same(here("--scan", "--pattern", "*e*"));
    await same(here("--scan", "--quoted-pattern", '"k\\x65y"'), TERMINAL);
    await same(here("--scan", "--csv"));
  });

  test("many keys", async () => {
    const client = await server.connect();
    await client.command("SELECT", "5");
    await client.command("DEBUG", "POPULATE", "3000");
    client.close();
    for (const mode of ["--scan", "--bigkeys", "--memkeys"]) await same(here("-n", "5", mode));
  });

  test("help needs no server", async () => {
    for (const words of ["help get", "help config reset", "help @hyperloglog", "? nosuch"]) {
      const ours = await runClient(OUR_CLI, ["-p", "1", ...words.split(" ")]);
      const theirs = await runClient([REDIS_CLI as string], ["-p", "1", ...words.split(" ")]);
      // Summaries are in Rusk's own words.
      const plain = ({ out, ...rest }: Said) => ({ ...rest, out: out.replace(/summary:.*/g, "") });
      expect(plain(ours)).toEqual(plain(theirs));
    }
  });

  test("-x and -X take what comes on standard input", async () => {
    const input = "a\x00b\n";
    await same(here("-x", "SET", "from-input"), { input });
    await same(here("-X", "tag", "SET", "tag", "1"), { input });
    await same(here("GET", "from-input"));
    await same(here("EXISTS", input.slice(0, 1)));
  });

  test("REDISCLI_AUTH, which is overridden by -a", async () => {
    await same(here("PING"), { env: { REDISCLI_AUTH: "wrong" } });
    await same(here("-a", "other", "PING"), { env: { REDISCLI_AUTH: "wrong" } });
  });

  test("-u with everything in it", async () => {
    await same(["-u", `redis://someone:p%40ss@127.0.0.1:${server.port}/3`, "PING"]);
    await same(["-u", `redis://pass@127.0.0.1:${server.port}`, "PING"]);
    await same(["-u", `redis://127.0.0.1:${server.port}/2`, "DBSIZE"]);
  });

  test("--pipe", async () => {
    const input = "SET a 1\r\nGET a\r\nNOSUCH\r\nLPUSH a 1\r\n";
    await same(here("--pipe"), { input });
    await same(here("--pipe"), { input: "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n" });
    await same(here("--pipe"), { input: "" });
  });
});

withRedis("data for a replica", () => {
  const DATA = "REDIS0010 and so on";
  const MARK = "0123456789012345678901234567890123456789";

  for (const header of [`$${DATA.length}\r\n${DATA}`, `$EOF:${MARK}\r\n${DATA}${MARK}`]) {
    test(header.slice(0, 4), async () => {
      // An empty line says that the server is at work.
      const replies = ["+OK\r\n", "+OK\r\n", `\n${header}`];
      const folder = mkdtempSync(join(tmpdir(), "rusk-cli-"));
      for (const option of ["--rdb", "--functions-rdb"]) {
        const needed = option === "--rdb" ? replies : ["+OK\r\n", ...replies];
        const fake = await fakeServer(needed);
        await same([option, "file", "-p", String(portOf(fake))], { cwd: folder });
        expect(readFileSync(join(folder, "file"), "utf8")).toBe(DATA);
        // redis-cli leaves the mark of the end behind the data.
        const said = await runClient(OUR_CLI, [option, "-", "-p", String(portOf(fake))]);
        expect(said).toMatchObject({ out: DATA, status: 0 });
        await same([option, "/nonexistent/file", "-p", String(portOf(fake))], { cwd: folder });
        fake.close();
      }
      rmSync(folder, { recursive: true });
    });
  }

  test("of a server that has none", async () => {
    const fake = await fakeServer(["-ERR a\r\n", "-ERR b\r\n", "-ERR c\r\n"]);
    for (const options of [["--rdb", "x"], ["--functions-rdb", "x"], ["--replica"]]) {
      await same([...options, "-p", String(portOf(fake))]);
    }
    fake.close();
  });
});

withRedis("other connections", () => {
  test("a Unix socket", async () => {
    const path = join(tmpdir(), `rusk-cli-${server.port}.sock`);
    const there = await startServer({ args: ["--unixsocket", path] });
    await same(["-s", path, "CLIENT", "GETNAME"]);
    await same(["-s", path], { input: "PING\n" });
    await there.stop();
  });

  test("TLS, with and without certificates", async () => {
    const secure = await startSecureServer(["--tls-auth-clients", "yes"]);
    const port = ["-p", String(secure.tlsPort), "--tls"];
    const authority = ["--cacert", certificate("authority.crt")];
    const own = ["--cert", certificate("client.crt"), "--key", certificate("client.key")];
    await same([...port, ...authority, ...own, "PING"]);
    await same([...port, "--insecure", ...own, "--sni", "localhost", "PING"]);
    const uri = `rediss://localhost:${secure.tlsPort}/3`;
    await same(["-u", uri, ...authority, ...own, "CLIENT", "GETNAME"]);
    // Each has its own words for what is wrong.
    for (const wrong of [own, authority, ["--cacert", "/nonexistent"]]) {
      for (const client of [OUR_CLI, [REDIS_CLI as string]]) {
        const { out, problems, status } = await runClient(client, [...port, ...wrong, "PING"]);
        expect({ out, status }).toEqual({ out: "", status: 1 });
        expect(problems).not.toBe("");
      }
    }
    await secure.stop();
  });

  test("-c follows where a cluster sends it", async () => {
    for (const kind of ["MOVED", "ASK"]) {
      const target = await fakeServer(["+there\r\n", "+there too\r\n"]);
      const fake = await fakeServer([`-${kind} 12 127.0.0.1:${portOf(target)}\r\n`]);
      await same(["-c", "-p", String(portOf(fake)), "GET", "a"]);
      await same(["-p", String(portOf(fake)), "GET", "a"]);
      fake.close();
      target.close();
    }
  });
});

withRedis("without a terminal", () => {
  test("lines of standard input are commands", async () => {
    const input =
      'GET key\n\n  \nSET "a\nGET "key"x\nSELECT 3\nDBSIZE\n2 PING\n0 PING\nMULTI\nPING\nEXEC\n' +
      ":set hints\n:set x\n:x\nquit\nGET key\n";
    await same(here(), { input });
    await same(here(), { input, ...TERMINAL });
  });

  test("an error ends no session, whatever -e says", async () => {
    const input = "NOSUCH\nMULTI\nSET a\nEXEC\nGET key\n";
    await same(here("-e"), { input });
    await same(here("-e"), { input, ...TERMINAL });
    await same(here("-e", "NOSUCH"));
  });

  test("what a session does with errors and with what it does not know", async () => {
    const inputs = [
      "MONITOR x\nSUBSCRIBE\nhelp @nosuch\n? nosuch\nrestart\nPING\n",
      "AUTH a b\nAUTH x\nSELECT 99\nSELECT a\nSELECT 1 2\nDBSIZE\n",
      "MULTI\nSELECT 3\nEXEC\nDBSIZE\nDISCARD\nMULTI\nBAD\nEXEC\nMULTI\nRESET\nPING\n",
      "-1 PING\n1x PING\n99999999999999999999 PING\n+2 PING\n2\n",
      "CLIENT TRACKING ON\nGET number\nSET number 1\nGET number\nSET number 10\nPING\n",
      `connect 127.0.0.1 1\nPING\nconnect 127.0.0.1 ${server.port}\nPING\n`,
    ];
    for (const input of inputs) {
      await same(here(), { input });
      await same(here("-3"), { input, ...TERMINAL });
    }
  });

  test("a subscription and MONITOR go on until the server ends them", async () => {
    const message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
    for (const command of ["SUBSCRIBE a b", "PSUBSCRIBE p*", "MONITOR"]) {
      const fake = await fakeServer([`+OK\r\n${message}${message}`], true);
      await same(["-p", String(portOf(fake)), ...command.split(" ")]);
      await same(["-p", String(portOf(fake)), ...command.split(" ")], TERMINAL);
      fake.close();
    }
  });
});
