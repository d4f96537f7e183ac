/** The kinds of connections that the server takes: the one list of them. */
import type { Socket, SocketEvents } from "../runtime/net.ts";
import type { ConnectionKind } from "./listeners.ts";
import type { MetricsService } from "./metrics/metrics_service.ts";
import type { TlsService } from "./tls_service.ts";

/** `accept` takes a client, as ConnectionKind. */
export function connectionKinds(
  accept: (socket: Socket, path: string | null) => SocketEvents,
  tls: TlsService,
  metrics: MetricsService,
): readonly ConnectionKind[] {
  return [
    {
      name: "TCP",
      addresses: "bind",
      port: "port",
      file: { path: "unixsocket", mode: "unixsocketperm" },
      prepare: null,
      accept,
    },
    {
      name: "TLS",
      addresses: "bind",
      port: "tls-port",
      file: null,
      prepare: () => tls.prepare(),
      accept: (socket) => tls.accept(socket, (secure) => accept(secure, null)),
    },
    {
      name: "metrics",
      addresses: "metrics-bind",
      port: "metrics-port",
      file: null,
      prepare: null,
      accept: (socket) => metrics.accept(socket),
    },
  ];
}
