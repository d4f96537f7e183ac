/** Bytes from several places that are to be sent one after the other. */

/** No system takes more at once (IOV_MAX). */
const PARTS_MAX = 1024;

export class ByteParts {
  readonly bytes: Uint8Array[] = [];
  readonly offsets: number[] = [];
  readonly sizes: number[] = [];
  count = 0;
  /** Bytes of all of them. */
  size = 0;

  get isFull(): boolean {
    return this.count === PARTS_MAX;
  }

  /** Adds bytes at the end; for nothing when it is full. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    if (this.count === PARTS_MAX || size === 0) return;
    this.bytes[this.count] = bytes;
    this.offsets[this.count] = offset;
    this.sizes[this.count++] = size;
    this.size += size;
  }

  clear(): void {
    // They refer to memory that may be given back.
    this.bytes.length = 0;
    this.count = 0;
    this.size = 0;
  }
}

/** Who sends bytes, as a Socket does. */
export interface Sender {
  write(bytes: Uint8Array, offset: number, size: number): number;
  writeParts?(parts: ByteParts): number;
}

/** Sends parts; returns how many bytes were taken, as `Socket.write`. */
export function writeParts(socket: Sender, parts: ByteParts): number {
  const { bytes, offsets, sizes, count } = parts;
  if (count === 1) return socket.write(bytes[0], offsets[0], sizes[0]);
  if (socket.writeParts !== undefined) return socket.writeParts(parts);
  let taken = 0;
  for (let i = 0; i < count; i++) {
    const sent = socket.write(bytes[i], offsets[i], sizes[i]);
    taken += sent;
    if (sent < sizes[i]) break;
  }
  return taken;
}
