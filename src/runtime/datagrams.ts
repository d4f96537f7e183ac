/**
 * Messages to the socket files of other programs, which nobody answers: to the service manager, to
 * the system's log. Of Linux, by the C library; neither runtime has such sockets itself.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import {
  type Foreign,
  type ForeignSignatures,
  openForeign,
  openLibrary,
  type Place,
} from "./foreign.ts";
import { AF_UNIX, MSG_NOSIGNAL } from "./socket_calls.ts";

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;

/** struct sockaddr_un: the family, then the path; what is not a file begins with a zero. */
const PATH_OFFSET = 2;
const PATH_SIZE_MAX = 108;

const SIGNATURES: ForeignSignatures = {
  socket: { takes: ["int", "int", "int"], returns: "int" },
  sendto: { takes: ["int", "bytes", "long", "int", "bytes", "int"], returns: "int" },
};

interface Calls {
  socket(family: number, type: number, protocol: number): number;
  sendto(fd: number, bytes: Place, size: bigint, flags: number, to: Place, toSize: number): number;
}

export interface Datagrams {
  /**
   * Sends a text (bytes, one per character) to a socket file; a path that begins with `@` is of an
   * abstract one. While the receiver is behind it waits, or with `isUrgent` does not send. Whether
   * it was sent.
   */
  send(path: string, text: string, isUrgent: boolean): boolean;
}

/** Null where there is no such library. */
export async function openDatagrams(): Promise<Datagrams | null> {
  const foreign = process.platform === "linux" ? await openForeign() : null;
  const calls = foreign && (openLibrary(foreign, SIGNATURES) as Calls | null);
  return foreign === null || calls === null ? null : datagramsBy(calls, foreign);
}

function datagramsBy(calls: Calls, { place }: Foreign): Datagrams | null {
  const fd = calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return null;
  return {
    send(path, text, isUrgent) {
      if (path.length >= PATH_SIZE_MAX) return false;
      const to = addressOf(path);
      const bytes = Buffer.from(text, "latin1");
      const flags = MSG_NOSIGNAL | (isUrgent ? MSG_DONTWAIT : 0);
      const size = BigInt(bytes.length);
      return calls.sendto(fd, place(bytes, 0), size, flags, place(to, 0), to.length) >= 0;
    },
  };
}

function addressOf(path: string): Uint8Array {
  const isAbstract = path.startsWith("@");
  // The zero after a path counts, and that before an abstract name is part of it.
  const bytes = new Uint8Array(PATH_OFFSET + path.length + (isAbstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(Buffer.from(path, "latin1"), PATH_OFFSET);
  if (isAbstract) bytes[PATH_OFFSET] = 0;
  return bytes;
}
