/**
 * JSON.parse, without a reviver. The reader keeps the containers that are open in a list, not on
 * the host's stack, and can stop after each value and within a long string: it goes on where it was
 * in the next time slice.
 *
 * Strings are bytes: what is not escaped is taken as it is, and \u is the UTF-8 of its character.
 * Integers that a number would round are large integers. All names are keys like others.
 */
import { stringArgument } from "../guards/conversion.ts";
import { errorObject, rangeError, Thrown } from "../guards/errors.ts";
import { arrayTooLong, countMemory, countString, tick, touchWhole } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { ARRAY_COUNT_MAX, NAME_SIZE_MAX, NESTING_MAX } from "../limits.ts";
import { type Running, ScriptObject, type ScriptValue } from "../value.ts";
import { ByteWriter } from "./byte_writer.ts";
import { integerOfDigits } from "./large_integers.ts";
import { utf8Of } from "./utf8.ts";

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** How much of a string is looked at before time is asked for again, in bytes. */
const STRETCH = 65536;
const NUMBER_SIZE_MAX = 1000;
/** Blanks on end, which are passed over without asking for time. */
const BLANKS_MAX = 1 << 20;
const CONTAINER_COST = 48;
const ELEMENT_COST = 16;
const MEMBER_COST = 48;

/** What the letter after a backslash stands for, by its code; 0 for nothing. */
const ESCAPES = new Uint8Array(256);
for (const [letter, byte] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[letter.charCodeAt(0)] = byte.charCodeAt(0);
}
const LETTER_U = 117;

type Container = ScriptValue[] | ScriptObject;

/** A value that is not whole yet: a container was opened, or time is up within a string. */
const OPENED = Symbol("opened");
const UNFINISHED = Symbol("unfinished");
type Partial = typeof OPENED | typeof UNFINISHED;

/**
 * The value of a text in JSON, in as many steps as it takes. Throws a SyntaxError of the script.
 */
export function* parseJson(_depth: number, value: ScriptValue): Running {
  const text = stringArgument(value, "JSON.parse");
  touchWhole(text);
  const reader = new JsonReader(text);
  while (!reader.advance()) yield;
  return reader.result;
}

class JsonReader {
  result: ScriptValue;
  private readonly text: string;
  private at = 0;
  /** The innermost container that is open, and the key that its next value has. */
  private inner: Container | null = null;
  private key = "";
  private readonly outer: (Container | null)[] = [];
  private readonly outerKeys: string[] = [];
  /** Whether a key comes next, not a value. */
  private isAtKey = false;
  /** Where what is not yet taken of a string begins that is being read; -1 outside strings. */
  private segment = -1;
  /** What has been taken of a string with escapes. */
  private readonly taken = new ByteWriter();
  private hasEscapes = false;

  constructor(text: string) {
    this.text = text;
  }

  /** Goes on until the text's end, or until time is up; whether it is at the end. */
  advance(): boolean {
    for (;;) {
      if (--run.f < 0 && tick()) return false;
      if (this.isAtKey) {
        if (!this.readKey()) return false;
        continue;
      }
      const value = this.read();
      if (value === OPENED) continue;
      if (value === UNFINISHED) return false;
      if (this.place(value)) return true;
    }
  }

  private readKey(): boolean {
    if (this.segment < 0 && this.skipBlanks() !== QUOTE) throw this.unexpected();
    const key = this.readString();
    if (key === UNFINISHED) return false;
    if (key.length > NAME_SIZE_MAX) {
      throw rangeError(`property name too long (limit ${NAME_SIZE_MAX} bytes)`);
    }
    if (this.skipBlanks() !== COLON) throw this.unexpected();
    this.at++;
    this.key = key;
    this.isAtKey = false;
    return true;
  }

  private read(): ScriptValue | Partial {
    if (this.segment >= 0) return this.readString();
    switch (this.skipBlanks()) {
      case QUOTE:
        return this.readString();
      case OPEN_BRACE:
        return this.open(new ScriptObject(), CLOSE_BRACE);
      case OPEN_BRACKET:
        return this.open([], CLOSE_BRACKET);
      case 116:
        return this.readWord("true", true);
      case 102:
        return this.readWord("false", false);
      case 110:
        return this.readWord("null", null);
      default:
        return this.readNumber();
    }
  }

  private open(container: Container, close: number): Container | typeof OPENED {
    if (this.outer.length >= NESTING_MAX) throw rangeError("JSON.parse: nested too deeply");
    this.at++;
    countMemory(CONTAINER_COST);
    if (this.skipBlanks() === close) {
      this.at++;
      return container;
    }
    this.outer.push(this.inner);
    this.outerKeys.push(this.key);
    this.inner = container;
    this.isAtKey = close === CLOSE_BRACE;
    return OPENED;
  }

  /** Puts a value where it belongs, and closes what ends after it; whether the text ends, too. */
  private place(first: ScriptValue): boolean {
    let value = first;
    for (;;) {
      const { inner } = this;
      const code = this.skipBlanks();
      if (inner === null) {
        if (this.at < this.text.length) throw this.unexpected();
        this.result = value;
        return true;
      }
      if (Array.isArray(inner)) {
        this.append(inner, value);
        if (code === COMMA) break;
        if (code !== CLOSE_BRACKET) throw this.unexpected();
      } else {
        countMemory(MEMBER_COST);
        inner[this.key] = value;
        if (code === COMMA) {
          this.isAtKey = true;
          break;
        }
        if (code !== CLOSE_BRACE) throw this.unexpected();
      }
      this.at++;
      value = inner;
      this.inner = this.outer.pop() as Container | null;
      this.key = this.outerKeys.pop() as string;
    }
    this.at++;
    return false;
  }

  private append(array: ScriptValue[], value: ScriptValue): void {
    if (array.length >= ARRAY_COUNT_MAX) throw arrayTooLong();
    countMemory(ELEMENT_COST);
    array.push(value);
  }

  /** From its opening quote on, or from where it was when time was up. */
  private readString(): string | typeof UNFINISHED {
    const { text } = this;
    let { at } = this;
    if (this.segment < 0) this.segment = ++at;
    let stretchEnd = at + STRETCH;
    for (;;) {
      // Beyond the end the code is NaN, which ends this loop as well.
      let code = text.charCodeAt(at);
      while (code >= 32 && code !== QUOTE && code !== BACKSLASH && at < stretchEnd) {
        code = text.charCodeAt(++at);
      }
      this.at = at;
      if (code === QUOTE) return this.endString();
      if (code === BACKSLASH) at = this.readEscape();
      else if (!(code >= 32)) throw this.unexpected();
      if (at < stretchEnd) continue;
      this.at = at;
      stretchEnd = at + STRETCH;
      run.f -= STRETCH >> 5;
      if (run.f < 0 && tick()) {
        this.taken.flush();
        return UNFINISHED;
      }
    }
  }

  private endString(): string {
    const { at, segment, text } = this;
    this.at = at + 1;
    this.segment = -1;
    run.f -= (at - segment) >> 5;
    if (!this.hasEscapes) {
      countString(at - segment);
      return text.slice(segment, at);
    }
    this.taken.slice(text, segment, at);
    this.hasEscapes = false;
    return this.taken.take();
  }

  /** Takes what is before an escape and the escape; returns where the string goes on. */
  private readEscape(): number {
    const { at, text } = this;
    this.hasEscapes = true;
    this.taken.slice(text, this.segment, at);
    const letter = text.charCodeAt(at + 1);
    this.at = at + 2;
    if (letter === LETTER_U) {
      this.taken.text(utf8Of(this.readCharacter()));
    } else {
      const byte = ESCAPES[letter];
      // Of a letter that is not there the code is NaN.
      if (byte === undefined || byte === 0) throw this.unexpected();
      this.taken.byte(byte);
    }
    this.segment = this.at;
    return this.at;
  }

  /** The character of a \u, or of two that are the halves of one. */
  private readCharacter(): number {
    const high = this.readHexadecimal();
    const { at, text } = this;
    if (high < 0xd800 || high >= 0xdc00 || text[at] !== "\\" || text[at + 1] !== "u") return high;
    this.at = at + 2;
    const low = this.readHexadecimal();
    if (low >= 0xdc00 && low < 0xe000) return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    this.at = at;
    return high;
  }

  private readHexadecimal(): number {
    let value = 0;
    for (let i = 0; i < 4; i++, this.at++) {
      const code = this.text.charCodeAt(this.at);
      const digit = code <= 57 ? code - 48 : (code | 32) - 87;
      if (!(digit >= 0 && digit < 16) || (code > 57 && digit < 10)) throw this.unexpected();
      value = value * 16 + digit;
    }
    return value;
  }

  private readWord(word: string, value: ScriptValue): ScriptValue {
    if (!this.text.startsWith(word, this.at)) throw this.unexpected();
    this.at += word.length;
    return value;
  }

  private readNumber(): ScriptValue {
    const { text, at: start } = this;
    if (text.charCodeAt(start) === MINUS) this.at++;
    if (text.charCodeAt(this.at) === 48) this.at++;
    else this.skipDigits();
    const integerEnd = this.at;
    if (text.charCodeAt(this.at) === POINT) {
      this.at++;
      this.skipDigits();
    }
    if ((text.charCodeAt(this.at) | 32) === 101) {
      const sign = text.charCodeAt(++this.at);
      if (sign === 43 || sign === MINUS) this.at++;
      this.skipDigits();
    }
    if (this.at - start > NUMBER_SIZE_MAX) {
      throw syntaxError(`JSON.parse: number too long at position ${start}`);
    }
    const digits = text.slice(start, this.at);
    if (this.at > integerEnd || digits.length < 16) return +digits;
    return integerOfDigits(digits);
  }

  private skipDigits(): void {
    const { text } = this;
    let { at } = this;
    const end = at + NUMBER_SIZE_MAX;
    let code = text.charCodeAt(at);
    if (!(code >= 48 && code <= 57)) throw this.unexpected();
    while (code >= 48 && code <= 57 && at <= end) code = text.charCodeAt(++at);
    this.at = at;
  }

  /** The code of the first byte that is no blank; NaN at the end. */
  private skipBlanks(): number {
    const { text } = this;
    let { at } = this;
    let code = text.charCodeAt(at);
    const end = at + BLANKS_MAX;
    while ((code === 32 || code === 10 || code === 13 || code === 9) && at < end) {
      code = text.charCodeAt(++at);
    }
    const count = at - this.at;
    this.at = at;
    run.f -= count >> 5;
    if (count >= BLANKS_MAX) throw this.unexpected();
    return code;
  }

  private unexpected(): Thrown {
    const { at, text } = this;
    const what = at >= text.length ? "end of input" : "character";
    return syntaxError(`JSON.parse: unexpected ${what} at position ${Math.min(at, text.length)}`);
  }
}

function syntaxError(message: string): Thrown {
  return new Thrown(errorObject("SyntaxError", message), run.l);
}
