/** Whom the commands of scripts are run for: a client without a connection. */
import { Client, type ConnectionPort } from "../../calls/client.ts";
import type { Database } from "../../keyspace/database.ts";

/** No client of the server has this number. */
const SCRIPT_CLIENT_ID = -2;

/** What the slow log shows in place of an address, as Redis does. */
const NO_ADDRESS = "?:0";

const noConnection: ConnectionPort = {
  remote: NO_ADDRESS,
  local: NO_ADDRESS,
  unix: false,
  closing: false,
  descriptor: -1,
  queryBufferSize: 0,
  queryBufferRoom: 0,
  argumentsSize: 0,
  outputSize: 0,
  outputCount: 0,
  heldSize: 0,
  outputPeakSize: 0,
  createdMs: 0,
  lastActiveMs: 0,
  closeAfterReplies: () => {},
  kill: () => {},
  suspend: () => {},
  resume: () => {},
  awaitDisk: () => {},
  resumeWithAnswer: () => {},
  outgrows: () => false,
  lacksMemory: () => {},
  push: () => {},
};

export function scriptClient(db: Database): Client {
  const client = new Client(SCRIPT_CLIENT_ID, db, noConnection);
  client.isScript = true;
  return client;
}
