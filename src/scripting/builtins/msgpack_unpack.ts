/**
 * msgpack.unpack: values of MessagePack. Strings and binary data both become byte strings, integers
 * of 64 bits that a number would round large integers; extensions are errors, as in Redis's
 * cmsgpack. The reader keeps the containers that are open in a list, and can stop before each
 * value. A length is never believed: each element takes a byte at least, and containers grow as
 * elements come.
 *
 * msgpackr, which reads our own files, is not for scripts' data: it takes strings for UTF-8, makes
 * code of the names in records, renames `__proto__`, and reads nested values on the host's stack.
 */
import { nameOf } from "../guards/conversion.ts";
import { rangeError, type Thrown, typeError } from "../guards/errors.ts";
import {
  arrayTooLong,
  charge,
  countMemory,
  countString,
  tick,
  touchWhole,
} from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { ARRAY_COUNT_MAX, NESTING_MAX } from "../limits.ts";
import { kindOf, LargeInteger, type Running, ScriptObject, type ScriptValue } from "../value.ts";
import { doubleAt, floatAt, wordAt } from "./binary.ts";
import { integerOfWords } from "./large_integers.ts";

const CONTAINER_COST = 48;
const VALUE_COST = 32;

/** A container whose values are still to come: a map's are its keys as well. */
interface Open {
  readonly container: ScriptValue[] | ScriptObject;
  readonly isMap: boolean;
  left: number;
  /** The key whose value comes next; null if a key does. */
  key: string | number | null;
}

/** A container was opened: its values come first. */
const OPENED = Symbol("opened");
type Read = ScriptValue | typeof OPENED;

/** msgpack.unpack(bytes): the one value that they are. */
export function* unpack(_depth: number, value: ScriptValue): Running {
  const reader = readerOf(value, "unpack");
  while (!reader.advance()) yield;
  const rest = reader.bytes.length - reader.at;
  if (rest > 0) {
    throw typeError(`msgpack.unpack: ${rest} bytes after the value; see msgpack.unpackAll`);
  }
  return reader.result;
}

/** msgpack.unpackAll(bytes): an array of the values that stand one after the other. */
export function* unpackAll(_depth: number, value: ScriptValue): Running {
  const reader = readerOf(value, "unpackAll");
  const found: ScriptValue[] = [];
  while (reader.at < reader.bytes.length) {
    while (!reader.advance()) yield;
    if (found.length >= ARRAY_COUNT_MAX) throw arrayTooLong();
    found.push(reader.result);
  }
  return found;
}

function readerOf(value: ScriptValue, name: string): MessageReader {
  if (typeof value !== "string") {
    throw typeError(`msgpack.${name}: expected a string, got ${kindOf(value)}`);
  }
  touchWhole(value);
  return new MessageReader(value);
}

class MessageReader {
  result: ScriptValue;
  at = 0;
  readonly bytes: string;
  private readonly open: Open[] = [];

  constructor(bytes: string) {
    this.bytes = bytes;
  }

  /** Goes on until a value is whole, or until time is up; whether one is. */
  advance(): boolean {
    for (;;) {
      if (--run.f < 0 && tick()) return false;
      const value = this.read();
      if (value !== OPENED && this.place(value)) return true;
    }
  }

  /** Puts a value where it belongs, and closes what is whole with it; whether all is. */
  private place(first: ScriptValue): boolean {
    let value = first;
    for (;;) {
      const inner = this.open[this.open.length - 1];
      if (inner === undefined) {
        this.result = value;
        return true;
      }
      put(inner, value);
      if (--inner.left > 0) return false;
      this.open.pop();
      value = inner.container;
    }
  }

  private read(): Read {
    const head = this.take(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.begin(head & 15, true);
    if (head < 0xa0) return this.begin(head & 15, false);
    if (head < 0xc0) return this.readString(head & 31);
    if (head >= 0xe0) return head - 256;
    return head < 0xcc ? this.readOther(head) : this.readSized(head);
  }

  private readOther(head: number): Read {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.readString(this.take(1));
      case 0xc5:
        return this.readString(this.take(2));
      case 0xc6:
        return this.readString(this.take(4));
      case 0xca:
        return floatAt(this.bytes, this.pass(4), false);
      case 0xcb:
        return doubleAt(this.bytes, this.pass(8), false);
      default:
        // Extensions, and the one byte that stands for nothing.
        throw typeError("Bad data format in input.");
    }
  }

  private readSized(head: number): Read {
    switch (head) {
      case 0xcc:
        return this.take(1);
      case 0xcd:
        return this.take(2);
      case 0xce:
        return this.take(4);
      case 0xcf:
        return integerOfWords(this.take(4), this.take(4));
      case 0xd0:
        return (this.take(1) << 24) >> 24;
      case 0xd1:
        return (this.take(2) << 16) >> 16;
      case 0xd2:
        return this.take(4) | 0;
      case 0xd3:
        return integerOfWords(this.take(4) | 0, this.take(4));
      case 0xd9:
        return this.readString(this.take(1));
      case 0xda:
        return this.readString(this.take(2));
      case 0xdb:
        return this.readString(this.take(4));
      case 0xdc:
        return this.begin(this.take(2), false);
      case 0xdd:
        return this.begin(this.take(4), false);
      case 0xde:
        return this.begin(this.take(2), true);
      case 0xdf:
        return this.begin(this.take(4), true);
      default:
        throw typeError("Bad data format in input.");
    }
  }

  private begin(count: number, isMap: boolean): Read {
    const left = isMap ? 2 * count : count;
    if (left > this.bytes.length - this.at) throw missing();
    if (!isMap && count > ARRAY_COUNT_MAX) throw arrayTooLong();
    if (this.open.length >= NESTING_MAX) throw rangeError("msgpack.unpack: nested too deeply");
    countMemory(CONTAINER_COST);
    const container = isMap ? new ScriptObject() : [];
    if (left === 0) return container;
    this.open.push({ container, isMap, left, key: null });
    return OPENED;
  }

  private readString(size: number): string {
    const start = this.pass(size);
    countString(size);
    charge(size >> 8);
    return this.bytes.slice(start, start + size);
  }

  /** An integer of so many bytes, without a sign. */
  private take(size: number): number {
    const start = this.pass(size);
    return size === 1 ? this.bytes.charCodeAt(start) : wordAt(this.bytes, start, size);
  }

  /** Goes past so many bytes, which have to be there; returns where they begin. */
  private pass(size: number): number {
    const start = this.at;
    if (size > this.bytes.length - start) throw missing();
    this.at = start + size;
    return start;
  }
}

function put(inner: Open, value: ScriptValue): void {
  countMemory(VALUE_COST);
  if (!inner.isMap) {
    (inner.container as ScriptValue[]).push(value);
  } else if (inner.key === null) {
    inner.key = keyOf(value);
  } else {
    (inner.container as ScriptObject)[inner.key] = value;
    inner.key = null;
  }
}

function keyOf(value: ScriptValue): string | number {
  const isContainer = typeof value === "object" && value !== null;
  if (isContainer && !(value instanceof LargeInteger)) {
    throw typeError(`msgpack.unpack: a key is ${kindOf(value)}`);
  }
  return nameOf(value);
}

function missing(): Thrown {
  return typeError("Missing bytes in input.");
}
