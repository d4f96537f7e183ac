/** replace and replaceAll of strings: with a string for a pattern, and a string or a function. */
import { callable } from "../guards/calls.ts";
import { stringArgument, stringOf } from "../guards/conversion.ts";
import { tick, touch } from "../guards/meter.ts";
import { concatenate } from "../guards/operators.ts";
import { run } from "../guards/run_state.ts";
import { GeneratorObject, type Running, type ScriptValue } from "../value.ts";
import { callOwnHere, type PausingMethod } from "./method.ts";
import { Pattern } from "./search.ts";
import { part } from "./string_methods.ts";

function* replaced(
  depth: number,
  text: string,
  args: ScriptValue[],
  replacesAll: boolean,
): Running {
  touch(text);
  const pattern = new Pattern(stringArgument(args[0], "replace"));
  const replacement = args[1];
  const isFunction = typeof replacement === "function";
  const template = isFunction ? "" : stringArgument(replacement, "replace");
  let result = "";
  let copied = 0;
  let found = pattern.find(text, 0);
  if (found < 0) return text;
  while (found >= 0) {
    if (--run.f < 0 && tick()) yield;
    let value: ScriptValue;
    if (isFunction) {
      const called = callable(replacement)(depth, pattern.text, found, text);
      value = called instanceof GeneratorObject ? yield* called : called;
    } else {
      value = yield* expanded(template, text, pattern.text, found);
    }
    result = concatenate(result, part(text, copied, found));
    result = concatenate(result, stringOf(value));
    copied = found + pattern.text.length;
    if (!replacesAll) break;
    // An empty pattern is found before each byte and at the end.
    if (pattern.text !== "") found = pattern.find(text, copied);
    else found = found < text.length ? found + 1 : -1;
  }
  return concatenate(result, part(text, copied, text.length));
}

/**
 * The replacement of one place: $$ is $, $& what was found, $` and $' what is around it. There may
 * be millions of these in a template, so it pauses, too.
 */
function* expanded(
  template: string,
  text: string,
  found: string,
  at: number,
): Generator<void, string, void> {
  touch(template);
  let dollar = template.indexOf("$");
  if (dollar < 0) return template;
  let result = "";
  let copied = 0;
  while (dollar >= 0 && dollar + 1 < template.length) {
    if (--run.f < 0 && tick()) yield;
    const inserted = insertion(template[dollar + 1], text, found, at);
    if (inserted !== null) {
      result = concatenate(result, part(template, copied, dollar));
      result = concatenate(result, inserted);
      copied = dollar + 2;
    }
    dollar = template.indexOf("$", dollar + (inserted === null ? 1 : 2));
  }
  return concatenate(result, part(template, copied, template.length));
}

function insertion(letter: string, text: string, found: string, at: number): string | null {
  switch (letter) {
    case "$":
      return "$";
    case "&":
      return found;
    case "`":
      return part(text, 0, at);
    case "'":
      return part(text, at + found.length, text.length);
  }
  return null;
}

export const replaceMethods: Record<string, PausingMethod> = {
  *replace(depth, receiver, ...args) {
    if (typeof receiver !== "string") return yield* callOwnHere(depth, receiver, "replace", args);
    return yield* replaced(depth, receiver, args, false);
  },
  *replaceAll(depth, receiver, ...args) {
    if (typeof receiver !== "string") {
      return yield* callOwnHere(depth, receiver, "replaceAll", args);
    }
    return yield* replaced(depth, receiver, args, true);
  },
};
