/** Numbers in byte strings, whose bytes are characters. */

const bytes = new Uint8Array(8);
const view = new DataView(bytes.buffer);

/** `size` bytes of `text`, at most 4, as an integer without a sign; the highest comes first. */
export function wordAt(text: string, at: number, size: number): number {
  let word = 0;
  for (let i = 0; i < size; i++) word = word * 256 + text.charCodeAt(at + i);
  return word;
}

/** A float of 4 bytes. */
export function floatAt(text: string, at: number, isLittleEndian: boolean): number {
  for (let i = 0; i < 4; i++) bytes[i] = text.charCodeAt(at + i);
  return view.getFloat32(0, isLittleEndian);
}

/** A float of 8 bytes. */
export function doubleAt(text: string, at: number, isLittleEndian: boolean): number {
  for (let i = 0; i < 8; i++) bytes[i] = text.charCodeAt(at + i);
  return view.getFloat64(0, isLittleEndian);
}
