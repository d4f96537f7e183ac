/** Where what is loaded comes from, piece by piece, and what sources are put together of. */

/** Gives the bytes of a file, in their order. */
export interface ByteSource {
  /** Bytes of all, also those that were read. */
  readonly size: number;
  /** Puts the next bytes at an offset of a buffer, at most `size`; how many, 0 at the end. */
  read(into: Uint8Array, offset: number, size: number): number;
}

/** A source some of whose bytes have been read already: they come once more, then the rest. */
export class Rejoined implements ByteSource {
  readonly size: number;
  private head: Uint8Array;
  private readonly rest: ByteSource;

  constructor(head: Uint8Array, rest: ByteSource) {
    this.head = head;
    this.rest = rest;
    this.size = rest.size;
  }

  read(into: Uint8Array, offset: number, size: number): number {
    if (this.head.length === 0) return this.rest.read(into, offset, size);
    const taken = Math.min(size, this.head.length);
    into.set(this.head.subarray(0, taken), offset);
    this.head = this.head.subarray(taken);
    return taken;
  }
}

/** The first bytes of a source, with a size that counts what came before. */
export class Beginning implements ByteSource {
  readonly size: number;
  private left: number;
  private readonly source: ByteSource;

  constructor(source: ByteSource, count: number, size: number) {
    this.source = source;
    this.left = count;
    this.size = size;
  }

  read(into: Uint8Array, offset: number, size: number): number {
    const count = this.source.read(into, offset, Math.min(size, this.left));
    this.left -= count;
    return count;
  }
}
