/**
 * What only one process of a machine may have at a time. A claim is a name of a socket of Linux's
 * that is no file: the system lets it go with the process, however that ends.
 */
import { statSync } from "node:fs";
import process from "node:process";
import { type ForeignSignatures, openForeign, openLibrary, type Place } from "./foreign.ts";
import { AF_UNIX } from "./socket_calls.ts";
import { abstractAddress } from "./unix_address.ts";

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;

const SIGNATURES: ForeignSignatures = {
  socket: { takes: ["int", "int", "int"], returns: "int" },
  bind: { takes: ["int", "bytes", "int"], returns: "int" },
  close: { takes: ["int"], returns: "int" },
};

interface Calls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Place, size: number): number;
  close(fd: number): number;
}

/**
 * Claims a name in the current folder, by whatever path that is reached, until the process ends.
 * False: another process has it.
 */
export type ClaimInFolder = (name: string) => boolean;

/** Where there are no claims, nobody else can have one. */
export async function openClaims(): Promise<ClaimInFolder> {
  const foreign = process.platform === "linux" ? await openForeign() : null;
  const calls = foreign && (openLibrary(foreign, SIGNATURES) as Calls | null);
  if (foreign === null || calls === null) return () => true;
  const own = new Set<string>();
  return (name) => {
    const { dev, ino } = statSync(".");
    const claimed = `rusk:${dev}:${ino}:${name}`;
    if (own.has(claimed)) return true;
    const fd = calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return true;
    const address = abstractAddress(claimed);
    if (calls.bind(fd, foreign.place(address, 0), address.length) !== 0) {
      calls.close(fd);
      return false;
    }
    own.add(claimed);
    return true;
  };
}
