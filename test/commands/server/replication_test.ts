// REPLICAOF and SLAVEOF of a server that is a master and can be nothing else yet.

import { afterAll, beforeAll, test } from "bun:test";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test.each(["REPLICAOF", "SLAVEOF"])("%s NO ONE is true already, a host is refused", (name) =>
  server.session(`
    > ${name} NO ONE
    OK
    > ${name} no one
    OK
    > ${name} NO
    (error) ERR wrong number of arguments for '${name.toLowerCase()}' command
    > ${name} localhost port
    (error) ERR Invalid master port
    > ${name} localhost 65536
    (error) ERR Invalid master port
    > ${name} localhost -1
    (error) ERR Invalid master port
    > ${name} localhost 6379
    (error) ERR There is no replication yet: this server cannot become a replica
    > ${name} no 6379
    (error) ERR There is no replication yet: this server cannot become a replica
    > ROLE
    1) "master"
    2) (integer) 0
    3) (empty array)
  `),
);
