/**
 * One connection of TLS, as a Socket over another one: whoever reads and writes sees what was said.
 *
 * greeting → open → over (the other side has ended, or broken the rules: closed in the next turn)
 * → closed. Until it is open it takes no bytes, and tells of `drain` when it does.
 */
import type { Handle } from "./foreign.ts";
import type { Socket, SocketEvents } from "./net.ts";
import { errorText, SslError, takeErrorText } from "./openssl.ts";
import { type Greeter, PART_SIZE, type TlsRoom } from "./tls_room.ts";

/** Whoever has the server answer on TLS's own level, and does not read that, is let go. */
const UNSENT_SIZE_MAX = 1 << 20;
/** SSL_R_UNEXPECTED_EOF_WHILE_READING of OpenSSL 3. */
const UNEXPECTED_END = 0x0a000126;

const State = { greeting: 0, open: 1, over: 2, closed: 3 } as const;

export class TlsSocket implements Socket, SocketEvents, Greeter {
  readonly descriptor: number;
  private readonly room: TlsRoom;
  private readonly inner: Socket;
  private readonly ssl: Handle;
  private readonly failed: (reason: string) => void;
  private events: SocketEvents | null = null;
  private state: number = State.greeting;
  /** Where OpenSSL reads what came, and writes what is to be sent: its own while it greets. */
  private input: Handle;
  private output: Handle;
  /** What came and OpenSSL has not taken yet. */
  private spare: Uint8Array | null = null;
  /** Encrypted, and not sent yet. */
  private unsent: Uint8Array | null = null;
  /** There may be more to read, without anything coming. */
  private isBehind = false;
  /** `catchUp` will be called, or `greet`. */
  private isCalledLater = false;
  private isPaused = false;
  /** Nothing is read from the inner one. */
  private isStill = false;
  /** Bytes were not taken: `drain` is to be told. */
  private isFull = false;
  /** It closes when all is sent. */
  private isEnding = false;
  /** Nothing can be encrypted any more. */
  private isMute = false;
  private isFreed = false;

  /**
   * `verify` is a mask of Verify; `failed` is told why the handshake was in vain. Throws a
   * RangeError when there is no memory for it.
   */
  constructor(
    room: TlsRoom,
    inner: Socket,
    context: Handle,
    verify: number,
    failed: (reason: string) => void,
  ) {
    this.room = room;
    this.inner = inner;
    this.failed = failed;
    this.descriptor = inner.descriptor;
    const { calls } = room.openSsl;
    this.input = room.newMemory();
    this.output = room.newMemory();
    this.ssl = room.newSsl(context, this.input, this.output);
    calls.SSL_set_verify(this.ssl, verify, null);
    calls.SSL_set_accept_state(this.ssl);
  }

  get remote(): string {
    return this.inner.remote;
  }
  get local(): string {
    return this.inner.local;
  }

  /** Finds out who is told of its events. */
  open(accept: (socket: Socket) => SocketEvents): void {
    this.events = accept(this);
  }

  readable(): void {
    if (this.state === State.open) this.events?.readable();
    else if (this.state === State.greeting) this.receiveGreeting();
  }

  private receiveGreeting(): void {
    const { inner, room } = this;
    const { received, openSsl } = room;
    const size = inner.read(received, 0, received.length);
    if (size === 0) return;
    openSsl.calls.BIO_write(this.input, openSsl.place(received, 0), size);
    if (this.isCalledLater) return;
    this.isCalledLater = true;
    this.flow();
    room.greetLater(this);
  }

  greet(): void {
    this.isCalledLater = false;
    if (this.state !== State.greeting) return;
    const { ssl, room } = this;
    const { calls } = room.openSsl;
    const result = calls.SSL_do_handshake(ssl);
    const isDone = result > 0;
    const isRefused = !isDone && calls.SSL_get_error(ssl, result) !== SslError.wantRead;
    if (isRefused) this.failed(takeErrorText(room.openSsl));
    this.flush();
    if (isRefused) this.leave();
    else if (isDone) this.greeted();
    else this.flow();
  }

  /** What both have in mind from now on goes through the memory of all. */
  private greeted(): void {
    const { ssl, room } = this;
    this.state = State.open;
    this.takeSpare();
    room.share(ssl);
    this.input = room.input;
    this.output = room.output;
    this.tellDrained();
    this.isBehind = this.spare !== null;
    this.catchUp();
  }

  /** Tells who wanted to write more that it can. */
  private tellDrained(): void {
    if (!this.isFull || this.unsent !== null) return;
    this.isFull = false;
    this.events?.drain();
  }

  drain(): void {
    const { unsent, inner } = this;
    if (unsent !== null) {
      const sent = inner.write(unsent, 0, unsent.length);
      this.unsent = sent === unsent.length ? null : unsent.subarray(sent);
      if (this.unsent !== null) return;
    }
    if (this.isEnding) inner.end();
    else if (this.state === State.open) this.tellDrained();
  }

  closed(): void {
    const { state } = this;
    if (state === State.closed) return;
    this.state = State.closed;
    this.free();
    if (state === State.greeting) this.failed(errorText(this.room.openSsl, UNEXPECTED_END));
    this.events?.closed();
  }

  /** OpenSSL is not asked for anything afterwards. */
  private free(): void {
    if (!this.isFreed) this.room.openSsl.calls.SSL_free(this.ssl);
    this.isFreed = true;
  }

  read(into: Uint8Array, offset: number, size: number): number {
    if (this.state !== State.open || size === 0) return 0;
    if (this.isBehind) {
      this.giveSpare();
      const taken = this.decrypt(into, offset, size);
      if (taken > 0 || this.state !== State.open) return taken;
    }
    const { received, openSsl } = this.room;
    const came = this.inner.read(received, 0, received.length);
    if (came === 0) return 0;
    openSsl.calls.BIO_write(this.input, openSsl.place(received, 0), came);
    return this.decrypt(into, offset, size);
  }

  /** Has OpenSSL decrypt what it was given, as far as there is room. */
  private decrypt(into: Uint8Array, offset: number, size: number): number {
    const { ssl, room } = this;
    const { calls, place } = room.openSsl;
    let taken = 0;
    do {
      const count = calls.SSL_read(ssl, place(into, offset + taken), size - taken);
      if (count <= 0) {
        this.stopped(count);
        break;
      }
      taken += count;
    } while (taken < size && calls.BIO_ctrl_pending(this.input) > 0);
    this.takeSpare();
    // It may have answered by itself: to a change of keys, for instance.
    this.flush();
    this.isBehind = this.spare !== null || (taken === size && calls.SSL_pending(ssl) > 0);
    if (this.isBehind) this.catchUpLater();
    if (this.isBehind !== this.isStill) this.flow();
    return taken;
  }

  /** Nothing more can be decrypted: for now, or for ever. */
  private stopped(result: number): void {
    const { calls } = this.room.openSsl;
    const error = calls.SSL_get_error(this.ssl, result);
    if (error === SslError.wantRead) return;
    calls.ERR_clear_error();
    if (error !== SslError.peerEnded) this.isMute = true;
    this.finishLater();
  }

  /** Nothing more is read; what was read before is answered first. */
  private finishLater(): void {
    if (this.state !== State.open) return;
    this.state = State.over;
    this.flow();
    this.room.nextTurn(() => {
      // Nobody waits for who has ended, and does not take what is there.
      if (this.unsent === null) this.end();
      else this.destroy();
    });
  }

  /** Gives OpenSSL what it has not taken before. */
  private giveSpare(): void {
    const { spare } = this;
    const { calls, place } = this.room.openSsl;
    this.spare = null;
    if (spare !== null) calls.BIO_write(this.input, place(spare, 0), spare.length);
  }

  /** Takes back what it has not taken: others use that memory, too. */
  private takeSpare(): void {
    const { calls, place } = this.room.openSsl;
    const size = calls.BIO_ctrl_pending(this.input);
    if (size === 0) return;
    const spare = new Uint8Array(size);
    calls.BIO_read(this.input, place(spare, 0), size);
    this.spare = spare;
  }

  private catchUpLater(): void {
    if (this.isCalledLater || this.isPaused) return;
    this.isCalledLater = true;
    this.room.nextTurn(() => {
      this.isCalledLater = false;
      this.catchUp();
    });
  }

  /** Has what came before read, without anything coming. */
  private catchUp(): void {
    if (this.isBehind && !this.isPaused && this.state === State.open) this.events?.readable();
    this.flow();
  }

  /** Has more come, unless there is something to be done with what came before. */
  private flow(): void {
    const isBusy = this.state === State.greeting ? this.isCalledLater : this.isBehind;
    const isStill = isBusy || this.isPaused || this.state > State.open;
    if (isStill === this.isStill || this.state === State.closed) return;
    this.isStill = isStill;
    if (isStill) this.inner.pause();
    else this.inner.resume();
  }

  write(bytes: Uint8Array, offset: number, size: number): number {
    if (this.state !== State.open && this.state !== State.over) {
      this.isFull = true;
      return 0;
    }
    const { ssl, room } = this;
    const { calls, place } = room.openSsl;
    let taken = 0;
    while (taken < size && this.unsent === null && !this.isMute) {
      const part = Math.min(size - taken, PART_SIZE);
      if (calls.SSL_write(ssl, place(bytes, offset + taken), part) <= 0) {
        calls.ERR_clear_error();
        this.isMute = true;
        this.finishLater();
        break;
      }
      taken += part;
      this.flush();
    }
    if (taken < size) this.isFull = true;
    return taken;
  }

  /** Sends what OpenSSL has written, and keeps what the system does not take. */
  private flush(): void {
    const { inner, output } = this;
    const { records, openSsl } = this.room;
    for (;;) {
      const size = openSsl.calls.BIO_read(output, openSsl.place(records, 0), records.length);
      if (size <= 0) break;
      const sent = this.unsent === null ? inner.write(records, 0, size) : 0;
      if (sent < size) this.keepUnsent(records.subarray(sent, size));
    }
  }

  private keepUnsent(more: Uint8Array): void {
    const before = this.unsent ?? new Uint8Array();
    const all = new Uint8Array(before.length + more.length);
    all.set(before);
    all.set(more, before.length);
    this.unsent = all;
    if (all.length <= UNSENT_SIZE_MAX) return;
    this.isMute = true;
    this.finishLater();
  }

  pause(): void {
    this.isPaused = true;
    this.flow();
  }
  resume(): void {
    this.isPaused = false;
    if (this.isBehind) this.catchUpLater();
    this.flow();
  }

  end(): void {
    if (this.state === State.greeting) {
      this.destroy();
      return;
    }
    this.sayGoodbye();
    if (this.unsent === null) this.inner.end();
    else this.isEnding = true;
  }

  destroy(): void {
    if (this.unsent === null) this.sayGoodbye();
    this.leave();
  }

  /** Closes, without a word. */
  private leave(): void {
    if (this.state === State.closed) return;
    this.state = State.over;
    this.isMute = true;
    this.free();
    this.inner.destroy();
  }

  /** Tells the other side that nothing follows: it need not suspect that something was cut off. */
  private sayGoodbye(): void {
    if (this.isMute || (this.state !== State.open && this.state !== State.over)) return;
    const { calls } = this.room.openSsl;
    this.isMute = true;
    this.state = State.over;
    if (calls.SSL_shutdown(this.ssl) < 0) calls.ERR_clear_error();
    this.flush();
  }

  keepAlive(seconds: number): void {
    this.inner.keepAlive(seconds);
  }
}
