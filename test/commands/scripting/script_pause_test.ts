// Scripts while writes are paused: what they say of themselves decides, in a transaction as well.

import { afterAll, beforeAll, test } from "bun:test";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test("CLIENT PAUSE WRITE: EXEC of scripts that write nothing goes on", () =>
  server.session(`
    > CLIENT PAUSE 60000 WRITE
    OK
    reader> MULTI
    OK
    reader> EVAL "#!js flags=no-writes\\nreturn 12" 0
    QUEUED
    reader> EXEC
    1) (integer) 12
    > CLIENT UNPAUSE
    OK
  `));
