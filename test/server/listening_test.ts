// Purpose: where the server listens: addresses of both families, a Unix socket, another port at
// run time; and a port or path that is taken, which ends the start with a reason.

import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, connect } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { freePort, type Server, type ServerOptions, startServer } from "../client/server.ts";
import type { Address } from "../client/wire.ts";

const servers: Server[] = [];
const clients: Client[] = [];
const folder = mkdtempSync(join(tmpdir(), "rusk-listen-"));
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");
/** An address of this machine that is not the loopback's. */
const outer = Object.values(networkInterfaces())
  .flat()
  .find((each) => each !== undefined && !each.internal && each.family === "IPv4")?.address;

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

async function open(address: Address): Promise<Client> {
  const client = await connect(address);
  clients.push(client);
  return client;
}

async function ask(address: Address, ...words: (string | number)[]) {
  return plain(await (await open(address)).command(...words));
}

const refused = async (address: Address) =>
  await open(address).then(
    () => false,
    () => true,
  );

describe("bind", () => {
  test.skipIf(!hasIpv6)("all addresses of both families, unless told otherwise", async () => {
    const { port } = await start();
    expect(await ask({ port, host: "127.0.0.1" }, "PING")).toBe("PONG");
    expect(await ask({ port, host: "::1" }, "PING")).toBe("PONG");
    const info = String(await ask({ port, host: "::1" }, "CLIENT", "INFO"));
    expect(info).toMatch(new RegExp(` addr=\\[::1\\]:\\d+ laddr=\\[::1\\]:${port} `));
  });

  test("only those given", async () => {
    const { port } = await start({ args: ["--bind", "127.0.0.1", "127.0.0.2"] });
    expect(await ask({ port, host: "127.0.0.1" }, "PING")).toBe("PONG");
    expect(await ask({ port, host: "127.0.0.2" }, "PING")).toBe("PONG");
    expect(await refused({ port, host: "127.0.0.3" })).toBe(true);
    if (hasIpv6) expect(await refused({ port, host: "::1" })).toBe(true);
    const info = String(await ask({ port, host: "127.0.0.2" }, "CLIENT", "INFO"));
    expect(info).toMatch(new RegExp(` addr=127\\.0\\.0\\.\\d:\\d+ laddr=127\\.0\\.0\\.2:${port} `));
  });

  test.skipIf(!hasIpv6)("IPv6 alone", async () => {
    const server = await start({ args: ["--bind", "::1"] });
    expect(await ask({ port: server.port, host: "::1" }, "PING")).toBe("PONG");
    expect(await refused({ port: server.port, host: "127.0.0.1" })).toBe(true);
  });

  test("an address that this machine does not have, unless it may be missing", async () => {
    const server = await start({ args: ["--bind", "127.0.0.1", "192.0.2.1"], noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(
      /TCP listening socket 192\.0\.2\.1:\d+: Cannot assign requested address\n/,
    );
    expect(server.log()).toMatch(/# Failed listening on port \d+ \(TCP\), aborting\.\n$/);
    const { port } = await start({ args: ["--bind", "127.0.0.1", "-192.0.2.1"] });
    expect(await ask({ port }, "PING")).toBe("PONG");
  });

  test("changed at run time, and as before when that cannot be", async () => {
    const { port } = await start({ args: ["--bind", "127.0.0.1"] });
    expect(await refused({ port, host: "127.0.0.2" })).toBe(true);
    const client = await open({ port });
    expect(plain(await client.command("CONFIG", "SET", "bind", "127.0.0.2"))).toBe("OK");
    expect(await ask({ port, host: "127.0.0.2" }, "PING")).toBe("PONG");
    expect(await refused({ port, host: "127.0.0.1" })).toBe(true);
    const failed = await client.command("CONFIG", "SET", "bind", "192.0.2.1");
    expect(failed).toMatchObject({
      value:
        "ERR CONFIG SET failed (possibly related to argument 'bind') - " +
        "Failed to bind to specified addresses.",
    });
    expect(await ask({ port, host: "127.0.0.2" }, "PING")).toBe("PONG");
    expect(plain(await client.command("PING"))).toBe("PONG");
  });
});

describe("port", () => {
  test("one that is taken ends the start with a reason, and disturbs nobody", async () => {
    const first = await start();
    const second = await start({ args: ["--port", String(first.port)], noWait: true });
    expect(await second.exited).toBe(1);
    const lines = second.log().trimEnd().split("\n");
    expect(lines[0]).not.toContain("already in use");
    expect(second.log()).toMatch(/listening socket \*:\d+: Address already in use\n/);
    expect(lines.at(-1)).toEndWith(`# Failed listening on port ${first.port} (TCP), aborting.`);
    expect(second.log()).not.toContain("PID:");
    expect(await ask(first, "PING")).toBe("PONG");
  });

  test("another at run time; clients stay; a taken one is refused", async () => {
    const [first, second] = [await start(), await start()];
    const client = await open(first);
    await client.command("SET", "a", "b");
    const failed = await client.command("CONFIG", "SET", "port", second.port);
    expect(failed).toMatchObject({
      value:
        "ERR CONFIG SET failed (possibly related to argument 'port') - " +
        "Unable to listen on this port. Check server logs.",
    });
    expect(await ask(first, "GET", "a")).toBe("b");
    const port = second.port;
    await second.stop();
    expect(plain(await client.command("CONFIG", "SET", "port", port))).toBe("OK");
    expect(await ask({ port }, "GET", "a")).toBe("b");
    expect(await refused(first)).toBe(true);
    expect(plain(await client.command("PING"))).toBe("PONG");
    expect(plain(await client.command("CONFIG", "SET", "port", 0))).toBe("OK");
    expect(await refused({ port })).toBe(true);
    expect(plain(await client.command("GET", "a"))).toBe("b");
  });

  test("another together with addresses, in either order, or neither", async () => {
    const { port } = await start({ args: ["--bind", "127.0.0.1"] });
    const other = await freePort();
    const client = await open({ port });
    const set = async (...words: (string | number)[]) =>
      plain(await client.command("CONFIG", "SET", ...words));
    expect(await set("bind", "127.0.0.1 127.0.0.2", "port", other)).toBe("OK");
    expect(await ask({ port: other, host: "127.0.0.2" }, "PING")).toBe("PONG");
    expect(await refused({ port })).toBe(true);
    expect(await set("port", port, "bind", "127.0.0.1")).toBe("OK");
    expect(await ask({ port }, "PING")).toBe("PONG");
    expect(await refused({ port: other })).toBe(true);
    for (const words of [
      ["bind", "192.0.2.1", "port", other],
      ["port", other, "bind", "192.0.2.1"],
    ]) {
      expect(await set(...words)).toBeInstanceOf(Error);
      expect([await ask({ port }, "PING"), await refused({ port: other })]).toEqual(["PONG", true]);
    }
  });

  test("none at all is no start", async () => {
    const server = await start({ args: ["--port", "0"], noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(/# Configured to not listen anywhere, exiting\.\n$/);
  });
});

describe("unixsocket", () => {
  test("beside the port, with its permissions, and gone at the end", async () => {
    const path = join(folder, "one.sock");
    const args = ["--unixsocket", path, "--unixsocketperm", "700"];
    const server = await start({ args });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(server.log()).toContain(` * The server is now ready to accept connections at ${path}\n`);
    const client = await open({ path });
    expect(plain(await client.command("SET", "a", "x".repeat(300_000)))).toBe("OK");
    expect(await ask(server, "STRLEN", "a")).toBe(300_000);
    expect(plain(await client.command("GET", "a"))).toBe("x".repeat(300_000));
    const info = String(plain(await client.command("CLIENT", "INFO")));
    expect(info).toContain(` addr=${path}:0 laddr=${path}:0 `);
    expect(info).toContain(" flags=U ");
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(server.log()).toContain(" * Removing the unix socket file.\n");
  });

  test("without a port, relative to the folder, in place of a file left behind", async () => {
    writeFileSync(join(folder, "two.sock"), "");
    const args = ["--port", "0", "--dir", folder, "--unixsocket", "two.sock"];
    const server = await start({ args });
    expect(await ask({ path: join(folder, "two.sock") }, "PING")).toBe("PONG");
    expect(server.log()).not.toContain("Ready to accept connections\n");
  });

  test("a path with an accent", async () => {
    const path = join(folder, "caf\u00e9.sock");
    await start({ args: ["--port", "0", "--unixsocket", path] });
    expect(existsSync(path)).toBe(true);
    expect(await ask({ path }, "CONFIG", "GET", "unixsocket")).toEqual([
      "unixsocket",
      path,
    ] as never);
  });

  test("one that cannot be had ends the start with a reason", async () => {
    const path = "/nonexistent/rusk.sock";
    const server = await start({ args: ["--unixsocket", path], noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(
      /# Failed opening Unix socket: bind: No such file or directory\n(.*\n)?$/,
    );
    expect(server.log()).not.toContain("PID:");
  });

  test("a path that is too long, by one byte", async () => {
    const [fits, long] = [106, 108].map((size) => join(folder, "x").padEnd(size, "x"));
    const server = await start({ args: ["--unixsocket", long], noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(
      /# Failed opening Unix socket: unix socket path too long \(108\), must be under 108\n$/,
    );
    await start({ args: ["--unixsocket", `${fits}y`] });
    expect(await ask({ path: `${fits}y` }, "PING")).toBe("PONG");
  });
});

describe("protected mode", () => {
  test.skipIf(outer === undefined)(
    "turns away clients of other machines without a password",
    async () => {
      const server = await start();
      const far = { port: server.port, host: outer as string };
      const denied = await open(far);
      const text = (await denied.wire.rest()).toString();
      expect(text).toMatch(/^-DENIED .*protected mode.*\r\n$/);
      expect(denied.wire.closed).toBe(true);
      expect(await ask(server, "PING")).toBe("PONG");
      expect(await ask(server, "CONFIG", "SET", "requirepass", "secret")).toBe("OK");
      expect(await (await open(far)).command("PING")).toMatchObject({
        value: "NOAUTH Authentication required.",
      });
      const friend = await open(far);
      expect(plain(await friend.command("AUTH", "secret"))).toBe("OK");
      expect(plain(await friend.command("CONFIG", "SET", "requirepass", ""))).toBe("OK");
      expect((await (await open(far)).wire.rest()).toString()).toStartWith("-DENIED ");
      // It is the default user that counts, whoever sets its password, and not whether it is on.
      expect(plain(await friend.command("ACL", "SETUSER", "default", ">other"))).toBe("OK");
      expect(plain(await (await open(far)).command("AUTH", "other"))).toBe("OK");
      const rules = ["nopass", "off"];
      expect(plain(await friend.command("ACL", "SETUSER", "default", ...rules))).toBe("OK");
      expect((await (await open(far)).wire.rest()).toString()).toStartWith("-DENIED ");
      expect(plain(await friend.command("ACL", "SETUSER", "default", "on"))).toBe("OK");
      expect(plain(await friend.command("CONFIG", "SET", "protected-mode", "no"))).toBe("OK");
      expect(await ask(far, "PING")).toBe("PONG");
    },
  );
});

test("requirepass, from the command line", async () => {
  const server = await start({ args: ["--requirepass", "p w\u00e9"] });
  await server.session(`
    > PING
    (error) NOAUTH Authentication required.
    > AUTH wrong
    (error) WRONGPASS invalid username-password pair or user is disabled.
    > AUTH "p w\u00e9"
    OK
    > PING
    PONG
    > CONFIG GET requirepass
    1) "requirepass"
    2) "p w\\xc3\\xa9"
  `);
});
