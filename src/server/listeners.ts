/** The addresses and the socket file that the server listens on, as the configuration says. */
import type { EventLoop, Listener, Socket } from "../runtime/net.ts";
import { systemCode, systemReason } from "../runtime/system_error.ts";
import type { Connection } from "./connection.ts";

export interface ListenSettings {
  /** Addresses, `*` and `::*` for all; one with a leading `-` may be missing. */
  addresses: readonly string[];
  port: number;
  backlog: number;
}

/** What the system says of an address or a family of addresses that this machine does not have. */
const MISSING_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "ENOPROTOOPT", "EPROTONOSUPPORT"];

export class Listeners {
  private readonly loop: Pick<EventLoop, "listen">;
  private readonly accept: (socket: Socket, path: string | null) => Connection;
  private readonly report: (problem: string) => void;
  private tcp: Listener[] = [];
  private file: Listener | null = null;

  /** `report` is told, in one line, why an address can not be listened on. */
  constructor(
    loop: Pick<EventLoop, "listen">,
    accept: (socket: Socket, path: string | null) => Connection,
    report: (problem: string) => void,
  ) {
    this.loop = loop;
    this.accept = accept;
    this.report = report;
  }

  /**
   * Listens on every address, in place of those before; false, and those before stay, when one
   * that must be there can not be listened on.
   */
  openTcp({ addresses, port, backlog }: ListenSettings): boolean {
    const opened: Listener[] = [];
    if (port !== 0) {
      for (const name of addresses) {
        const optional = name.startsWith("-");
        const host = hostOf(optional ? name.slice(1) : name);
        try {
          const accept = (socket: Socket) => this.accept(socket, null);
          opened.push(this.loop.listen({ host, port }, backlog, accept));
        } catch (error) {
          if (optional && MISSING_ADDRESS.includes(systemCode(error))) continue;
          this.report(
            `Could not create server TCP listening socket ${name}:${port}: ${systemReason(error)}`,
          );
          for (const listener of opened) listener.close();
          return false;
        }
      }
    }
    this.closeTcp();
    this.tcp = opened;
    return true;
  }

  /** Listens on a socket file; false when it can not. */
  openFile(path: string, backlog: number): boolean {
    try {
      const accept = (socket: Socket) => this.accept(socket, path);
      this.file = this.loop.listen({ path }, backlog, accept);
      return true;
    } catch (error) {
      this.reportFile(error);
      return false;
    }
  }

  /** Whether all really listen, which Deno tells only later. */
  async ready(): Promise<boolean> {
    try {
      await Promise.all(this.tcp.map((listener) => listener.ready));
    } catch (error) {
      this.report(`Could not create server TCP listening socket: ${systemReason(error)}`);
      return false;
    }
    try {
      await this.file?.ready;
    } catch (error) {
      this.reportFile(error);
      return false;
    }
    return true;
  }

  private reportFile(error: unknown): void {
    this.report(`Failed opening Unix socket: bind: ${systemReason(error)}`);
  }

  get count(): number {
    return this.tcp.length + (this.file === null ? 0 : 1);
  }

  close(): void {
    this.closeTcp();
    this.file?.close();
    this.file = null;
  }

  /** Stops listening on the addresses; connections stay. */
  closeTcp(): void {
    for (const listener of this.tcp) listener.close();
    this.tcp = [];
  }
}

function hostOf(name: string): string {
  if (name === "*") return "0.0.0.0";
  return name === "::*" ? "::" : name;
}
