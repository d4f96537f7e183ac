/**
 * Random programs mean the same to the compiler and to the host's own engine; and whatever text it
 * is given, it finds an error or makes a program, soon. PROGRAMS and SOURCES are how many (a long
 * run: 100000 and 1000000), SEED repeats a run.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { translate } from "../../../src/scripting/compile/compile.ts";
import { load } from "../../../src/scripting/compile/program.ts";
import { CompileError } from "../../../src/scripting/script.ts";
import { ownCpuMs } from "../../client/process.ts";
import { Random } from "../../fuzz/random.ts";
import { comparePrograms } from "./differential.ts";
import { strangeToken } from "./emitted_code.ts";
import { randomSource } from "./source_mutator.ts";

setDefaultTimeout(24 * 3_600_000);

const PROGRAMS = Number(process.env.PROGRAMS ?? 300);
const SOURCES = Number(process.env.SOURCES ?? 3000);
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
/** CPU time far above what a text of this length takes, and far below what a hang takes. */
const SOURCE_MS_MAX = 5000;

console.log(`seed ${seed}: ${PROGRAMS} programs, ${SOURCES} sources`);

test("random programs give what they give as JavaScript", () => {
  comparePrograms(seed, PROGRAMS);
});

test("random texts are programs or have an error, in bounded time", () => {
  let programs = 0;
  for (let index = 0; index < SOURCES; index++) {
    const text = randomSource(new Random(seed, index));
    const begin = ownCpuMs();
    const problem = problemOf(text, index % 2 === 0 ? "script" : "library");
    if (problem === "") programs++;
    else if (problem !== null)
      throw new Error(`seed ${seed}, source ${index}: ${problem}\n${text}`);
    expect(ownCpuMs() - begin).toBeLessThan(SOURCE_MS_MAX);
  }
  expect(programs).toBeGreaterThan(SOURCES / 100);
});

/** Null for a text that has an error, as it should be told; empty for a program. */
function problemOf(text: string, kind: "script" | "library"): string | null {
  try {
    const { emitted } = translate(text, kind);
    const strange = strangeToken(emitted.code);
    if (strange !== null) return `${strange} in ${emitted.code}`;
    load(emitted);
    return "";
  } catch (error) {
    if (!(error instanceof CompileError)) return `${error}`;
    const { message, line, column } = error;
    const lines = text.split(/\r\n?|\n/);
    const isThere = line >= 1 && line <= lines.length && column >= 1;
    if (isThere && column <= lines[line - 1].length + 1 && /^[ -~]{1,300}$/.test(message)) {
      return null;
    }
    return `${line}:${column} ${message}`;
  }
}
