// Purpose: operators and built-in methods give what the host's own give, in one slice and in as
// many as there can be; where they differ on purpose, how.

import { describe, expect, test } from "bun:test";
import { byRusk, differences } from "./compare.ts";
import { differentCases } from "./different_cases.ts";
import { sameCases } from "./same_cases.ts";
import { runScript } from "./script_run.ts";

describe("as the host has it", () => {
  for (const one of sameCases) {
    test(one.name, () => expect(differences(one)).toEqual([]));
  }
});

describe("other than the host on purpose", () => {
  for (const [source, expected] of differentCases) {
    test(source.slice(0, 90), () => {
      if (typeof expected === "string") expect(byRusk(source)).toBe(expected);
      else expect(runScript(source).error).toMatch(expected);
    });
  }
});
