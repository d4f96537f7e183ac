/** Whom the commands of scripts are run for: a client without a connection. */
import { Client } from "../../calls/client.ts";
import { noConnection } from "../../calls/no_connection.ts";
import type { Database } from "../../keyspace/database.ts";

/** No client of the server has this number. */
const SCRIPT_CLIENT_ID = -2;

/** What the slow log shows in place of an address, as Redis does. */
const NO_ADDRESS = "?:0";

export function scriptClient(db: Database): Client {
  const client = new Client(SCRIPT_CLIENT_ID, db, noConnection(NO_ADDRESS));
  client.isScript = true;
  return client;
}
