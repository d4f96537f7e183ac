/**
 * TLS for the connections that a listener accepts, by OpenSSL over memory: bytes come from and go
 * to a Socket of either runtime, so that there is one way for both.
 */
import { type Foreign, type Handle, openForeign } from "./foreign.ts";
import type { BlockingSocket, EventLoop, Socket, SocketEvents } from "./net.ts";
import { openOpenSsl, Verify } from "./openssl.ts";
import { secured } from "./tls_blocking.ts";
import { newTlsContext, type TlsOptions, TlsProblem } from "./tls_context.ts";
import { TlsRoom } from "./tls_room.ts";
import { TlsSocket } from "./tls_socket.ts";

/** Whether clients must show a certificate, may, or are not asked for one. */
export type ClientCertificates = "yes" | "optional" | "no";

export interface Tls {
  readonly isConfigured: boolean;
  /**
   * Connections are of these options from now on, those to other servers of the second ones; null
   * if there are to be none. Throws a TlsProblem, and changes nothing.
   */
  configure(options: TlsOptions, outgoing: TlsOptions | null): void;
  /**
   * Speaks TLS over a connection that was just accepted. What `accept` is given, as a listener's,
   * is silent until the handshake is over; `failed` is told why that was in vain.
   */
  accept(
    socket: Socket,
    certificates: ClientCertificates,
    accept: (socket: Socket) => SocketEvents,
    failed: (reason: string) => void,
  ): SocketEvents;
  /** Speaks TLS to another server over a connection, as its client. Throws as its calls do. */
  secure(socket: BlockingSocket, timeoutMs: number): BlockingSocket;
}

const VERIFY_MODES: Readonly<Record<ClientCertificates, number>> = {
  yes: Verify.peer | Verify.failWithoutCertificate,
  optional: Verify.peer,
  no: Verify.none,
};

const NO_LIBRARY =
  "TLS needs OpenSSL's libraries, libssl.so.3 and libcrypto.so.3 (or .1.1), which are not here.";

const NOBODY: SocketEvents = { readable() {}, drain() {}, closed() {} };

/** TLS that uses the loop's time; nothing is loaded before it is configured. */
export async function openTls(loop: Pick<EventLoop, "endOfTurn">): Promise<Tls> {
  const foreign = await openForeign();
  return new OpenSslTls(loop, foreign);
}

class OpenSslTls implements Tls {
  private readonly loop: Pick<EventLoop, "endOfTurn">;
  private readonly foreign: Foreign | null;
  private room: TlsRoom | null = null;
  private context: Handle | null = null;
  /** For connections to other servers. */
  private outgoing: Handle | null = null;

  constructor(loop: Pick<EventLoop, "endOfTurn">, foreign: Foreign | null) {
    this.loop = loop;
    this.foreign = foreign;
  }

  get isConfigured(): boolean {
    return this.context !== null;
  }

  configure(options: TlsOptions, outgoing: TlsOptions | null): void {
    this.room ??= this.openRoom();
    const { openSsl } = this.room;
    const context = newTlsContext(openSsl, "server", options);
    let outgoingContext: Handle | null = null;
    try {
      if (outgoing !== null) outgoingContext = newTlsContext(openSsl, "client", outgoing);
    } catch (error) {
      openSsl.calls.SSL_CTX_free(context);
      throw error;
    }
    // Connections that are there keep theirs.
    if (this.context !== null) openSsl.calls.SSL_CTX_free(this.context);
    if (this.outgoing !== null) openSsl.calls.SSL_CTX_free(this.outgoing);
    this.context = context;
    this.outgoing = outgoingContext;
  }

  private openRoom(): TlsRoom {
    const openSsl = this.foreign === null ? null : openOpenSsl(this.foreign);
    if (openSsl === null) throw new TlsProblem(NO_LIBRARY);
    return new TlsRoom(openSsl, this.loop);
  }

  accept(
    socket: Socket,
    certificates: ClientCertificates,
    accept: (socket: Socket) => SocketEvents,
    failed: (reason: string) => void,
  ): SocketEvents {
    const { room, context } = this;
    if (room === null || context === null) throw new Error("Bug: TLS is not configured");
    try {
      const secure = new TlsSocket(room, socket, context, VERIFY_MODES[certificates], failed);
      secure.open(accept);
      return secure;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failed(error.message);
      socket.destroy();
      return NOBODY;
    }
  }

  secure(socket: BlockingSocket, timeoutMs: number): BlockingSocket {
    const { room, outgoing } = this;
    if (room === null || outgoing === null) throw new Error("Bug: TLS is not configured");
    return secured(room, socket, outgoing, timeoutMs);
  }
}
