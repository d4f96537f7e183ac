// ASKING, CLUSTER, READONLY and READWRITE on a server that is not part of a cluster.

import { afterAll, beforeAll, describe, test } from "bun:test";
import { type Server, startServer } from "../../client/server.ts";

const DISABLED = "ERR This instance has cluster support disabled";

const SUBCOMMANDS = [
  "> CLUSTER ADDSLOTS 1",
  "> CLUSTER ADDSLOTSRANGE 1 1",
  "> CLUSTER BUMPEPOCH",
  "> CLUSTER COUNT-FAILURE-REPORTS 1",
  "> CLUSTER COUNTKEYSINSLOT 1",
  "> CLUSTER DELSLOTS 1",
  "> CLUSTER DELSLOTSRANGE 1 1",
  "> CLUSTER FAILOVER",
  "> CLUSTER FLUSHSLOTS",
  "> CLUSTER FORGET 1",
  "> CLUSTER GETKEYSINSLOT 1 1",
  "> CLUSTER HELP",
  "> CLUSTER INFO",
  "> CLUSTER KEYSLOT 1",
  "> CLUSTER LINKS",
  "> CLUSTER MEET 1 1",
  "> CLUSTER MYID",
  "> CLUSTER NODES",
  "> CLUSTER REPLICAS 1",
  "> CLUSTER REPLICATE 1",
  "> CLUSTER RESET",
  "> CLUSTER SAVECONFIG",
  "> CLUSTER SET-CONFIG-EPOCH 1",
  "> CLUSTER SETSLOT 1 1",
  "> CLUSTER SHARDS",
  "> CLUSTER SLAVES 1",
  "> CLUSTER SLOTS",
];

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

  test("every subcommand of CLUSTER is", () =>
    server.session(SUBCOMMANDS.map((line) => `${line}\n(error) ${DISABLED}`).join("\n"), {
      protocol,
    }));
});
