// Purpose: stands in for the socket of a service manager, or of the system's log: collects what is
// sent to it.

import { dlopen, ptr } from "bun:ffi";
import { closeSync, readFileSync, rmSync } from "node:fs";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const SIZE_MAX = 65_536;

const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
});

export class DatagramSocket {
  private readonly fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  private readonly bytes = Buffer.alloc(SIZE_MAX);
  private readonly messages: string[] = [];
  private readonly path: string;

  /** Listens at a path; one that begins with `@` is of an abstract socket. */
  constructor(path: string) {
    this.path = path;
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(path)]);
    if (path.startsWith("@")) address[2] = 0;
    if (libc.bind(this.fd, ptr(address), address.length) < 0) throw new Error(`no ${path}`);
  }

  /** All that has been sent so far. */
  received(): string[] {
    for (;;) {
      const size = libc.recv(this.fd, ptr(this.bytes), SIZE_MAX, MSG_DONTWAIT);
      if (size < 0) return this.messages;
      this.messages.push(this.bytes.toString("latin1", 0, size));
    }
  }

  close(): void {
    closeSync(this.fd);
    rmSync(this.path, { force: true });
  }
}

/** The state that the system shows of a process: T is stopped. */
export function processState(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1][0];
}
