// Purpose: who closes, or is closed, when: in silence (CLIENT REPLY), and at the end of a turn
// (ACL DELUSER, a reply that is too much), when others still find the client. All as Redis does.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, requestOf } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { Wire } from "../../client/wire.ts";

const hasRedis = redisBinary() !== null;
const servers = new Map<string, Server>();

beforeAll(async () => {
  servers.set("Rusk", await startServer());
  if (hasRedis) servers.set("Redis", await startRedis());
});

afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

const bytesOf = (...commands: string[]) =>
  Buffer.concat(commands.map((command) => requestOf(command.split(" "))));

/** A connection that has sent commands, and what CLIENT ID says of it. */
async function opened(server: Server, ...commands: string[]): Promise<{ wire: Wire; id: string }> {
  const wire = await Wire.open(server);
  wire.write(bytesOf("CLIENT ID", ...commands));
  const [id] = await wire.replies(1 + commands.length);
  return { wire, id: id.toString().slice(1).trim() };
}

/** The flags of a client in CLIENT LIST; "" when it is gone. */
async function flagsOf(client: Client, id: string): Promise<string> {
  const line = String(plain(await client.command("CLIENT", "LIST", "ID", id)));
  return / flags=(\S+)/.exec(line)?.[1] ?? "";
}

/** The same for CLIENT LIST among other replies. */
const masked = (reply: unknown) => String(reply).replace(/^id=.* flags=(\S+) .*$/s, "flags=$1");

async function pipelined(client: Client, commands: readonly string[]): Promise<string[]> {
  const replies = await client.pipeline(commands.map((command) => command.split(" ")));
  return replies.map((reply) => masked(plain(reply)));
}

describe.each(hasRedis ? ["Rusk", "Redis"] : ["Rusk"])("%s", (name) => {
  const server = () => servers.get(name) as Server;
  const BROKEN = Buffer.from("*abc\r\n");

  describe.each(["OFF", "SKIP"])("after CLIENT REPLY %s", (mode) => {
    test.each([
      ["QUIT", bytesOf("QUIT")],
      ["a protocol error", BROKEN],
    ])("%s closes when something is to be sent", async (_, last) => {
      const observer = await server().connect();
      const { wire, id } = await opened(server(), "HELLO 3", "SUBSCRIBE topic");
      wire.write(Buffer.concat([bytesOf(`CLIENT REPLY ${mode}`), last]));
      const flags: string[] = [];
      await until("the end of its commands", async () => {
        flags.push(await flagsOf(observer, id));
        return flags.at(-1) !== "P";
      });
      expect(flags.at(-1)).toBe("Pc");
      expect(await pipelined(observer, ["PUBLISH topic one", "PUBLISH topic two"])).toEqual([
        "1",
        "1",
      ]);
      expect((await wire.rest()).toString()).toBe("");
      expect(await pipelined(observer, ["PUBLISH topic three"])).toEqual(["0"]);
      observer.close();
    });

    test.each([
      ["QUIT", bytesOf("QUIT")],
      ["a protocol error", BROKEN],
    ])("%s closes when what came before is sent", async (_, last) => {
      const { wire } = await opened(server());
      wire.write(Buffer.concat([bytesOf("PING", `CLIENT REPLY ${mode}`), last]));
      expect((await wire.rest()).toString()).toBe("+PONG\r\n");
    });
  });

  test.each([
    ["CLIENT KILL of itself", (id: string) => `CLIENT KILL ID ${id} SKIPME no`],
    ["ACL DELUSER of its user", () => "ACL DELUSER ann"],
  ])("%s in silence leaves it open, until it is killed", async (_, last) => {
    const observer = await server().connect();
    await observer.command(..."ACL SETUSER ann on nopass +@all ~* &*".split(" "));
    const { wire, id } = await opened(server(), "AUTH ann any");
    wire.write(bytesOf("CLIENT REPLY OFF", "MULTI", last(id), "EXEC", "ECHO more"));
    await until("its flag", async () => (await flagsOf(observer, id)) === "c");
    expect(await pipelined(observer, [`CLIENT KILL ID ${id}`])).toEqual(["1"]);
    expect((await wire.rest()).toString()).toBe("");
    observer.close();
  });

  test("a user's clients are there until the end of the turn in which it is deleted", async () => {
    const observer = await server().connect();
    const { wire, id } = await opened(server());
    await observer.command(..."ACL SETUSER ann on nopass +@all ~* &*".split(" "));
    wire.write(bytesOf("AUTH ann any", "SUBSCRIBE topic"));
    await wire.replies(2);
    const other = await opened(server(), "AUTH ann any");
    other.wire.write(bytesOf("BLPOP list 0"));
    await until("the one to wait", async () => (await flagsOf(observer, other.id)) === "b");
    const replies = await pipelined(observer, [
      ...["ACL DELUSER ann", "PUBLISH topic one", "PUBSUB NUMSUB topic", `CLIENT LIST ID ${id}`],
      ...["RPUSH list element", "LLEN list", `CLIENT LIST ID ${other.id}`],
      ...[`CLIENT KILL ID ${id}`, `CLIENT KILL ID ${id}`, "PUBLISH topic two"],
    ]);
    expect(replies.slice(0, 4)).toEqual(["1", "1", "topic,1", "flags=PA"]);
    // In Redis the element goes to who gets nothing any more, and is lost.
    const served = name === "Redis" ? ["1", "0", "flags=uA"] : ["1", "1", "flags=bA"];
    expect(replies.slice(4, 7)).toEqual(served);
    expect(replies.slice(7)).toEqual(["1", "0", "0"]);
    expect((await wire.rest()).toString()).toBe("");
    expect((await other.wire.rest()).toString()).toBe("");
    observer.close();
  });

  test("who redirects to such a client is told in the next turn that it is gone", async () => {
    const observer = await server().connect();
    await observer.command(..."ACL SETUSER ann on nopass +@all ~* &*".split(" "));
    const target = await opened(server(), "AUTH ann any", "SUBSCRIBE __redis__:invalidate");
    const tracking = `CLIENT TRACKING ON REDIRECT ${target.id}`;
    const { wire } = await opened(server(), "HELLO 3", tracking, "GET key");
    await pipelined(observer, ["ACL DELUSER ann", "SET key 1"]);
    expect((await target.wire.rest()).toString()).toBe("");
    wire.write(bytesOf("GET key"));
    expect(String(await wire.replies(1))).toBe("$1\r\n1\r\n");
    await pipelined(observer, ["SET key 2"]);
    expect(String(await wire.replies(1))).toStartWith(">2\r\n$21\r\ntracking-redir-broken\r\n");
    wire.close();
    observer.close();
  });

  test("who has too much to read is there until the end of the turn", async () => {
    const observer = await server().connect();
    await observer.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 10000 0 0");
    const { wire, id } = await opened(server(), "SUBSCRIBE topic", "PSUBSCRIBE topi*");
    wire.write(bytesOf("PSUBSCRIBE top*", "PSUBSCRIBE to*", "PSUBSCRIBE t*"));
    await wire.replies(3);
    const message = `PUBLISH topic ${"x".repeat(7000)}`;
    expect(
      await pipelined(observer, [message, "PUBLISH topic two", `CLIENT LIST ID ${id}`]),
    ).toEqual(["5", "5", "flags=PA"]);
    expect((await wire.rest()).toString()).toBe("");
    expect(await pipelined(observer, ["PUBLISH topic three"])).toEqual(["0"]);
    observer.close();
  });

  test("the reply of who is killed in the same turn does not come", async () => {
    const observer = await server().connect();
    const { wire, id } = await opened(server());
    wire.write(bytesOf("BLPOP other 0"));
    await until("the one to wait", async () => (await flagsOf(observer, id)) === "b");
    const commands = ["RPUSH other element", `CLIENT KILL ID ${id}`, "LLEN other"];
    expect(await pipelined(observer, commands)).toEqual(["1", "1", "0"]);
    expect((await wire.rest()).toString()).toBe("");
    observer.close();
  });

  test("CLIENT CACHING is for an empty request as well, unless in a transaction", async () => {
    const { wire } = await opened(server(), "HELLO 3", "CLIENT TRACKING ON OPTIN");

    wire.write(Buffer.from("CLIENT CACHING YES\r\n*0\r\nCLIENT TRACKINGINFO\r\n"));
    expect(String((await wire.replies(2))[1])).not.toContain("caching-yes");
    wire.write(Buffer.concat([bytesOf("CLIENT CACHING YES", "MULTI"), Buffer.from("\r\n")]));
    wire.write(bytesOf("CLIENT TRACKINGINFO", "EXEC"));
    expect(String((await wire.replies(4))[3])).toContain("caching-yes");
    wire.close();
  });
});
