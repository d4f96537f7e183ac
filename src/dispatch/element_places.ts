/** Where commands name elements of the collection that their first key holds. */
import type { Argument } from "../calls/argument_grammar.ts";
import { argumentsOf, type Command } from "../calls/command.ts";

export interface ElementPlace {
  /** The place of the first among the arguments, without any options; 0 if none is named. */
  readonly first: number;
  /** From one to the next; 0 if there is one only. */
  readonly step: number;
}

const NONE: ElementPlace = { first: 0, step: 0 };
const ELEMENT_NAMES: readonly string[] = ["field", "member", "member1"];

/** As the command's description of its arguments has it. */
export function elementPlace(command: Command): ElementPlace {
  return command.firstKey === 1 ? placeIn(argumentsOf(command), 1) : NONE;
}

/** The place among arguments of which the first, if it is there, is at `from`. */
function placeIn(args: readonly Argument[], from: number): ElementPlace {
  let at = from;
  for (const { name, type, token, optional, multiple, members } of args) {
    if (optional) continue;
    if (token !== undefined) at++;
    if (type === "pure-token") continue;
    if (ELEMENT_NAMES.includes(name)) return { first: at, step: multiple ? 1 : 0 };
    if (type === "block") {
      const place = placeIn(members, at);
      return multiple && place.first > 0 ? { first: place.first, step: members.length } : place;
    }
    if (type === "oneof" || multiple) return NONE;
    at++;
  }
  return NONE;
}
