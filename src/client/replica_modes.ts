/** --rdb, --functions-rdb: the data as a replica gets them, into a file; --replica: the changes. */

import { connected } from "./asking.ts";
import type { Link } from "./link.ts";
import { beginSync, readPayload, showReplica } from "./replica.ts";
import { ClientExit, type Session } from "./session.ts";

const STANDARD = "-";
const ACKNOWLEDGE_MS = 1000;

async function tellOfReplica(session: Session, link: Link, name: string, value: string) {
  session.parts.writeError(`sending REPLCONF ${name} ${value}\n`);
  await link.send(["REPLCONF", name, value]);
}

/** Tells the server what kind of replica this is; false if it does not know that. */
async function announce(session: Session, link: Link, name: string, value: string) {
  await tellOfReplica(session, link, name, value);
  const reply = await link.receive();
  if (reply.kind !== "error") return true;
  session.parts.writeError(`REPLCONF ${name} error: ${reply.text}\n`);
  return false;
}

export async function followMaster(session: Session): Promise<number> {
  const link = await connected(session);
  await announce(session, link, "capa", "eof");
  await announce(session, link, "rdb-filter-only", "");
  const output = {
    print: (line: string) => session.print(line),
    tell: (line: string) => session.parts.writeError(line),
  };
  return showReplica(link, output, () => acknowledge(session, link));
}

/**
 * To be sent changes a replica has to say that it is there, to which nothing replies. Said once, it
 * may come before the server has noticed that it has sent all data: it is said each second.
 */
async function acknowledge(session: Session, link: Link): Promise<void> {
  await tellOfReplica(session, link, "ACK", "0");
  const again = async (): Promise<void> => {
    await session.parts.pause(ACKNOWLEDGE_MS);
    await link.send(["REPLCONF", "ACK", "0"]);
    return again();
  };
  void again();
}

export async function fetchData(session: Session, functionsOnly: boolean): Promise<number> {
  const { options, parts } = session;
  const path = options.modeArgument;
  const link = await connected(session);
  await announce(session, link, "capa", "eof");
  await announce(session, link, "rdb-only", "1");
  if (functionsOnly && !(await announce(session, link, "rdb-filter-only", "functions"))) {
    parts.writeError("Failed requesting functions only RDB from server, aborting\n");
    return 1;
  }
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
  const howMuch = "size" in payload ? "." : ` after ${size} bytes`;
  parts.writeError(`Transfer finished with success${howMuch}\n`);
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
