/**
 * Streams of records as bytes: JSON, one record a line, or MessagePack, one value after the other.
 *
 * Only `rusk export`, `import` and `check-snapshot` come here, and only when they are asked to: a
 * server has none of it in memory.
 */
import { DelimiterStream } from "@std/streams";
import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { textOfUtf8, utf8Of } from "../../runtime/texts.ts";
import { jsonStrings, messageStrings, RecordError, type Strings } from "./record_form.ts";

/** A format of records. */
export interface RecordFormat {
  readonly name: string;
  readonly strings: Strings;
  encode(record: unknown): Uint8Array;
  /** The records in a stream of bytes. Throws RecordError. */
  decode(bytes: ReadableStream<Uint8Array>): AsyncIterable<unknown>;
}

const LINE_END = 10;

const json: RecordFormat = {
  name: "JSON",
  strings: jsonStrings,
  encode: (record) => utf8Of(`${JSON.stringify(record)}\n`),
  async *decode(bytes) {
    for await (const line of bytes.pipeThrough(new DelimiterStream(Uint8Array.of(LINE_END)))) {
      const text = textOfUtf8(line as Uint8Array);
      if (text === null) throw new RecordError("a line that is no UTF-8");
      if (text.trim() !== "") yield parsed(text);
    }
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordError((error as Error).message);
  }
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });

const msgpack: RecordFormat = {
  name: "MessagePack",
  strings: messageStrings,
  // The packer's buffer is written over by later records.
  encode: (record) => packr.pack(record).slice(),
  async *decode(bytes) {
    let held: Uint8Array[] = [];
    let size = 0;
    // Looking again at the same bytes whenever some more are there would be quadratic.
    let sizeWanted = 0;
    for await (const chunk of bytes) {
      held.push(chunk);
      size += chunk.length;
      if (size < sizeWanted) continue;
      const { values, rest } = unpacked(joined(held, size));
      yield* values;
      held = [rest];
      size = rest.length;
      sizeWanted = 2 * size;
    }
    if (size === 0) return;
    const { values, rest } = unpacked(joined(held, size));
    yield* values;
    if (rest.length > 0) throw new RecordError("it ends within a record");
  },
};

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The whole values that bytes begin with, and what is left of them. */
function unpacked(bytes: Uint8Array): { values: unknown[]; rest: Uint8Array } {
  const values: unknown[] = [];
  if (bytes.length === 0) return { values, rest: bytes };
  try {
    unpackr.unpackMultiple(bytes, (value) => void values.push(value));
    return { values, rest: bytes.subarray(bytes.length) };
  } catch (error) {
    const { incomplete, lastPosition, message } = error as Error & {
      incomplete?: boolean;
      lastPosition?: number;
    };
    if (incomplete !== true) throw new RecordError(message);
    return { values, rest: bytes.subarray(lastPosition ?? 0) };
  }
}

/** The formats by the name that `--format` takes, which files of theirs end with, too. */
export const RECORD_FORMATS: Readonly<Record<string, RecordFormat>> = { json, msgpack };

const MAP_CODES = [0x80, 0x90, 0xde, 0xe0] as const;

/** The format of records that a file begins with; null when they are none. */
export function recordFormatOf(first: number | undefined): RecordFormat | null {
  if (first === undefined) return null;
  if (first === "{".charCodeAt(0)) return json;
  const [fix, fixEnd, map16, end] = MAP_CODES;
  return (first >= fix && first < fixEnd) || (first >= map16 && first < end) ? msgpack : null;
}
