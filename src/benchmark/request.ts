/**
 * What a connection sends again and again: a command, as often as it is pipelined, with random
 * numbers below 2^31 in it.
 */
import { fromLatin1, latin1 } from "../base/bytes.ts";
import { encodeCommand } from "../client/link.ts";
import { RANDOM_MARK } from "./tests.ts";

const DIGIT_ZERO = 48;

export class Request {
  readonly bytes: Uint8Array;
  /** The places of the last digits of random numbers. */
  private readonly places: readonly number[];
  /** Numbers are below it. */
  private readonly keyspace: number;
  /** Digits that may be other than 0. */
  private readonly digits: number;
  private readonly random: () => number;

  /** `keyspace`: null leaves the marks of random numbers as they are. */
  constructor(bytes: Uint8Array, keyspace: number | null, random: () => number) {
    this.bytes = bytes;
    this.keyspace = keyspace ?? 0;
    this.digits = String(Math.max(0, this.keyspace - 1)).length;
    this.random = random;
    this.places = keyspace === null ? [] : lastDigits(bytes);
  }

  /** Draws its numbers. */
  shuffle(): void {
    const { bytes, places, keyspace, digits, random } = this;
    for (let i = 0; i < places.length; i++) {
      let left = (random() * keyspace) | 0;
      for (let at = places[i], first = at - digits; at > first; at--) {
        const rest = (left / 10) | 0;
        bytes[at] = DIGIT_ZERO + left - rest * 10;
        left = rest;
      }
    }
  }
}

/** A command, so many times. */
export function requestBytes(command: readonly string[] | string, times: number): Uint8Array {
  const text = typeof command === "string" ? command : encodeCommand(command);
  return fromLatin1(text.repeat(times));
}

/** Where the last digits of random numbers are to be, whose marks become zeros. */
function lastDigits(bytes: Uint8Array): number[] {
  const text = latin1(bytes, 0, bytes.length);
  const places: number[] = [];
  for (let at = text.indexOf(RANDOM_MARK); at >= 0; at = text.indexOf(RANDOM_MARK, at + 1)) {
    bytes.fill(DIGIT_ZERO, at, at + RANDOM_MARK.length);
    places.push(at + RANDOM_MARK.length - 1);
  }
  return places;
}
