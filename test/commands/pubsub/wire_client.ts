/** Purpose: connections whose bytes are compared as they come, since messages are no replies. */
import { connect, type Socket } from "node:net";
import { typedWords } from "../../client/format.ts";

const CRLF = Buffer.from("\r\n");
const WAIT_MS = 5000;

/** A line as redis-cli reads it, as a request. */
function requestOf(line: string): Buffer {
  const words = typedWords(line);
  if (words === null) throw new Error(`not a command: ${line}`);
  const parts = words.flatMap((word) => [Buffer.from(`$${word.length}\r\n`), word, CRLF]);
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

export class WireClient {
  /** All that has come; line ends are shown as `|`. */
  got = "";
  isClosed = false;
  private onChange = () => {};
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => {
      this.got += bytes.toString("latin1").replaceAll("\r\n", "|");
      this.onChange();
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.onChange();
    });
  }

  static open(port: number): Promise<WireClient> {
    return new Promise((done, failed) => {
      const socket = connect(port, "127.0.0.1", () => done(new WireClient(socket)));
      socket.on("error", failed);
    });
  }

  /** Sends lines at once. */
  send(lines: readonly string[]): void {
    this.socket.write(Buffer.concat(lines.map(requestOf)));
  }

  /** Waits until so many bytes have come in all. */
  reach(size: number): Promise<void> {
    return this.wait(() => this.got.length >= size);
  }

  /** Waits until the last that has come is this text. */
  until(end: string): Promise<void> {
    return this.wait(() => this.got.endsWith(end));
  }

  private async wait(isThere: () => boolean): Promise<void> {
    if (isThere() || this.isClosed) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, WAIT_MS);
      this.onChange = () => {
        if (!isThere() && !this.isClosed) return;
        clearTimeout(timer);
        done();
      };
    });
  }

  /** Waits until nothing has come for so long. */
  async quiet(ms: number): Promise<void> {
    for (let before = -1; before < this.got.length; ) {
      before = this.got.length;
      await Bun.sleep(ms);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
