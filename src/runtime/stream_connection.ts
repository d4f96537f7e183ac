/** Connections of a client to a server, by node:net and node:tls, for programs that are none. */
import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { listFolder, nativePath } from "./files.ts";
import type { DialTo } from "./net.ts";
import { systemReason } from "./system_error.ts";

/** How TLS is to be spoken, as a client. Paths and names are bytes, one per character. */
export interface ClientTls {
  readonly serverName: string | null;
  readonly authorityFile: string | null;
  readonly authorityFolder: string | null;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  readonly ciphers: string | null;
  readonly cipherSuites: string | null;
  /** Whoever signed the server's certificate. */
  readonly isInsecure: boolean;
}

/** Bytes in both directions. Calls throw with the system's reason as the message. */
export interface StreamConnection {
  /** Gives bytes to the system; resolves when it is ready for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** The next bytes that have come; null when the other side has ended. */
  read(): Promise<Uint8Array | null>;
  /** Whether `read` has something to give at once. */
  readonly hasMore: boolean;
  close(): void;
}

/** Connects; rejects with the system's reason. */
export function connectStream(to: DialTo, tls: ClientTls | null): Promise<StreamConnection> {
  return new Promise((resolve, reject) => {
    const place = "path" in to ? { path: nativePath(to.path) } : to;
    const fail = (error: unknown) => reject(new Error(reasonOf(error), { cause: error }));
    let socket: Socket;
    try {
      socket = tls === null ? connectTcp(place) : connectTls({ ...place, ...tlsOptions(tls) });
    } catch (error) {
      fail(error);
      return;
    }
    socket.once("error", fail);
    socket.once(tls === null ? "connect" : "secureConnect", () => {
      socket.off("error", fail);
      socket.setNoDelay(true);
      resolve(new NodeStream(socket));
    });
  });
}

/** Of several addresses that were tried in vain, the last one's reason. */
function reasonOf(error: unknown): string {
  const { errors } = error as { errors?: unknown[] };
  return systemReason(errors?.at(-1) ?? error);
}

function tlsOptions(tls: ClientTls) {
  const file = (path: string | null) => (path === null ? undefined : contentOf(path));
  const authorities = [tls.authorityFile, ...filesIn(tls.authorityFolder)].flatMap((path) =>
    path === null ? [] : [contentOf(path)],
  );
  const ciphers = [tls.cipherSuites, tls.ciphers].filter((names) => names !== null).join(":");
  return {
    ca: authorities.length > 0 ? authorities : undefined,
    cert: file(tls.certificateFile),
    key: file(tls.keyFile),
    servername: tls.serverName ?? undefined,
    ciphers: ciphers || undefined,
    rejectUnauthorized: !tls.isInsecure,
    // As Redis's client: whoever the authority has signed for is trusted, by whatever name.
    checkServerIdentity: () => undefined,
  };
}

function contentOf(path: string): Uint8Array & string {
  try {
    return readFileSync(nativePath(path)) as unknown as Uint8Array & string;
  } catch (error) {
    throw new Error(`${path}: ${systemReason(error)}`, { cause: error });
  }
}

const filesIn = (folder: string | null): string[] =>
  folder === null ? [] : listFolder(folder).map((name) => join(folder, name));

class NodeStream implements StreamConnection {
  private readonly socket: Socket;
  private pieces: Uint8Array[] = [];
  private problem: Error | null = null;
  private isOver = false;
  private wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Uint8Array) => {
      this.pieces.push(piece);
      if (this.pieces.length > PIECES_MAX) socket.pause();
      this.woken();
    });
    socket.on("error", (error) => {
      this.problem = new Error(systemReason(error), { cause: error });
      this.over();
    });
    socket.on("end", () => this.over());
    socket.on("close", () => this.over());
  }

  get hasMore() {
    return this.pieces.length > 0;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.isOver) return Promise.resolve();
    if (this.socket.write(bytes)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.socket.off("drain", done);
        this.socket.off("close", done);
        resolve();
      };
      this.socket.on("drain", done);
      this.socket.on("close", done);
    });
  }

  async read(): Promise<Uint8Array | null> {
    while (this.pieces.length === 0 && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const piece = this.pieces.shift();
    if (piece !== undefined) {
      if (this.pieces.length === 0) this.socket.resume();
      return piece;
    }
    if (this.problem !== null) throw this.problem;
    return null;
  }

  close(): void {
    this.socket.destroy();
    this.over();
  }

  private over(): void {
    this.isOver = true;
    this.woken();
  }

  private woken(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}

/** Pieces kept before the other side has to wait. */
const PIECES_MAX = 64;
