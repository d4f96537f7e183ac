// Purpose: struct, bit and msgpack of scripts against those of redis-server's Lua: results, bytes
// and error texts, for chosen calls and for calls by chance.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { LargeInteger, type ScriptValue } from "../../src/scripting/value.ts";
import { hasRedis, RedisServer } from "../config/redis_server.ts";
import { Random } from "../fuzz/random.ts";
import { runScript } from "./script_run.ts";

const SEED = Number(process.env.SEED ?? Date.now());
const NOTE = `SEED=${SEED}`;

/** Calls that both languages write the same way; ARGV[1] is the row's second item. */
const CALLS: readonly (readonly [string, string?])[] = [
  ...[
    "struct.pack('B','7')",
    "struct.pack('B','')",
    "struct.pack('B',' ')",
    "struct.pack('B',1.9)",
    "struct.pack('B',-1.9)",
    "struct.pack('B',300)",
    "struct.pack('b',-129)",
    "struct.pack('>h',-2)",
    "struct.pack('>i3',-2)",
    "struct.pack('>i8',-2)",
    "struct.pack('>i16',-2)",
    "struct.pack('<i16',-2)",
    "struct.pack('>I32',1)",
    "struct.pack('>I33',1)",
    "struct.pack('i0',5)",
    "struct.pack('>l',9007199254740991)",
    "struct.pack('>l',-9007199254740991)",
    "struct.pack('>f',1.1)",
    "struct.pack('<d',1.1)",
    "struct.pack('>f',1e300)",
    "struct.pack('>d','1e300')",
    "struct.pack('x')",
    "struct.pack('x3')",
    "struct.pack('c3','abcdef')",
    "struct.pack('c','abcdef')",
    "struct.pack('c0','abcdef')",
    "struct.pack('c3','ab')",
    "struct.pack('c3',1234)",
    "struct.pack('c3',1.5)",
    "struct.pack('s','ab')",
    "struct.pack('s',12)",
    "struct.pack('=B',1)",
    "struct.pack('q',1)",
    "struct.pack('!B!4>I',1,2)",
    "struct.pack('!3B',1)",
    "struct.pack('!0B',1)",
    "struct.pack('!B>I',1,2)",
    "struct.pack('!1B>I',1,2)",
    "struct.pack('!16B>I',1,2)",
    "struct.pack('!16B>i16',1,2)",
    "struct.pack('!4B>i3',1,2)",
    "struct.pack('!8B>i3i3',1,2,3)",
    "struct.pack('!B>d',1,2)",
    "struct.pack('!Bc4',1,'abcd')",
    "struct.pack('!Bs>I',1,'abcd',3)",
    "struct.pack('c99999999999','x')",
    "struct.pack('i99999999999',1)",
    "struct.pack('c2147483647','x')",
    "struct.pack('c2147483648','x')",
    "struct.pack('! B  B',1,2)",
    "struct.pack('B\\0B',1,2)",
    "struct.pack('B\\tB',1,2)",
    "struct.pack('B',1,2,3)",
    "struct.pack(5)",
    "struct.pack('BHILT',1,1,1,1,1)",
    "struct.pack('>bhilT',-1,-1,-1,-1,1)",
    "struct.pack()",
    "struct.pack('B')",
    "struct.pack('B','x')",
    "struct.pack('B',{})",
    "struct.pack('B',true)",
    "struct.pack('s',{})",
    "struct.pack('s')",
    "struct.pack('>i4i5',1)",
    "struct.pack({})",
    "struct.size()",
    "struct.size({})",
    "struct.size('BHILTfdx')",
    "struct.size('!BHILTfdx')",
    "struct.size('s')",
    "struct.size('c0')",
    "struct.size('c10')",
    "struct.size('c')",
    "struct.size('q')",
    "struct.size('i33')",
    "struct.size('=')",
    "struct.size('!3')",
    "struct.size('c2147483647c2147483647')",
    "struct.size('!16i16i')",
    "struct.size('i0')",
    "struct.size('1')",
    "struct.size('B1')",
    "struct.size('>!4 Bi')",
    "struct.unpack('B')",
    "struct.unpack()",
    "struct.unpack('B',{})",
    "struct.unpack('B',12)",
    "bit.band()",
    "bit.band(1)",
    "bit.band('x')",
    "bit.band('')",
    "bit.band(1,'x')",
    "bit.band(1,2,{})",
    "bit.band(7,3,2)",
    "bit.bor(1,2,4)",
    "bit.bxor(1,3)",
    "bit.bnot(0)",
    "bit.bnot()",
    "bit.tobit(1e300)",
    "bit.tobit(0/0)",
    "bit.tobit(1/0)",
    "bit.tobit(9.007199254740994e15)",
    "bit.tobit(4503599627370499)",
    "bit.tobit('12')",
    "bit.tobit('0x10')",
    "bit.tobit(' 12 ')",
    "bit.tobit(true)",
    "bit.lshift(1)",
    "bit.lshift(1,'x')",
    "bit.tohex()",
    "bit.tohex(255,4)",
    "bit.tohex(255,-4)",
    "bit.tohex(255,0)",
    "bit.tohex(255,100)",
    "bit.tohex(-1,-3)",
    "bit.tohex(255,'4')",
  ].map((call) => [call] as const),
  ["struct.unpack('B',ARGV[1])", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],2)", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],0)", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],4)", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],5)", "\x01\x02\x03"],
  ["struct.unpack('',ARGV[1],5)", "\x01\x02\x03"],
  ["struct.unpack('x',ARGV[1],4)", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],'2')", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],'x')", "\x01\x02\x03"],
  ["struct.unpack('B',ARGV[1],1.9)", "\x01\x02\x03"],
  ["struct.unpack('Bc0',ARGV[1])", "\x03abcd"],
  ["struct.unpack('Bc0',ARGV[1])", "\x05abcd"],
  ["struct.unpack('c0',ARGV[1])", "\x05abcd"],
  ["struct.unpack('bc0',ARGV[1])", "\xffabcd"],
  ["struct.unpack('sc0',ARGV[1])", "ab\0abcd"],
  ["struct.unpack('sc0',ARGV[1])", "2\0abcd"],
  ["struct.unpack('>dc0',ARGV[1])", "@\x07\x33\x33\x33\x33\x33\x33abcd"],
  ["struct.unpack('s',ARGV[1])", "abc"],
  ["struct.unpack('s',ARGV[1])", "ab\0c"],
  ["struct.unpack('c2',ARGV[1])", "abc"],
  ["struct.unpack('c4',ARGV[1])", "abc"],
  ["struct.unpack('c',ARGV[1])", "abc"],
  ["struct.unpack('c2147483647',ARGV[1])", "abc"],
  ["struct.unpack('i0',ARGV[1])", "abc"],
  ["struct.unpack('I0',ARGV[1])", "abc"],
  ["struct.unpack('!B>I',ARGV[1])", "\x01\0\0\0\0\0\0\x02"],
  ["struct.unpack('!B>I',ARGV[1],2)", "\x01\0\0\0\0\0\0\x02"],
  ["struct.unpack('!B>I',ARGV[1])", "\x01\0"],
  ["struct.unpack('q',ARGV[1])", "\x01"],
  ["struct.unpack('!3',ARGV[1])", "\x01"],
  ["struct.unpack('B',ARGV[1])", ""],
  ["struct.unpack('c0',ARGV[1])", ""],
  ["struct.unpack('Bc0B',ARGV[1])", "\0\x07"],
  ["struct.unpack('>i9',ARGV[1])", "\x01\xff\xff\xff\xff\xff\xff\xff\xfe"],
  ["struct.unpack('>I9',ARGV[1])", "\x01\0\0\0\0\0\0\0\xfe"],
];

/** Puts into one list what Lua returns as several values, with numbers in all digits. */
const LUA_SHOW = `
  local function show(...)
    local shown = {}
    for i = 1, select('#', ...) do
      local value = select(i, ...)
      shown[i] = type(value) == 'number' and string.format('%.17g', value) or 's' .. value
    end
    return shown
  end
  return show(`;

/** The same of ours, as numbers, since they are written otherwise. */
function shown(value: ScriptValue): (string | number)[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map((item) => {
    if (item instanceof LargeInteger) return Number(item.value);
    return typeof item === "number" ? item : `s${item}`;
  });
}

describe.skipIf(!hasRedis)("compared with redis-server", () => {
  const redis = new RedisServer();

  beforeAll(async () => {
    await redis.start([]);
  });
  afterAll(() => redis.stop());

  /** What a call gives in Lua: values, or the text of an error without its place. */
  async function inLua(call: string, ...args: string[]): Promise<(string | number)[] | string> {
    const reply = await redis.call("EVAL", `${LUA_SHOW}${call})`, "0", ...args);
    if (!Array.isArray(reply)) return withoutPlace(String(reply));
    return reply.map((item) => {
      const text = String(item);
      return text.startsWith("s") ? text : Number(text.replace("-nan", "NaN"));
    });
  }

  function inOurs(call: string, ...args: string[]): (string | number)[] | string {
    const { value, error } = runScript(`return ${call}`, { args });
    return error === null ? shown(value) : withoutPlace(error);
  }

  /** Kinds of values have other names in Lua, and only there is nil an argument that is missing. */
  function withoutPlace(error: string): string {
    return error
      .replace(/^ERR (?:user_script:\d+:|TypeError:|RangeError:) /, "")
      .replace(/ script: [0-9a-f]{40}, on @user_script:\d+\.$/, "")
      .replace(/, got [a-z ]+\)/, ")");
  }

  test.each(CALLS)("%s %j", async (call, arg = "") => {
    expect(inOurs(call, arg)).toEqual(await inLua(call, arg));
  });

  test("struct.pack and unpack of formats by chance", async () => {
    const random = new Random(SEED);
    for (let round = 0; round < 1500; round++) {
      const { format, values } = randomStruct(random);
      const call = `struct.pack('${format}'${values.map((value) => `,${value}`).join("")})`;
      const packed = inOurs(call);
      expect(packed, `${NOTE} ${call}`).toEqual(await inLua(call));
      if (typeof packed === "string") continue;
      const bytes = String(packed[0]).slice(1);
      const back = `struct.unpack('${format}',ARGV[1])`;
      expect(inOurs(back, bytes), `${NOTE} ${back} ${call}`).toEqual(await inLua(back, bytes));
      const size = `struct.size('${format}')`;
      expect(inOurs(size), `${NOTE} ${size}`).toEqual(await inLua(size));
    }
  });

  test("struct.unpack of bytes by chance", async () => {
    const random = new Random(SEED);
    for (let round = 0; round < 1500; round++) {
      const { format } = randomStruct(random);
      const bytes = randomBytes(random, random.below(40));
      const call = `struct.unpack('${format}',ARGV[1])`;
      expect(inOurs(call, bytes), `${NOTE} ${call} ${JSON.stringify(bytes)}`).toEqual(
        await inLua(call, bytes),
      );
    }
  });

  test("bit's functions of numbers by chance", async () => {
    const random = new Random(SEED);
    const names = "band bor bxor bnot tobit tohex bswap lshift rshift arshift rol ror".split(" ");
    for (let round = 0; round < 1500; round++) {
      const args = [randomNumber(random), randomNumber(random)];
      if (random.below(4) === 0) args[1] = String(random.below(40) - 8);
      const call = `bit.${random.pick(names)}(${args.join(",")})`;
      expect(inOurs(call), `${NOTE} ${call}`).toEqual(await inLua(call));
    }
  });

  test("JSON.parse reads the numbers that cjson reads", async () => {
    const random = new Random(SEED);
    for (let round = 0; round < 1500; round++) {
      const text = randomNumberText(random);
      const ours = inOurs("JSON.parse(ARGV[1])", text);
      expect(ours, `${NOTE} ${text}`).toEqual(await inLua("cjson.decode(ARGV[1])", text));
    }
  });

  test("msgpack.pack writes the same bytes, and Lua reads them", async () => {
    const random = new Random(SEED);
    for (let round = 0; round < 1500; round++) {
      const args: string[] = [];
      const [lua, script] = randomMessage(random, args, 4);
      const { value, error } = runScript(`return msgpack.pack(${script})`, { args });
      const note = `${NOTE} ${script} ${JSON.stringify(args).slice(0, 200)}`;
      expect(error, note).toBeNull();
      const [packed] = (await inLua(`cmsgpack.pack(${lua})`, ...args)) as string[];
      expect(`s${value}`, note).toBe(packed);
      const again = "cmsgpack.pack(cmsgpack.unpack(ARGV[1]))";
      expect(await inLua(again, value as string), note).toEqual([packed]);
      const ours = runScript("return msgpack.pack(msgpack.unpack(ARGV[1]))", {
        args: [value as string],
      });
      expect(ours.value, note).toBe(value);
    }
  });
});

const INTEGER_SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32];

/** A format, and literals of both languages for its values. */
function randomStruct(random: Random): { format: string; values: string[] } {
  let format = "";
  const values: string[] = [];
  for (let count = random.below(8); count >= 0; count--) {
    const letter = random.pick([..."bBhHlLTiIiIfdsccx><! "]);
    format += letter;
    // What C shifts for the sign of other long ones is not defined.
    if ("iI".includes(letter) && random.below(2) === 0) format += random.pick(INTEGER_SIZES);
    // What C makes a size of a number too large for one, before c0, is not defined.
    if (letter === "c" && random.below(2) === 0) {
      format += /[bBhHsc]$/.test(format.slice(0, -1)) ? random.below(5) : random.between(1, 5);
    }
    if (letter === "!" && random.below(2) === 0) format += random.pick([1, 2, 4, 8, 16, 32, 3]);
    if ("bBhHlLTiI".includes(letter)) values.push(randomInteger(random));
    else if ("fd".includes(letter)) values.push(randomNumber(random));
    else if ("sc".includes(letter)) values.push(`'${"abcdefgh".slice(random.below(9))}'`);
  }
  return { format, values };
}

const fractionOf = (random: Random) => (random.uint32() + random.uint32() / 2 ** 32) / 2 ** 32;

function randomInteger(random: Random): string {
  const size = random.pick([3, 8, 16, 31, 32, 33, 52, 53]);
  const value = Math.floor(fractionOf(random) * 2 ** size);
  return String(random.below(2) === 0 ? value : -value);
}

function randomNumber(random: Random): string {
  if (random.below(3) > 0) return randomInteger(random);
  const value = (fractionOf(random) - 0.5) * 10 ** (random.below(30) - 10);
  const number = random.below(3) === 0 ? Math.round(value * 2) / 2 : value;
  // An integer that is rounded may not be written as one.
  return Math.abs(number) < 2 ** 53 ? String(number) : number.toExponential();
}

/** A number as JSON has it. */
function randomNumberText(random: Random): string {
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("");
  const sign = random.below(2) === 0 ? "-" : "";
  const whole = random.below(3) === 0 ? "0" : `${random.between(1, 9)}${digits(random.below(25))}`;
  const fraction = random.below(2) === 0 ? "" : `.${digits(random.between(1, 20))}`;
  const exponent = random.pick(["", "", `e${random.below(400) - 200}`, `E+${random.below(20)}`]);
  return sign + whole + fraction + exponent;
}

function randomBytes(random: Random, size: number): string {
  return Array.from({ length: size }, () => String.fromCharCode(random.below(256))).join("");
}

/** A value as Lua and as a script write it; strings are arguments. */
function randomMessage(random: Random, args: string[], depth: number): [string, string] {
  const kind = random.below(depth > 0 ? 6 : 4);
  const string = (sizes: number[]) => {
    args.push(randomBytes(random, random.pick(sizes)));
    return `ARGV[${args.length}]`;
  };
  if (kind === 0) return same(random.pick(["true", "false"]));
  if (kind === 1) return same(randomNumber(random));
  if (kind === 2) return same(random.pick(["-0", "1.5", "-2147483649", "4294967296", "1e400"]));
  if (kind === 3) return same(string([0, 1, 5, 31, 32, 255, 256, 65536]));
  if (kind === 4) {
    const items = Array.from({ length: random.pick([1, 2, 15, 16, 20]) }, () =>
      randomMessage(random, args, random.below(3) === 0 ? depth - 1 : 0),
    );
    const join = (side: 0 | 1) => items.map((item) => item[side]).join(",");
    return [`{${join(0)}}`, `[${join(1)}]`];
  }
  const key = string([0, 1, 5, 31, 32, 255]);
  const [lua, script] = randomMessage(random, args, depth - 1);
  return [`{[${key}]=${lua}}`, `{[${key}]:${script}}`];
}

const same = (text: string): [string, string] => [text, text];
