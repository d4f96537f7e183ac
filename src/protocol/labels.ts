/**
 * Texts that are replied again and again (names of fields, errors), as they are sent: so they are
 * copied by words, not spelled (percmd's stream/XINFO STREAM).
 */
import { fromLatin1 } from "../base/bytes.ts";
import type { Reply } from "./reply.ts";

/** A whole reply of RESP. */
export interface Label {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Makes a label of each of these texts, a bulk string, by its name. */
export function labels<N extends string>(...names: N[]): Record<N, Label> {
  const made = names.map((name) => [name, label(`$${name.length}\r\n${name}\r\n`)]);
  return Object.fromEntries(made) as Record<N, Label>;
}

/** Makes a label of a reply in latin1. */
export function label(reply: string): Label {
  const bytes = fromLatin1(reply);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Replies with it. */
export function replyLabel({ bytes, view }: Label, to: Reply): void {
  to.rawView(bytes, view, 0, bytes.length);
}
