/** The event loop that suits where the server runs. */
import { EpollLoop } from "./epoll_loop.ts";
import { openLibc } from "./libc.ts";
import type { EventLoop } from "./net.ts";

/** Its own over epoll in the release, on Linux with glibc; the runtime's own elsewhere. */
export async function openEventLoop(): Promise<EventLoop> {
  const libc = await openLibc();
  // What the other loop needs takes long to load.
  return libc === null ? (await import("./node_loop.ts")).nodeLoop : new EpollLoop(libc);
}
