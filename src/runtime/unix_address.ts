/** Addresses of Unix sockets that are no files (struct sockaddr_un of Linux). */
import { Buffer } from "node:buffer";
import { AF_UNIX } from "./socket_calls.ts";

const PATH_OFFSET = 2;
const NAME_SIZE_MAX = 107;

/** The address of a name (bytes, one per character), which is cut where it is too long. */
export function abstractAddress(name: string): Uint8Array {
  const kept = name.slice(0, NAME_SIZE_MAX);
  // A zero comes before it, and none after it.
  const bytes = new Uint8Array(PATH_OFFSET + 1 + kept.length);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(Buffer.from(kept, "latin1"), PATH_OFFSET + 1);
  return bytes;
}
