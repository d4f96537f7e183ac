/**
 * What more than one kind of socket asks of the system: the numbers of Linux's headers, and calls
 * that take several of them.
 */
import type { Libc } from "./libc.ts";
import { systemFailure } from "./system_error.ts";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
/** Non-blocking, and closed in a child process. */
export const SOCK_FLAGS = 0x800 | 0x80000;
export const MSG_NOSIGNAL = 0x4000;
export const SOL_SOCKET = 1;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
const SO_ERROR = 4;

const option = new Int32Array(1);
const optionSize = new Int32Array(1);

export function setOption(
  { calls, addressOf }: Libc,
  fd: number,
  level: number,
  name: number,
  value: number,
): void {
  option[0] = value;
  calls.setsockopt(fd, level, name, addressOf(option), option.byteLength);
}

/** Why a socket could not be connected, as the system's `code`; "" when it could. */
export function connectProblem({ calls, addressOf, errorName }: Libc, fd: number): string {
  option[0] = 0;
  optionSize[0] = option.byteLength;
  calls.getsockopt(fd, SOL_SOCKET, SO_ERROR, addressOf(option), addressOf(optionSize));
  return option[0] === 0 ? "" : errorName(option[0]);
}

/**
 * A socket that is being connected to an address, or is already. Throws with the system's `code`
 * when the system will not even try.
 */
export function beginConnecting(
  { calls, errorCode }: Libc,
  family: number,
  address: number,
  size: number,
): number {
  const fd = calls.socket(family, SOCK_STREAM | SOCK_FLAGS, 0);
  if (fd < 0) throw systemFailure(errorCode());
  if (calls.connect(fd, address, size) === 0) return fd;
  const code = errorCode();
  if (code === "EINPROGRESS") return fd;
  calls.close(fd);
  throw systemFailure(code);
}
