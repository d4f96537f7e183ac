/** Standard input, byte by byte or line by line. */
import { latin1 } from "../base/bytes.ts";

const LINE_END = 10;

export class InputBytes {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private piece: Uint8Array = new Uint8Array();
  private at = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next byte; -1 at the end. */
  async byte(): Promise<number> {
    if (this.at === this.piece.length && !(await this.more())) return -1;
    return this.piece[this.at++];
  }

  /** The next line without its end, as bytes; null at the end. */
  async line(): Promise<string | null> {
    let text = "";
    for (;;) {
      if (this.at === this.piece.length && !(await this.more())) return text === "" ? null : text;
      const end = this.piece.indexOf(LINE_END, this.at);
      const until = end < 0 ? this.piece.length : end;
      text += latin1(this.piece, this.at, until - this.at);
      this.at = end < 0 ? until : until + 1;
      if (end >= 0) return text.replace(/\r$/, "");
    }
  }

  private async more(): Promise<boolean> {
    const { done, value } = await this.pieces.next();
    if (done) return false;
    this.piece = value;
    this.at = 0;
    return this.piece.length > 0 || this.more();
  }
}
