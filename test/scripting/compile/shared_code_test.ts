/** Scripts that differ in literals only share what the host made of them, and nothing else. */
import { expect, test } from "bun:test";
import { translate } from "../../../src/scripting/compile/compile.ts";
import {
  CONSTANT_COUNT_MAX,
  SHARED_CODE_COUNT_MAX,
  SHARED_CODE_SIZE_MAX,
} from "../../../src/scripting/compile/limits.ts";
import { Execution } from "../../../src/scripting/execution.ts";
import { compileScript, type Script } from "../../../src/scripting/script.ts";
import { NO_ARGUMENTS, NO_KEYS } from "../../../src/scripting/value.ts";
import { silentHost, valueOfScript } from "../script_run.ts";

const emittedOf = (text: string) => translate(text, "script").emitted;

function resultOf(script: Script): unknown {
  const execution = Execution.ofScript(script, NO_KEYS, NO_ARGUMENTS, silentHost);
  execution.step(Number.POSITIVE_INFINITY);
  return execution.value;
}

test("literals are parameters of the code, in their order, also where they are equal", () => {
  const one = emittedOf("return ['a', 1, 'a', 1, `b$" + "{1}c`, -0.5, null, true]");
  const other = emittedOf("return ['b', 2, 'c', 3, `d$" + "{4}e`, -6, null, true]");
  expect(one.code).toBe(other.code);
  expect(one.constants).toEqual(["a", 1, "a", 1, "b", 1, "c", 0.5]);
  expect(other.constants).toEqual(["b", 2, "c", 3, "d", 4, "e", 6]);
});

test("each script has its own literals, whichever was compiled or has run before", () => {
  const literals = ["1", "'x'", "0.5", "-7", "'1'", "1e300", "''", "'\\n'", "9007199254740991"];
  const texts = literals.map((literal) => `const a = [${literal}]; return a[0]`);
  const scripts = texts.map((text) => compileScript(text, "script"));
  for (let round = 0; round < 3; round++) {
    for (const [index, script] of scripts.entries()) {
      const expected: unknown = new Function(`return ${literals[index]}`)();
      expect({ literal: literals[index], value: resultOf(script) }).toEqual({
        literal: literals[index],
        value: expected,
      });
    }
  }
  expect(Object.is(valueOfScript("return -0"), -0)).toBe(true);
});

test("a literal of another kind, or another text around it, is another script", () => {
  for (let index = 0; index < 5; index++) {
    expect(valueOfScript(`return 'a' === ${index}`)).toBe(false);
    expect(valueOfScript(`return 'a' === '${index}'`)).toBe(false);
    expect(valueOfScript(`return ${index} + 1`)).toBe(index + 1);
    expect(valueOfScript(`return '${index}' + 1`)).toBe(`${index}1`);
    expect(valueOfScript(`return ${index} + '1'`)).toBe(`${index}1`);
    expect(valueOfScript(`return ${index} - 1`)).toBe(index - 1);
  }
});

test("more literals than are handed over stand in the code", () => {
  const count = 3 * CONSTANT_COUNT_MAX;
  const numbers = Array.from({ length: count }, (_, index) => index);
  const { constants, code } = emittedOf(`return [${numbers.join()}].join()`);
  expect(constants).toEqual(numbers.slice(0, CONSTANT_COUNT_MAX));
  expect(code).toContain(`,${CONSTANT_COUNT_MAX},`);
  expect(valueOfScript(`return [${numbers.join()}].join()`)).toBe(numbers.join());
});

test("what can pause has its literals in its code", () => {
  expect(emittedOf("let n = 0; while (n < 3) n++; return n").constants).toEqual([]);
});

test("code that is dropped for other code, and code too long to be kept, is made again", () => {
  const text = (index: number) => `let v; ${"v = 1;".repeat(index)} return 5`;
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < SHARED_CODE_COUNT_MAX + 10; index++) {
      expect(valueOfScript(text(index))).toBe(5);
    }
    expect(valueOfScript(text(SHARED_CODE_SIZE_MAX))).toBe(5);
  }
});
