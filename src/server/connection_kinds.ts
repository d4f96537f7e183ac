/** The kinds of connections that the server takes: the one list of them. */
import type { Socket, SocketEvents } from "../runtime/net.ts";
import type { ConnectionKind } from "./listeners.ts";

/** `accept` takes a client, as ConnectionKind. */
export function connectionKinds(
  accept: (socket: Socket, path: string | null) => SocketEvents,
): readonly ConnectionKind[] {
  return [
    {
      name: "TCP",
      addresses: "bind",
      port: "port",
      file: { path: "unixsocket", mode: "unixsocketperm" },
      accept,
    },
  ];
}
