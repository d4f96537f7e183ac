/**
 * Loads leaves of large lists in a snapshot (snapshot_leaves.ts). What WebAssembly has looked at is
 * copied as it is; all else goes element by element, and so gets the form that it should have.
 */
import { copyBytes } from "../../base/bytes.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { loadCode } from "../../structures/load_code/load_code.ts";
import * as listLoad from "../../values/list_load.ts";
import { ListpackCursor } from "../rdb/rdb_elements.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import type { Chunk } from "./message_reader.ts";
import { LEAF_TRIMMED } from "./snapshot_format.ts";

/** What stands before a leaf's elements: its form, its size, and their count. */
const FORM_SIZE = 1;
const COUNT = FORM_SIZE + 4;
const HEAD_SIZE = COUNT + 2;

const SHORT_MAX = 63;
const joined = new Uint8Array(SHORT_MAX);
const elements = new ListpackCursor();

/** Adds the leaves in some bytes to a list; returns how many elements they have. */
export function addListLeaves(e: EntryRef, { bytes, view, offset, size }: Chunk): number {
  const end = offset + size;
  let total = 0;
  listLoad.begin(e);
  for (let at = offset; at < end; ) {
    let stop = at;
    if (loadCode !== null && bytes === loadCode.block.bytes) {
      const { block, code } = loadCode;
      stop = code.checkList(block.at + at, block.at + end) - block.at;
    }
    while (at < stop) {
      const own = view.getInt32(at + FORM_SIZE, true);
      const isTrimmed = bytes[at] === LEAF_TRIMMED;
      const count = view.getUint16(at + COUNT, true) - (isTrimmed ? 1 : 0);
      if (!listLoad.addLeaf(bytes, at + FORM_SIZE, own, count, isTrimmed)) break;
      total += count;
      at += FORM_SIZE + own;
    }
    if (at === end) break;
    if (end - at <= HEAD_SIZE) throw new Malformed("a leaf passes the end");
    const own = view.getInt32(at + FORM_SIZE, true);
    if (own < 0 || own > end - at - FORM_SIZE) throw new Malformed("a leaf passes the end");
    total += addElements(bytes, at, own);
    at += FORM_SIZE + own;
  }
  listLoad.finish();
  return total;
}

/** Adds the elements of the leaf at `at`, of so many bytes, one by one; how many. */
function addElements(bytes: Uint8Array, at: number, size: number): number {
  const form = bytes[at];
  if (form > LEAF_TRIMMED) throw new Malformed("a leaf of no known form");
  elements.start(bytes, at + FORM_SIZE, size);
  const prefix = form === LEAF_TRIMMED ? takePrefix() : -1;
  let count = 0;
  for (; elements.next(); count++) {
    const { bytes: text, offset, size: own } = prefix < 0 ? elements.range : join(prefix);
    listLoad.add(text, offset, own);
  }
  if (count === 0) throw new Malformed("a leaf without elements");
  return count;
}

/** Takes the first element as what all others begin with; returns its size. */
function takePrefix(): number {
  if (!elements.next()) throw new Malformed("a leaf without elements");
  return join(0).size;
}

const whole = { bytes: joined, offset: 0, size: 0 };

/** The element that the cursor has come to, with so many bytes before it. */
function join(prefix: number): typeof whole {
  if (!elements.isShort) throw new Malformed("a leaf's element is no short string");
  const { bytes, offset, size } = elements.range;
  if (prefix + size > SHORT_MAX) throw new Malformed("a leaf's element is no short string");
  copyBytes(bytes, offset, size, joined, prefix);
  whole.size = prefix + size;
  return whole;
}
