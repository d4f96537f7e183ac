/** What a replica is sent: the stream of changes, shown; or the data before it, as a file. */
import { formatReply } from "./formats.ts";
import type { Link } from "./link.ts";

/** Bytes of the mark that ends data whose size nobody knows before. */
const MARK_SIZE = 40;
const EOF_PREFIX = "EOF:";

/** The size of what follows, or the mark behind it. */
export type Payload = { readonly size: number } | { readonly mark: string };

/** The server will not have a replica; the message says why. */
export class SyncRefused extends Error {}

/** Asks for all data, and reads what comes before them. Throws what the server says otherwise. */
export async function beginSync(link: Link): Promise<Payload> {
  await link.sendBytes(new TextEncoder().encode("SYNC\r\n"));
  for (;;) {
    const line = link.parser.takeLine();
    if (line === null) await link.more();
    else if (line.startsWith("-")) throw new SyncRefused(`SYNC with master failed: ${line}\r`);
    else {
      // Empty lines say that it is at work.
      const header = line.replace(/^\n+/, "");
      if (header.startsWith("$")) return payloadOf(header.slice(1));
    }
  }
}

const payloadOf = (text: string): Payload =>
  text.startsWith(EOF_PREFIX) ? { mark: text.slice(EOF_PREFIX.length) } : { size: Number(text) };

/** Hands on the bytes of the data, piece by piece, without what ends them. */
export async function readPayload(
  link: Link,
  payload: Payload,
  take: (bytes: Uint8Array) => void,
): Promise<number> {
  return "size" in payload
    ? readSized(link, payload.size, take)
    : readMarked(link, payload.mark, take);
}

async function readSized(link: Link, size: number, take: (bytes: Uint8Array) => void) {
  for (let left = size; left > 0; ) {
    const bytes = link.parser.takeBytes(left);
    if (bytes.length === 0) await link.more();
    else take(bytes);
    left -= bytes.length;
  }
  return size;
}

async function readMarked(link: Link, mark: string, take: (bytes: Uint8Array) => void) {
  let tail = new Uint8Array();
  let size = 0;
  const ends = new TextEncoder().encode(mark);
  for (;;) {
    const bytes = link.parser.takeBytes(Infinity);
    if (bytes.length === 0) {
      await link.more();
      continue;
    }
    const both = new Uint8Array(tail.length + bytes.length);
    both.set(tail);
    both.set(bytes, tail.length);
    const keep = Math.max(0, both.length - MARK_SIZE);
    if (keep > 0) take(both.subarray(0, keep));
    size += keep;
    tail = both.slice(keep);
    if (tail.length === ends.length && tail.every((byte, i) => byte === ends[i])) return size;
  }
}

/** Where what is told of a replica's work goes. */
export interface ReplicaOutput {
  /** A change, as CSV. */
  readonly print: (line: string) => void;
  /** What goes on. */
  readonly tell: (line: string) => void;
}

/** Skips the data, and shows the changes that follow as CSV, until the connection ends. */
export async function showReplica(
  link: Link,
  { print, tell }: ReplicaOutput,
  isOnline: () => Promise<void>,
): Promise<never> {
  const payload = await beginSync(link);
  const isSized = "size" in payload;
  const bulk = "bytes of bulk transfer";
  const what = isSized ? `${payload.size} ${bulk}` : `${bulk} until EOF marker`;
  tell(`SYNC with master, discarding ${what}...\n`);
  const size = await readPayload(link, payload, () => {});
  const after = isSized ? "" : ` after ${size + MARK_SIZE} bytes`;
  tell(`SYNC done${after}. Logging commands from master.\n`);
  if (!isSized) await isOnline();
  for (;;) print(formatReply(await link.receive(), "csv", false, NO_DELIMITERS));
}

const NO_DELIMITERS = { reply: "", element: "" };
