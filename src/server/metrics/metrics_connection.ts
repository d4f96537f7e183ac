/**
 * As much of HTTP as Prometheus needs: one request on each connection, which is answered and
 * closed. Whoever sends or takes it slowly is closed as well; what waits for it is a few KB.
 */
import { latin1 } from "../../base/bytes.ts";
import type { EventLoop, Socket, SocketEvents } from "../../runtime/net.ts";

/** Bytes of a request line and its headers. */
const HEAD_SIZE_MAX = 8192;
/** A request has to have come, and its answer to have gone, in so many ms. */
const DEADLINE_MS = 5000;
const TEXT = "text/plain; charset=utf-8";
/** What Prometheus calls its format. */
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What arrives is read to here first: everyone's. */
const input = new Uint8Array(HEAD_SIZE_MAX);

export interface MetricsParts {
  readonly loop: Pick<EventLoop, "later">;
  /** The page to show. */
  page(): string;
  /** Why this one gets nothing, or null. */
  refusal(socket: Socket): string | null;
  /** Is told when a connection is over. */
  over(connection: MetricsConnection): void;
}

export class MetricsConnection implements SocketEvents {
  private readonly parts: MetricsParts;
  private readonly socket: Socket;
  private readonly callOff: () => void;
  private head = "";
  /** What is being sent, from `sentSize` on; null until the request is there. */
  private answer: Uint8Array | null = null;
  private sentSize = 0;

  constructor(parts: MetricsParts, socket: Socket) {
    this.parts = parts;
    this.socket = socket;
    this.callOff = parts.loop.later(DEADLINE_MS, () => socket.destroy());
  }

  readable(): void {
    const { socket } = this;
    const size = socket.read(input, 0, input.length);
    if (size === 0) return;
    this.head += latin1(input, 0, size);
    const isTooLong = this.head.length > HEAD_SIZE_MAX;
    if (!isTooLong && !/\r?\n\r?\n/.test(this.head)) return;
    const answer = isTooLong ? plain("431 Request Header Fields Too Large") : this.answerOf();
    this.answer = new TextEncoder().encode(answer);
    this.head = "";
    this.drain();
  }

  drain(): void {
    const { answer, sentSize, socket } = this;
    if (answer === null) return;
    this.sentSize += socket.write(answer, sentSize, answer.length - sentSize);
    if (this.sentSize === answer.length) socket.end();
    // What comes after the request is of no interest.
    else socket.pause();
  }

  closed(): void {
    this.callOff();
    this.parts.over(this);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private answerOf(): string {
    const { parts, socket, head } = this;
    const request = /^([A-Z]+) ([!-~]+) HTTP\/1\.[01]\r?\n/.exec(head);
    if (request === null) return plain("400 Bad Request");
    const [, method, target] = request;
    if (method !== "GET" && method !== "HEAD") {
      return plain("405 Method Not Allowed", undefined, ["Allow: GET, HEAD"]);
    }
    const refusal = parts.refusal(socket);
    if (refusal !== null) return plain("403 Forbidden", `${refusal}\n`);
    const whole = this.pageOf(target.replace(/\?.*/, ""));
    return method === "GET" ? whole : whole.slice(0, whole.indexOf("\r\n\r\n") + 4);
  }

  private pageOf(path: string): string {
    if (path === "/metrics") return response("200 OK", METRICS_TYPE, this.parts.page(), []);
    if (path === "/") return plain("200 OK", "Rusk's metrics are at /metrics.\n");
    return plain("404 Not Found");
  }
}

/** `text` says the same as the status if it is not given. */
function plain(status: string, text = `${status}\n`, headers: readonly string[] = []): string {
  return response(status, TEXT, text, headers);
}

function response(status: string, type: string, body: string, headers: readonly string[]): string {
  const size = new TextEncoder().encode(body).length;
  const lines = [`HTTP/1.1 ${status}`, `Content-Type: ${type}`, `Content-Length: ${size}`];
  return [...lines, ...headers, "Connection: close", "", body].join("\r\n");
}
