/** The event loop that suits where the server runs. */
import { EpollLoop } from "./epoll_loop.ts";
import { openLibc } from "./libc.ts";
import type { EventLoop } from "./net.ts";
import { nodeLoop } from "./node_loop.ts";

/** Its own over epoll in the release, on Linux with glibc; the runtime's own elsewhere. */
export async function openEventLoop(): Promise<EventLoop> {
  const libc = await openLibc();
  return libc === null ? nodeLoop : new EpollLoop(libc);
}
