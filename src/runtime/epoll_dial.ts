/**
 * Connections that the epoll loop makes to other servers. Few servers do: modules that only this
 * needs are loaded then.
 */
import process from "node:process";
import { EpollSocket } from "./epoll_socket.ts";
import type { WatchingLoop } from "./epoll_watch.ts";
import type { DialEvents, DialTo, Socket } from "./net.ts";
import { fileAddress, withInternetAddress } from "./socket_address.ts";
import { AF_UNIX, beginConnecting, IPPROTO_TCP, setOption, TCP_NODELAY } from "./socket_calls.ts";
import { systemCode } from "./system_error.ts";

/** As `EventLoop.dial`. */
export function dialFrom(loop: WatchingLoop, to: DialTo, events: DialEvents): Socket {
  const socket = new EpollSocket(loop, -1);
  socket.beginDialing(events);
  if ("path" in to) {
    attempt(loop, socket, () => connectingToFile(loop, to.path));
  } else if (process.getBuiltinModule("node:net").isIP(to.host) !== 0) {
    attempt(loop, socket, () => connectingToPort(loop, to.host, to.port));
  } else {
    // One of the runtime's own threads asks.
    process.getBuiltinModule("node:dns").lookup(to.host, (error, address) => {
      if (error !== null) socket.fail(systemCode(error));
      else if (socket.isOpen) {
        attempt(loop, socket, () => connectingToPort(loop, address, to.port));
      }
    });
  }
  return socket;
}

/** Gives the socket the descriptor that `begin` returns; what that throws is told later. */
function attempt(loop: WatchingLoop, socket: EpollSocket, begin: () => number): void {
  try {
    socket.connecting(begin());
  } catch (error) {
    loop.later(0, () => socket.fail(systemCode(error)));
  }
}

function connectingToPort(loop: WatchingLoop, host: string, port: number): number {
  const { libc } = loop;
  const fd = withInternetAddress(libc, host, port, (family, address, size) =>
    beginConnecting(libc, family, address, size),
  );
  setOption(libc, fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

function connectingToFile({ libc }: WatchingLoop, path: string): number {
  const bytes = fileAddress(path);
  return beginConnecting(libc, AF_UNIX, libc.addressOf(bytes), bytes.length);
}
