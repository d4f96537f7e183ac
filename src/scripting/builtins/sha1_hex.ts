/** redis.sha1hex: in parts, since 32 MB take half a second. */
import { SHA1_SIZE, Sha1 } from "../../base/sha1.ts";
import { putLatin1 } from "../../runtime/texts.ts";
import { primitiveString } from "../guards/conversion.ts";
import { charge, tick, touchWhole } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import type { Running, ScriptValue } from "../value.ts";
import { thrownReply } from "./redis_call.ts";

/** Of the last block, and of spelling the sum: some 2 us. */
const END_FUEL = 100;
const PART_SIZE = 8192;
const part = new Uint8Array(PART_SIZE);
const digest = new Uint8Array(SHA1_SIZE);

/** The SHA-1 of a byte string, in 40 hexadecimal digits. */
export function* sha1Hex(_depth: number, ...values: ScriptValue[]): Running {
  if (values.length !== 1) throw thrownReply("ERR wrong number of arguments");
  const text = primitiveString(values[0]);
  touchWhole(text);
  const sum = new Sha1();
  let at = 0;
  for (; text.length - at > PART_SIZE; at += PART_SIZE) {
    putLatin1(part, 0, text.slice(at, at + PART_SIZE));
    sum.add(part, 0, PART_SIZE);
    charge(PART_SIZE >> 1);
    if (run.f < 0 && tick()) yield;
  }
  const rest = text.slice(at);
  charge(END_FUEL + (rest.length >> 1));
  putLatin1(part, 0, rest);
  sum.end(digest, part, 0, rest.length);
  return digest.reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "");
}
