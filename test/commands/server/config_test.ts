// CONFIG GET SET RESETSTAT REWRITE HELP as commands. What directives there are, and their grammar,
// is tested with src/config.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const failed = (name: string) => `ERR CONFIG SET failed (possibly related to argument '${name}')`;

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("CONFIG GET shows pairs of a name and a value", async () => {
    const client = await server.connect();
    await client.command("HELLO", protocol);
    const head = protocol === 2 ? "*4" : "%2";
    expect(String(await client.raw("CONFIG GET maxmemory hz\r\n", 1))).toBe(
      `${head}\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n$2\r\nhz\r\n$2\r\n10\r\n`,
    );
    expect(String(await client.raw("CONFIG GET nosuch\r\n", 1))).toBe(
      protocol === 2 ? "*0\r\n" : "%0\r\n",
    );
    client.close();
  });

  test("CONFIG SET sets several directives, or none of them", () =>
    session(`
      > CONFIG SET hz 50 timeout 300
      OK
      > CONFIG SET hz 20 port x
      (error) ${failed("port")} - argument couldn't be parsed into an integer
      > CONFIG SET hz 20 nosuch 1
      (error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
      > CONFIG SET "a\\r\\n\\x00b" 1
      (error) ERR Unknown option or number of arguments for CONFIG SET - 'a  '
      > CONFIG SET hz 20 HZ 30
      (error) ${failed("HZ")} - duplicate parameter
      > CONFIG SET hz 20 databases 3
      (error) ${failed("databases")} - can't set immutable config
      > CONFIG SET hz 20 timeout
      (error) ERR syntax error
      > CONFIG SET hz
      (error) ERR wrong number of arguments for 'config|set' command
      > CONFIG SET hz 10 timeout 0
      OK
    `));

  test("CONFIG refuses what it does not know", () =>
    session(`
      > CONFIG
      (error) ERR wrong number of arguments for 'config' command
      > CONFIG PUT a b
      (error) ERR unknown subcommand 'PUT'. Try CONFIG HELP.
      > CONFIG GET
      (error) ERR wrong number of arguments for 'config|get' command
      > CONFIG RESETSTAT now
      (error) ERR wrong number of arguments for 'config|resetstat' command
      > CONFIG REWRITE
      (error) ERR The server is running without a config file
    `));
});

test("CONFIG GET takes several patterns", async () => {
  const client = await server.connect();
  const pairs = plain(
    await client.command("CONFIG", "GET", "slowlog-*", "MAXMEMORY", "h?"),
  ) as string[];
  const names = pairs.filter((_, index) => index % 2 === 0).sort();
  expect(names).toEqual(["MAXMEMORY", "hz", "slowlog-log-slower-than", "slowlog-max-len"]);
  const found = plain(await client.command("CONFIG", "GET", "h?\0x", "timeout\0")) as string[];
  expect(found.filter((_, index) => index % 2 === 0)).toEqual(["hz"]);
  client.close();
});

test("CONFIG SET of a protected directive is for who may", async () => {
  const client = await server.connect();
  const refused = await client.command("CONFIG", "SET", "dir", server.dir);
  expect(plain(refused)).toEqual(new Error(`${failed("dir")} - can't set protected config`));
  client.close();
  const local = await startServer({ args: ["--enable-protected-configs", "local"] });
  await local.session("> CONFIG SET dir .\nOK");
  await local.stop();
});

test("CONFIG HELP lists the subcommands", async () => {
  const client = await server.connect();
  const lines = plain(await client.command("CONFIG", "HELP")) as string[];
  expect(lines[0]).toBe("CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  expect(lines).toContain("RESETSTAT");
  expect(lines).toContain("REWRITE");
  client.close();
});

describe("CONFIG REWRITE", () => {
  const start = (file: string) => startServer({ args: [], env: {}, command: command(file) });
  const command = (file: string) => [
    process.execPath,
    join(import.meta.dir, "../../../src/main.ts"),
    file,
  ];

  test("writes what was changed, and keeps comments", async () => {
    const file = join(server.dir, "rusk.conf");
    writeFileSync(file, "# mine\nmaxmemory 1mb\n\n# yours\n");
    const other = await start(file);
    const client = await other.connect();
    await client.command("CONFIG", "SET", "maxmemory", "3mb", "timeout", 60);
    expect(plain(await client.command("CONFIG", "REWRITE"))).toBe("OK");
    const text = readFileSync(file, "utf8");
    expect(text).toStartWith("# mine\nmaxmemory 3mb\n\n# yours\n");
    expect(text).toContain("\ntimeout 60\n");
    expect(other.log()).toContain("CONFIG REWRITE executed with success.");
    expect(plain(await client.command("INFO", "server"))).toContain(`config_file:${file}\r\n`);
    client.close();
    await other.stop();
  });

  test("makes the file anew when it is gone", async () => {
    const file = join(server.dir, "gone.conf");
    writeFileSync(file, "timeout 5\n");
    const other = await start(file);
    const client = await other.connect();
    writeFileSync(file, "");
    await Bun.file(file).delete();
    expect(plain(await client.command("CONFIG", "REWRITE"))).toBe("OK");
    expect(readFileSync(file, "utf8")).toContain("timeout 5\n");
    client.close();
    await other.stop();
  });
});
