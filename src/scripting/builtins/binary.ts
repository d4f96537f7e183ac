/** Numbers as bytes, each a character; the byte that counts most comes first. */

const view = new DataView(new ArrayBuffer(8));

/** The byte of the lowest 8 bits. */
export function byteOf(bits: number): string {
  return String.fromCharCode(bits & 255);
}

export function word16Text(bits: number): string {
  return String.fromCharCode((bits >> 8) & 255, bits & 255);
}

export function word32Text(bits: number): string {
  return String.fromCharCode(bits >>> 24, (bits >> 16) & 255, (bits >> 8) & 255, bits & 255);
}

/** A float of 4 bytes. */
export function floatText(number: number): string {
  view.setFloat32(0, number);
  return word32Text(view.getInt32(0));
}

/** A float of 8 bytes. */
export function doubleText(number: number): string {
  view.setFloat64(0, number);
  return word32Text(view.getInt32(0)) + word32Text(view.getInt32(4));
}

/** `size` bytes of `text`, at most 4, as an integer without a sign. */
export function wordAt(text: string, at: number, size: number): number {
  let word = 0;
  for (let i = 0; i < size; i++) word = word * 256 + text.charCodeAt(at + i);
  return word;
}

export function floatAt(text: string, at: number): number {
  view.setUint32(0, wordAt(text, at, 4));
  return view.getFloat32(0);
}

export function doubleAt(text: string, at: number): number {
  view.setUint32(0, wordAt(text, at, 4));
  view.setUint32(4, wordAt(text, at + 4, 4));
  return view.getFloat64(0);
}

/** The same bytes from the last on. */
export function reversed(text: string): string {
  let found = "";
  for (let at = text.length - 1; at >= 0; at--) found += text[at];
  return found;
}
