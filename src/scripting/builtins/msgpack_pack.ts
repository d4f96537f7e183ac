/**
 * msgpack.pack: values as MessagePack, byte for byte as Redis's cmsgpack writes them. Strings are
 * written as they are, so that what was no text stays what it was. The writer keeps the containers
 * that are open in a list, and can stop before each value.
 */
import { rangeError, typeError } from "../guards/errors.ts";
import { charge, countArray, tick } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { NESTING_MAX } from "../limits.ts";
import { KeyVector, LargeInteger, type Running, ScriptObject, type ScriptValue } from "../value.ts";
import { ByteWriter } from "./byte_writer.ts";
import { ownNames } from "./object.ts";

const NIL = 0xc0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const FLOAT_32 = 0xca;
const FLOAT_64 = 0xcb;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const UINT_64 = 0xcf;
const INT_8 = 0xd0;
const INT_16 = 0xd1;
const INT_32 = 0xd2;
const INT_64 = 0xd3;

/** How a length is written: in the first byte if it is below `fixCount`, or after one of these. */
interface Heads {
  readonly fix: number;
  readonly fixCount: number;
  /** 0 if lengths of one byte have none. */
  readonly of8: number;
  readonly of16: number;
  readonly of32: number;
}
const STRING: Heads = { fix: 0xa0, fixCount: 32, of8: 0xd9, of16: 0xda, of32: 0xdb };
const ARRAY: Heads = { fix: 0x90, fixCount: 16, of8: 0, of16: 0xdc, of32: 0xdd };
const MAP: Heads = { fix: 0x80, fixCount: 16, of8: 0, of16: 0xde, of32: 0xdf };

/** A container whose values are being written: a map if it has `keys`. */
interface Open {
  readonly container: ScriptValue[] | ScriptObject;
  readonly keys: string[] | null;
  readonly count: number;
  /** How many of its values have been written. */
  index: number;
}

/** msgpack.pack(...values): the bytes of all, one after the other. */
export function* pack(_depth: number, ...values: ScriptValue[]): Running {
  if (values.length === 0) {
    throw typeError("bad argument #0 to 'pack' (MessagePack pack needs input.)");
  }
  const writer = new MessageWriter(values);
  while (!writer.advance()) {
    writer.out.flush();
    yield;
  }
  return writer.out.take();
}

class MessageWriter {
  readonly out = new ByteWriter();
  private readonly open: Open[];

  constructor(values: ScriptValue[]) {
    this.open = [{ container: values, keys: null, count: values.length, index: 0 }];
  }

  /** Goes on until all is written, or until time is up; whether all is. */
  advance(): boolean {
    for (;;) {
      const inner = this.open[this.open.length - 1];
      if (inner === undefined) return true;
      if (--run.f < 0 && tick()) return false;
      if (inner.index === inner.count) {
        this.open.pop();
      } else if (inner.keys === null) {
        this.write((inner.container as ScriptValue[])[inner.index++]);
      } else {
        const key = inner.keys[inner.index++];
        this.writeString(key);
        this.write((inner.container as ScriptObject)[key]);
      }
    }
  }

  private write(value: ScriptValue): void {
    if (typeof value === "string") this.writeString(value);
    else if (typeof value === "number") this.writeNumber(value);
    else if (typeof value === "boolean") this.out.byte(value ? TRUE : FALSE);
    else if (value === null || value === undefined) this.out.byte(NIL);
    else if (value instanceof LargeInteger) this.writeLarge(value.value);
    else if (typeof value === "function") throw typeError("msgpack.pack: cannot pack a function");
    else this.begin(value);
  }

  private writeString(text: string): void {
    charge(text.length >> 8);
    this.writeHead(STRING, text.length);
    this.out.text(text);
  }

  private writeHead(heads: Heads, count: number): void {
    if (count < heads.fixCount) {
      this.out.byte(heads.fix | count);
    } else if (count < 2 ** 8 && heads.of8 !== 0) {
      this.out.byte(heads.of8);
      this.out.byte(count);
    } else if (count < 2 ** 16) {
      this.out.byte(heads.of16);
      this.out.word16(count);
    } else {
      this.out.byte(heads.of32);
      this.out.word32(count);
    }
  }

  /** An integer if a number is one of 64 bits, else the shortest float that is the same. */
  private writeNumber(number: number): void {
    if (Number.isInteger(number) && number >= -(2 ** 63) && number < 2 ** 63) {
      if (number >= 0) this.writeUnsigned(number);
      else this.writeNegative(number);
    } else if (Math.fround(number) === number) {
      this.out.byte(FLOAT_32);
      this.out.float32(number);
    } else {
      this.out.byte(FLOAT_64);
      this.out.float64(number);
    }
  }

  private writeUnsigned(number: number): void {
    const { out } = this;
    if (number < 2 ** 7) {
      out.byte(number);
    } else if (number < 2 ** 8) {
      out.byte(UINT_8);
      out.byte(number);
    } else if (number < 2 ** 16) {
      out.byte(UINT_16);
      out.word16(number);
    } else if (number < 2 ** 32) {
      out.byte(UINT_32);
      out.word32(number);
    } else {
      out.byte(UINT_64);
      out.word64(BigInt(number));
    }
  }

  private writeNegative(number: number): void {
    const { out } = this;
    if (number >= -(2 ** 5)) {
      out.byte(number);
    } else if (number >= -(2 ** 7)) {
      out.byte(INT_8);
      out.byte(number);
    } else if (number >= -(2 ** 15)) {
      out.byte(INT_16);
      out.word16(number);
    } else if (number >= -(2 ** 31)) {
      out.byte(INT_32);
      out.word32(number);
    } else {
      out.byte(INT_64);
      out.word64(BigInt(number));
    }
  }

  private writeLarge(value: bigint): void {
    if (value < -(2n ** 63n) || value >= 2n ** 64n) {
      throw rangeError("msgpack.pack: an integer has at most 64 bits");
    }
    this.out.byte(value < 0n ? INT_64 : UINT_64);
    this.out.word64(value);
  }

  private begin(value: ScriptValue[] | ScriptObject | KeyVector): void {
    if (this.open.length > NESTING_MAX) {
      throw rangeError("msgpack.pack: nested too deeply or a cycle");
    }
    if (value instanceof ScriptObject) {
      const keys = membersOf(value as ScriptObject);
      this.writeHead(MAP, keys.length);
      this.open.push({ container: value as ScriptObject, keys, count: keys.length, index: 0 });
      return;
    }
    const container = value instanceof KeyVector ? copyOf(value) : (value as ScriptValue[]);
    this.writeHead(ARRAY, container.length);
    this.open.push({ container, keys: null, count: container.length, index: 0 });
  }
}

/** The names of what is packed: as in JSON, nothing that is undefined or a function. */
function membersOf(object: ScriptObject): string[] {
  const names = ownNames(object);
  charge(names.length);
  return names.filter((name) => {
    const value = object[name];
    return value !== undefined && typeof value !== "function";
  });
}

function copyOf(vector: KeyVector): ScriptValue[] {
  countArray(vector.a.length);
  return vector.a.slice(1);
}
