/** The arguments of a script's command as bytes, in one buffer that is used again and again. */
import { Args } from "../../protocol/args.ts";
import { putLatin1 } from "../../runtime/texts.ts";

const FIRST_ROOM = 16 << 10;
/** After longer ones the buffer becomes small again. */
const KEPT_ROOM_MAX = 1 << 20;
/** Bytes after the last argument, so that words may be read past its end. */
const PADDING = 8;

export class CommandArguments {
  readonly args: Args;

  constructor() {
    const bytes = new Uint8Array(FIRST_ROOM);
    this.args = new Args(bytes, new DataView(bytes.buffer));
  }

  /** The arguments of byte strings: valid until the next. */
  of(values: readonly string[]): Args {
    const { args } = this;
    args.count = 0;
    let at = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const size = value.length;
      if (at + size + PADDING > args.bytes.length) this.grow(at, size);
      putLatin1(args.bytes, at, value);
      args.push(at, size);
      at += size;
    }
    return args;
  }

  /** The script is over: what was large is given back. */
  rest(): void {
    if (this.args.bytes.length > KEPT_ROOM_MAX) this.use(new Uint8Array(FIRST_ROOM));
  }

  private grow(filled: number, size: number): void {
    const { bytes } = this.args;
    const grown = new Uint8Array(Math.max(2 * bytes.length, filled + size + PADDING));
    grown.set(bytes.subarray(0, filled));
    this.use(grown);
  }

  private use(bytes: Uint8Array): void {
    this.args.bytes = bytes;
    this.args.view = new DataView(bytes.buffer);
  }
}
