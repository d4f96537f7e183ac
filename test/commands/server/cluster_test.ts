// ASKING, CLUSTER, READONLY and READWRITE on a server that is not part of a cluster.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { commandTable } from "../../../src/commands/all.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const DISABLED = "ERR This instance has cluster support disabled";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  test("what a client asks of a cluster is refused by name", () =>
    server.session(
      `
      > READONLY
      (error) ${DISABLED}
      > READWRITE
      (error) ${DISABLED}
      > ASKING
      (error) ${DISABLED}
      > READONLY now
      (error) ERR wrong number of arguments for 'readonly' command
      > CLUSTER INFO
      (error) ${DISABLED}
      > CLUSTER HELP
      (error) ${DISABLED}
      > CLUSTER KEYSLOT
      (error) ERR wrong number of arguments for 'cluster|keyslot' command
      > CLUSTER
      (error) ERR wrong number of arguments for 'cluster' command
      > CLUSTER NOSUCH
      (error) ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP.
    `,
      { protocol },
    ));

  test("every subcommand of CLUSTER is", async () => {
    const client = await server.connect();
    await client.command("HELLO", String(protocol));
    const subcommands = [...(commandTable.find("cluster")?.subcommands?.values() ?? [])];
    expect(subcommands).toHaveLength(27);
    for (const { name, arity } of subcommands) {
      const rest = Array<string>(Math.abs(arity) - 2).fill("1");
      const reply = await client.command("CLUSTER", name.split("|")[1], ...rest);
      expect([name, plain(reply)]).toEqual([name, new Error(DISABLED)]);
    }
    client.close();
  });
});
