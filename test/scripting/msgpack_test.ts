// Purpose: msgpack of scripts: against msgpackr, with bytes that are none, with lengths that lie,
// and with what a number does not hold.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { LargeInteger } from "../../src/scripting/value.ts";
import { errorOfScript, runScript, valueOfScript } from "./script_run.ts";

const UNPACK = "return msgpack.unpack(ARGV[1])";
const REPACK = "return msgpack.pack(msgpack.unpack(ARGV[1]))";
const MISSING = "Missing bytes in input.";
const BAD = "Bad data format in input.";

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** Values of which the host's text and bytes are the same. */
const values = fc.jsonValue({ maxDepth: 6, noUnicodeString: true }).filter((value) => {
  const text = JSON.stringify(value);
  // msgpackr renames this one, and integers so large are rounded where they come from.
  return /^[\x20-\x7e]*$/.test(text) && !/__proto__|\d{16}/.test(text);
});

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

describe("compared with msgpackr", () => {
  test("it reads what msgpack.pack writes", () => {
    const pack = "return msgpack.pack(JSON.parse(ARGV[1]))";
    const check = (value: unknown) => {
      const args = [JSON.stringify(value)];
      const { value: bytes } = runScript(pack, { args, slices: "always" });
      expect(runScript(pack, { args }).value).toBe(bytes as string);
      const read = unpackr.unpack(Buffer.from(bytes as string, "latin1"));
      expect(JSON.stringify(read)).toBe(JSON.stringify(value));
    };
    fc.assert(fc.property(values, check), { numRuns: 500 });
  });

  test("msgpack.unpack reads what it writes", () => {
    const unpack = "return JSON.stringify(msgpack.unpack(ARGV[1]))";
    const check = (value: unknown) => {
      const args = [latin1(packr.pack(value))];
      const { value: text } = runScript(unpack, { args, slices: "always" });
      expect(text).toBe(JSON.stringify(value));
    };
    fc.assert(fc.property(values, check), { numRuns: 500 });
  });
});

describe("strings are bytes", () => {
  const ALL = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");

  test.each([0, 31, 32, 255, 256, 65535, 65536])("of %d bytes", (size) => {
    const text = ALL.repeat(257).slice(0, size);
    expect(valueOfScript("return msgpack.unpack(msgpack.pack(ARGV[1]))", text)).toBe(text);
  });

  test.each(["\xc4\x03a\xff\0", "\xc5\0\x03a\xff\0", "\xc6\0\0\0\x03a\xff\0"])(
    "binary data is a string: %j",
    (bytes) => expect(valueOfScript(UNPACK, bytes)).toBe("a\xff\0"),
  );

  test("names are keys like others", () => {
    const bytes = "\x83\xa9__proto__\x01\xabconstructor\x02\x07\x03";
    const value = valueOfScript(UNPACK, bytes) as Record<string, unknown>;
    expect(Object.entries(value)).toEqual([
      ["7", 3],
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });
});

describe("integers", () => {
  test.each([
    ["\xcf\0\x1f\xff\xff\xff\xff\xff\xff", 2n ** 53n - 1n],
    ["\xcf\0\x20\0\0\0\0\0\0", 2n ** 53n],
    ["\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 2n ** 64n - 1n],
    ["\xd3\x7f\xff\xff\xff\xff\xff\xff\xff", 2n ** 63n - 1n],
    ["\xd3\x80\0\0\0\0\0\0\0", -(2n ** 63n)],
    ["\xd3\xff\xdf\xff\xff\xff\xff\xff\xff", -(2n ** 53n) - 1n],
    ["\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", -(2n ** 31n) - 1n],
  ])("%j is exact", (bytes, integer) => {
    const number = Number(integer);
    const expected = Number.isSafeInteger(number) ? number : new LargeInteger(integer);
    expect(valueOfScript(UNPACK, bytes)).toEqual(expected);
    expect(valueOfScript("return String(msgpack.unpack(ARGV[1]))", bytes)).toBe(String(integer));
    const again = valueOfScript(REPACK, bytes) as string;
    expect(valueOfScript(UNPACK, again)).toEqual(expected);
  });

  test("of more than 64 bits are errors", () => {
    const pack = "return msgpack.pack(JSON.parse(ARGV[1]))";
    for (const text of ["18446744073709551616", "-9223372036854775809"]) {
      expect(errorOfScript(pack, text)).toContain("at most 64 bits");
    }
  });
});

describe("what is packed", () => {
  test.each([
    ["msgpack.pack(undefined)", "\xc0"],
    ["msgpack.pack([undefined, null])", "\x92\xc0\xc0"],
    ["msgpack.pack({ a: undefined, b: () => 1, c: null })", "\x81\xa1c\xc0"],
    ["msgpack.pack({})", "\x80"],
    ["msgpack.pack([])", "\x90"],
    ["msgpack.pack(ARGV)", "\x91\xa1x"],
    ["msgpack.pack(-0)", "\0"],
    ["msgpack.pack(0 / 0)", "\xcb\x7f\xf8\0\0\0\0\0\0"],
    ["msgpack.pack(-1 / 0)", "\xca\xff\x80\0\0"],
    ["msgpack.pack(1, 'a', [])", "\x01\xa1a\x90"],
  ])("%s", (call, bytes) => {
    expect(valueOfScript(`return ${call}`, "x")).toBe(bytes);
  });

  test.each([
    ["msgpack.pack()", "bad argument #0 to 'pack' (MessagePack pack needs input.)"],
    ["msgpack.pack(() => 1)", "cannot pack a function"],
    ["msgpack.pack([() => 1])", "cannot pack a function"],
    ["msgpack.unpack()", "expected a string, got undefined"],
    ["msgpack.unpack(12)", "expected a string, got number"],
    ["msgpack.unpack({})", "expected a string, got an object"],
    ["msgpack.unpackAll(null)", "expected a string, got null"],
  ])("%s is an error", (call, message) => {
    expect(errorOfScript(`return ${call}`)).toContain(message);
  });

  test("nesting of 1000 and no more", () => {
    const nest = (count: number) =>
      `let a = []; for (let i = 1; i < ${count}; i++) a = [a]; return msgpack.pack(a)`;
    expect(valueOfScript(nest(1000))).toBe(`${"\x91".repeat(999)}\x90`);
    expect(errorOfScript(nest(1001))).toContain("nested too deeply");
    expect(errorOfScript("const a = {}; a.a = a; return msgpack.pack(a)")).toContain("a cycle");
    expect(valueOfScript(REPACK, `${"\x91".repeat(999)}\x90`)).toHaveLength(1000);
    expect(errorOfScript(UNPACK, `${"\x91".repeat(1000)}\x90`)).toContain("nested too deeply");
    expect(errorOfScript(UNPACK, "\x91".repeat(1e6))).toContain("nested too deeply");
    expect(errorOfScript(UNPACK, "\x81\xa1a".repeat(1e5))).toContain("nested too deeply");
  });

  test("what is packed is a string of at most 32 MB", () => {
    const build = "let a = ['x'.repeat(1000)]; for (let i = 0; i < 40; i++) a = [a, a];";
    expect(errorOfScript(`${build} return msgpack.pack(a)`)).toContain("string too long");
  });
});

describe("bytes that are no value", () => {
  test.each([
    "",
    "\x91",
    "\x81\xa1a",
    "\xa5abcd",
    "\xcc",
    "\xcd\0",
    "\xce\0\0\0",
    "\xcf\0\0\0\0\0\0\0",
    "\xca\0\0\0",
    "\xcb\0",
    "\xd9",
    "\xd9\x05abcd",
    "\xda\0",
    "\xda\xff\xff",
    "\xdb\xff\xff\xff\xff",
    "\xc4",
    "\xc6\xff\xff\xff\xff",
    "\xdc\xff\xff",
    "\xdd\xff\xff\xff\xff",
    "\xde\xff\xff",
    "\xdf\xff\xff\xff\xff",
    "\xdf\x80\0\0\0",
    "\xdd\xff\xff\xff\xff\xc0\xc0",
  ])("%j: bytes are missing", (bytes) => {
    expect(errorOfScript(UNPACK, bytes)).toContain(MISSING);
  });

  test.each([
    "\xc1",
    "\xc7\x01\x01a",
    "\xc8\0\x01\x01a",
    "\xc9\0\0\0\x01\x01a",
    "\xd4\x01a",
    // A record of msgpackr, from whose names it would make code.
    "\xd4\x72\x40\x91\xa1a\x01",
    "\xd5\x01aa",
    "\xd6\xff\0\0\0\0",
    "\xd7\x01aaaaaaaa",
    "\xd8\x01aaaaaaaaaaaaaaaa",
  ])("%j: an extension", (bytes) => {
    expect(errorOfScript(UNPACK, bytes)).toContain(BAD);
  });

  test("what comes after the value has to be asked for", () => {
    expect(errorOfScript(UNPACK, "\x01\x02")).toContain("1 bytes after the value");
    expect(valueOfScript("return msgpack.unpackAll(ARGV[1])", "\x01\xa1a\x90")).toEqual([
      1,
      "a",
      [],
    ]);
    expect(valueOfScript("return msgpack.unpackAll('')")).toEqual([]);
    expect(errorOfScript("return msgpack.unpackAll(ARGV[1])", "\x01\x91")).toContain(MISSING);
  });

  test("a key is a string or a number", () => {
    expect(errorOfScript(UNPACK, "\x81\x90\x01")).toContain("a key is an array");
    expect(errorOfScript(UNPACK, "\x81\x80\x01")).toContain("a key is an object");
    expect(errorOfScript(UNPACK, `\x81\xda\x20\x01${"k".repeat(8193)}\x01`)).toContain("too long");
  });

  test("bytes by chance are a value or an error, and a value can be packed again", () => {
    const heads = fc.constantFrom(...[0x81, 0x82, 0x91, 0x92, 0xa1, 0xc0, 0xc4, 0xca, 0xcb]);
    const more = fc.constantFrom(...[0xcc, 0xcf, 0xd3, 0xd9, 0xda, 0xdc, 0xdd, 0xde, 0xdf, 0, 1]);
    const bytes = fc.array(fc.oneof(heads, more, fc.nat(255)), { maxLength: 40 });
    const check = (codes: number[]) => {
      const args = [String.fromCharCode(...codes)];
      const { value, error } = runScript(UNPACK, { args });
      const sliced = runScript(UNPACK, { args, slices: "always" });
      expect([sliced.value, sliced.error]).toEqual([value, error]);
      if (error === null) expect(runScript(REPACK, { args }).error).toBeNull();
      else expect(error).toMatch(/Missing bytes|Bad data|bytes after|a key is/);
    };
    fc.assert(fc.property(bytes, check), { numRuns: 5000 });
  });
});
