/** The arguments of what runs a script or function: which, the number of keys, keys, the rest. */
import { latin1 } from "../../base/bytes.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, wrongArity } from "../../protocol/errors.ts";
import { KeyVector } from "../../scripting/value.ts";

const TOO_MANY_KEYS = new CommandError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_KEYS = new CommandError("ERR Number of keys can't be negative");
const KEY_COUNT = 2;
export const FIRST_KEY = 3;
const FORCE = 2;

/** How many of the arguments after the count are keys; throws `otherwise` if that is no integer. */
export function keyCountOf(call: Call, otherwise: CommandError): number {
  const count = call.integerOr(KEY_COUNT, otherwise);
  if (count > call.argc - FIRST_KEY) throw TOO_MANY_KEYS;
  if (count < 0) throw NEGATIVE_KEYS;
  return count;
}

/** Whether a script that has written is to be ended as well: the only option of KILL. */
export function isForced(call: Call): boolean {
  if (call.argc === FORCE) return false;
  if (call.argc > FORCE + 1 || !call.is(FORCE, "force")) throw wrongArity(call.command.name);
  return true;
}

/** Arguments from one up to before another, as a script has them; `name` is for messages. */
export function vectorOf({ args }: Call, from: number, end: number, name: string): KeyVector {
  const { bytes, start, size } = args;
  // An array that has its size from the beginning: one that grows takes twice as long to make.
  const texts = new Array<string>(end - from + 1);
  texts[0] = "";
  for (let i = from; i < end; i++) texts[i - from + 1] = latin1(bytes, start[i], size[i]);
  return new KeyVector(texts, name);
}
