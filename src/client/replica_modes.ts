/** --rdb, --functions-rdb: the data as a replica gets them, into a file; --replica: the changes. */

import { connected } from "./asking.ts";
import { ConnectionClosed, type Link } from "./link.ts";
import { beginSync, readPayload, showReplica } from "./replica.ts";
import { ClientExit, type Session } from "./session.ts";

const STANDARD = "-";

/** Tells the server what kind of replica this is; false if it does not know that. */
async function announce(session: Session, link: Link, name: string, value: string) {
  session.parts.writeError(`sending REPLCONF ${name} ${value}\n`);
  const reply = await link.ask("REPLCONF", name, value);
  if (reply.kind !== "error") return true;
  session.parts.writeError(`REPLCONF ${name} error: ${reply.text}\n`);
  return false;
}

export async function followMaster(session: Session): Promise<number> {
  const link = await connected(session);
  await announce(session, link, "capa", "eof");
  await announce(session, link, "rdb-filter-only", "");
  try {
    return await showReplica(link, (text) => session.print(text));
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
    session.parts.writeError("Server closed the connection\n");
    throw new ClientExit(1);
  }
}

export async function fetchData(session: Session, functionsOnly: boolean): Promise<number> {
  const { options, parts } = session;
  const path = options.modeArgument;
  const link = await connected(session);
  await announce(session, link, "capa", "eof");
  await announce(session, link, "rdb-only", "1");
  if (functionsOnly && !(await announce(session, link, "rdb-filter-only", "functions"))) return 1;
  const payload = await beginSync(link);
  const what =
    "size" in payload
      ? `writing ${payload.size} bytes`
      : "writing bytes of bulk transfer until EOF marker";
  parts.writeError(`SYNC sent to master, ${what} to '${path}'\n`);
  let size: number;
  if (path === STANDARD) size = await readPayload(link, payload, parts.writeStandardOutput);
  else {
    const file = openFile(session, path);
    try {
      size = await readPayload(link, payload, file.write);
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
  }
  parts.writeError(`Transfer finished with success after ${size} bytes\n`);
  return 0;
}

function openFile({ parts }: Session, path: string) {
  try {
    return parts.createFile(path);
  } catch (error) {
    parts.writeError(`Error opening '${path}': ${(error as Error).message}\n`);
    throw new ClientExit(1);
  }
}
