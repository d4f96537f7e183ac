/** The system's socket addresses (struct sockaddr, struct addrinfo of Linux), read and written. */
import { Buffer } from "node:buffer";
import type { Libc } from "./libc.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM } from "./socket_calls.ts";
import { systemFailure } from "./system_error.ts";
import { latin1Of, putLatin1 } from "./texts.ts";

const AI_PASSIVE = 1;

/** Room for the longest (struct sockaddr_un has 110 bytes). */
export const ADDRESS_SIZE = 112;
const PORT_OFFSET = 2;
const IPV4_OFFSET = 4;
const IPV6_OFFSET = 8;
const PATH_OFFSET = 2;
/** With the zero after it, which is not counted here. */
const PATH_SIZE_MAX = 107;
/** INET6_ADDRSTRLEN; with brackets and a port. */
const TEXT_SIZE = 46;
const ENDPOINT_SIZE = TEXT_SIZE + 8;

/** struct addrinfo: its size, and the offsets of what is used. */
const INFO_SIZE = 48;
const INFO_FLAGS = 0;
const INFO_FAMILY = 4;
const INFO_TYPE = 8;
const INFO_ADDRESS_SIZE = 16;
const INFO_ADDRESS = 24;
const INFO_NEXT = 40;

const zeroEnded = (text: string) => Buffer.from(`${text}\0`, "latin1");

/** As Redis names the end of a connection: 127.0.0.1:6379, [::1]:6379. */
export const endpointText = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

const addressText = new Uint8Array(TEXT_SIZE);
/** What `endpointOf` writes; it makes nothing that stays but the text, since there may be many. */
const written = new Uint8Array(ENDPOINT_SIZE);

/** The address and the port in a struct sockaddr; ":0" for a socket file's. */
export function endpointOf({ calls, addressOf }: Libc, bytes: Uint8Array): string {
  const family = bytes[0] | (bytes[1] << 8);
  if (family !== AF_INET && family !== AF_INET6) return ":0";
  const at = addressOf(bytes) + (family === AF_INET ? IPV4_OFFSET : IPV6_OFFSET);
  calls.inet_ntop(family, at, addressOf(addressText), TEXT_SIZE);
  const port = (bytes[PORT_OFFSET] << 8) | bytes[PORT_OFFSET + 1];
  const address = latin1Of(addressText, 0, addressText.indexOf(0));
  const text = endpointText(address, port);
  // In one piece: what is put together of pieces takes thrice as much.
  putLatin1(written, 0, text);
  return latin1Of(written, 0, text.length);
}

/** The struct sockaddr_un of a socket file (bytes, one per character). */
export function fileAddress(path: string): Uint8Array {
  if (path.length > PATH_SIZE_MAX) throw systemFailure("ENAMETOOLONG");
  const bytes = new Uint8Array(PATH_OFFSET + path.length + 1);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(Buffer.from(path, "latin1"), PATH_OFFSET);
  return bytes;
}

/**
 * Finds the addresses of a host (a name or an address) with a port, calls `use` with one after the
 * other until it does not return null, and returns that: an address is valid only as long. Throws
 * what `use` throws, and when there is no such host, or no address that will do.
 */
export function withInternetAddress<T>(
  { calls, addressOf, readAddress, readInt32 }: Libc,
  host: string,
  port: number,
  use: (family: number, address: number, size: number) => T | null,
): T {
  const hints = new Int32Array(INFO_SIZE / 4);
  hints[INFO_FLAGS / 4] = AI_PASSIVE;
  hints[INFO_TYPE / 4] = SOCK_STREAM;
  const found = new BigUint64Array(1);
  const [name, service] = [zeroEnded(host), zeroEnded(String(port))];
  const error = calls.getaddrinfo(
    addressOf(name),
    addressOf(service),
    addressOf(hints),
    addressOf(found),
  );
  if (error !== 0) throw systemFailure("ENOTFOUND");
  const first = Number(found[0]);
  try {
    for (let info = first; info !== 0; info = readAddress(info, INFO_NEXT)) {
      const used = use(
        readInt32(info, INFO_FAMILY),
        readAddress(info, INFO_ADDRESS),
        readInt32(info, INFO_ADDRESS_SIZE),
      );
      if (used !== null) return used;
    }
  } finally {
    calls.freeaddrinfo(first);
  }
  throw systemFailure("EADDRNOTAVAIL");
}
