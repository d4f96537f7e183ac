// Purpose: what a script gives, in a form that tells all values apart, whoever has run it.

import { KeyVector, LargeInteger } from "../../src/scripting/value.ts";
import type { Case } from "./same_cases.ts";
import { type RunOptions, runScript } from "./script_run.ts";

/** A value as text: -0, undefined and what is missing in an array can be seen. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof LargeInteger) return `${value.value}n`;
  if (value instanceof KeyVector) return `${value.name}${shown(value.a.slice(1))}`;
  if (Array.isArray(value)) return `[${Array.from(value, shown).join(", ")}]`;
  const members = Object.keys(value).map(
    (name) => `${JSON.stringify(name)}: ${shown((value as Record<string, unknown>)[name])}`,
  );
  return `{${members.join(", ")}}`;
}

/** What the host makes of a script. */
export function byHost(source: string): string {
  try {
    return shown(new Function("KEYS", "ARGV", `"use strict"; ${source}`)([], []));
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

/** What Rusk makes of it. */
export function byRusk(source: string, options: RunOptions = {}): string {
  const { value, error } = runScript(source, options);
  if (error === null) return shown(value);
  return /internal/.test(error) ? error : `throws ${/^ERR (\w+):/.exec(error)?.[1] ?? error}`;
}

/** What is not as the host has it, in one slice and in as many as there can be. */
export function differences({ name, source }: Case): string[] {
  const expected = byHost(source);
  return (["one", "always"] as const).flatMap((slices) => {
    const given = byRusk(source, { slices });
    return given === expected ? [] : [`${name} (${slices}): ${firstDifference(given, expected)}`];
  });
}

function firstDifference(given: string, expected: string): string {
  let at = 0;
  while (given[at] === expected[at]) at++;
  const part = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  return `...${part(given)}... instead of ...${part(expected)}...`;
}
