/** Numbers as arguments of what Redis's Lua has, where a string that reads as one will do. */
import { numberOf, trim } from "../guards/conversion.ts";
import type { ScriptValue } from "../value.ts";

/** NaN of what is no number; an empty string is none, though JavaScript has it be 0. */
export function numberArgument(value: ScriptValue): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return Number.NaN;
  const digits = trim(value, true, true);
  return digits === "" ? Number.NaN : numberOf(digits);
}
