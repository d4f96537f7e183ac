// Purpose: the engine's cases without a test runner, so that any runtime can go through them:
// prints what is not as it should be, one problem a line, and how many cases there were.

import { Execution } from "../../src/scripting/execution.ts";
import { compileScript } from "../../src/scripting/script.ts";
import { NO_ARGUMENTS, NO_KEYS } from "../../src/scripting/value.ts";
import { abuse } from "./abuse.ts";
import { byRusk, differences } from "./compare.ts";
import { differentCases } from "./different_cases.ts";
import { endless, hoarders } from "./endings.ts";
import { hostWorld, worldChanges } from "./host_world.ts";
import { sameCases } from "./same_cases.ts";
import { runScript, silentHost } from "./script_run.ts";

const SLICE_MS = 5;
const MB = 2 ** 20;

function differs([source, expected]: [string, string | RegExp]): string[] {
  const given = typeof expected === "string" ? byRusk(source) : (runScript(source).error ?? "none");
  const isRight = typeof expected === "string" ? given === expected : expected.test(given);
  return isRight ? [] : [`${source}: ${given}`];
}

function ends(source: string): string[] {
  const execution = Execution.ofScript(
    compileScript(source, "script"),
    NO_KEYS,
    NO_ARGUMENTS,
    silentHost,
  );
  for (let slice = 0; slice < 3; slice++) {
    if (execution.step(performance.now() + SLICE_MS)) return [`${source}: has ended`];
  }
  execution.kill("ERR killed");
  return [];
}

function isStopped(source: string): string[] {
  let size = 0;
  let isReached = false;
  const { error } = runScript(source, {
    host: {
      call: () => {
        isReached = true;
        return null;
      },
      memorySize: () => {
        size += 100 * MB;
        return size;
      },
    },
  });
  const isRight = error === "ERR script memory limit exceeded" && !isReached;
  return isRight ? [] : [`${source}: ${error}, ${isReached}`];
}

const before = hostWorld();
const problems = [
  ...sameCases.flatMap(differences),
  ...differentCases.flatMap(differs),
  ...endless.flatMap(ends),
  ...hoarders.flatMap(isStopped),
  ...abuse(1, 5),
  ...worldChanges(before),
];
for (const problem of problems) console.log(problem.replaceAll("\n", " ").slice(0, 300));
const count = sameCases.length + differentCases.length + endless.length + hoarders.length;
console.log(`${count} cases, ${problems.length} problems`);
