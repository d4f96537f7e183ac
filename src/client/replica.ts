/** What a replica is sent: the stream of changes, shown; or the data before it, as a file. */
import { quoted } from "../base/quoted.ts";
import type { Link } from "./link.ts";
import type { Reply } from "./reply.ts";

/** Bytes of the mark that ends data whose size nobody knows before. */
const MARK_SIZE = 40;
const EOF_PREFIX = "EOF:";

/** The size of what follows, or the mark behind it. */
export type Payload = { readonly size: number } | { readonly mark: string };

/** Asks for all data, and reads what comes before them. Throws what the server says otherwise. */
export async function beginSync(link: Link): Promise<Payload> {
  await link.sendBytes(new TextEncoder().encode("SYNC\r\n"));
  for (;;) {
    const line = link.parser.takeLine();
    if (line === null) await link.more();
    else if (line.startsWith("-")) throw new Error(`SYNC with master failed: ${line}`);
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

/** Skips the data, and shows the changes that follow as CSV, for as long as they come. */
export async function showReplica(link: Link, print: (text: string) => void): Promise<never> {
  const payload = await beginSync(link);
  const what = "size" in payload ? `${payload.size} bytes` : "bytes until EOF marker";
  print(`SYNC with master, discarding ${what} of bulk transfer...\n`);
  await readPayload(link, payload, () => {});
  print("SYNC done. Logging commands from master.\n");
  for (;;) {
    const reply = await link.receive();
    print(`${shown(reply)}\n`);
  }
}

const shown = (reply: Reply): string =>
  "items" in reply ? reply.items.map(shown).join(",") : quoted("text" in reply ? reply.text : "");
