/**
 * What all connections of TLS have in common: the memories (OpenSSL's BIOs) by which OpenSSL gets
 * what came and gives what is to be sent, and the pace of handshakes.
 *
 * Between two calls of a connection both memories are empty: what is left in the first it takes
 * along, what is in the second it sends, or keeps. So one that is silent has none. While it greets
 * it has two of its own, since OpenSSL then puts a buffer in front of the one that it writes to.
 */
import type { Handle } from "./foreign.ts";
import type { EventLoop } from "./net.ts";
import { type OpenSsl, takeErrorText } from "./openssl.ts";

/** Bytes that are received at once. */
const RECEIVED_SIZE = 64 << 10;
/** What is encrypted, and sent, at once: four records. */
export const PART_SIZE = 64 << 10;
/** With what records have besides. */
const RECORDS_SIZE = PART_SIZE + (8 << 10);

/** So much of a turn may be spent on handshakes, each of which takes about 1 ms. */
const HANDSHAKES_MS = 2;

/** Goes on with a handshake, by what has come. */
export interface Greeter {
  greet(): void;
}

export class TlsRoom {
  readonly openSsl: OpenSsl;
  readonly input: Handle;
  readonly output: Handle;
  /** Bytes as they came, and as they are to be sent. */
  readonly received = new Uint8Array(RECEIVED_SIZE);
  readonly records = new Uint8Array(RECORDS_SIZE);
  private readonly loop: Pick<EventLoop, "endOfTurn">;
  private readonly greeters: Greeter[] = [];

  constructor(openSsl: OpenSsl, loop: Pick<EventLoop, "endOfTurn">) {
    this.openSsl = openSsl;
    this.loop = loop;
    this.input = this.newMemory();
    this.output = this.newMemory();
  }

  /** An empty one; throws a RangeError when there is no memory. */
  newMemory(): Handle {
    const { calls } = this.openSsl;
    return this.present(calls.BIO_new(calls.BIO_s_mem()));
  }

  /** A connection's, which has these memories for its own. */
  newSsl(context: Handle, input: Handle, output: Handle): Handle {
    const { calls } = this.openSsl;
    const ssl = this.present(calls.SSL_new(context));
    calls.SSL_set_bio(ssl, input, output);
    return ssl;
  }

  /** Gives a connection the common memories in place of its own. */
  share(ssl: Handle): void {
    const { calls } = this.openSsl;
    calls.BIO_up_ref(this.input);
    calls.BIO_up_ref(this.output);
    calls.SSL_set_bio(ssl, this.input, this.output);
  }

  private present(made: Handle | null): Handle {
    if (made === null) throw new RangeError(takeErrorText(this.openSsl));
    return made;
  }

  /** Calls `run` after what was read in this turn has been answered. */
  nextTurn(run: () => void): void {
    this.loop.endOfTurn(() => this.loop.endOfTurn(run));
  }

  /** Has it called at the end of this turn, or of a later one: others do not wait for many. */
  greetLater(greeter: Greeter): void {
    this.greeters.push(greeter);
    if (this.greeters.length === 1) this.loop.endOfTurn(this.greetSome);
  }

  private readonly greetSome = (): void => {
    const untilMs = performance.now() + HANDSHAKES_MS;
    let done = 0;
    while (done < this.greeters.length) {
      this.greeters[done++].greet();
      if (performance.now() >= untilMs) break;
    }
    this.greeters.splice(0, done);
    if (this.greeters.length > 0) this.loop.endOfTurn(this.greetSome);
  };
}
