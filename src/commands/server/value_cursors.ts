/**
 * Cursors by which DEBUG goes over whole values: one of each type serves all, since none of its
 * walks is inside another, and a digest of millions of keys leaves nothing to the collector.
 */
import type { EntryRef } from "../../structures/entry.ts";
import { StreamId } from "../../structures/stream_id.ts";
import { HashCursor } from "../../values/hash_value.ts";
import { ListCursor } from "../../values/list_value.ts";
import { SetCursor } from "../../values/set_value.ts";
import { StreamCursor } from "../../values/stream_value.ts";
import { ZsetCursor } from "../../values/zset_value.ts";

export const listCursor = new ListCursor();
export const setCursor = new SetCursor();
export const zsetCursor = new ZsetCursor();
export const hashCursor = new HashCursor();
export const streamCursor = new StreamCursor();

const firstId = new StreamId();
const lastId = new StreamId();
lastId.setMax();

/** Sets `streamCursor` before the first entry of a stream, to go on to its last. */
export function startStream(e: EntryRef): void {
  streamCursor.start(e, firstId, lastId, false);
}
