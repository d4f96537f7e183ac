/** Nothing of a script's text is in the code that is made of it. */
import { expect, test } from "bun:test";
import { translate } from "../../../src/scripting/compile/compile.ts";
import { Random } from "../../fuzz/random.ts";
import { strangeToken } from "./emitted_code.ts";
import { ProgramMaker } from "./program_maker.ts";

const codeOf = (text: string): string => translate(text, "script").emitted.code;

const HOSTILE = [
  "let marker = 1; return marker",
  "function marker() { return 1 } return marker()",
  "return (function marker(marker) { return marker })(1)",
  "marker: for (;;) { break marker }",
  "return 'marker'",
  'return "marker\\" + process.exit() + \\"marker"',
  "return `marker$" + "{1}*/ marker //`",
  "// marker\nreturn 1 /* marker */",
  "return {marker: 1, 'marker2': 2, [`marker3`]: 3}.marker",
  "let o = {}; o.marker = 1; o?.marker; delete o.marker; o.marker++; o.marker += 1",
  "let {marker, ...markers} = {}; let [marker2 = 'marker'] = []",
  "return '\\u2028marker\\u2029' + '\\\n' + '<!--' + '-->' + '*/' + '//'",
  "let constructor = 1, __proto__ = 2, marker = constructor; return {__proto__: marker}",
  "let \\u006darker = 1; return marker",
  "try { throw 'marker' } catch (marker) { return marker }",
  "switch ('marker') { case 'marker': return 1 }",
  "return redis.call('marker', ...['marker'])",
  "'use marker'; 'use asm'; return 1",
  "return [].marker?.('marker') || [].marker('marker') || [].x['marker']('marker')",
  "let $d = 'marker', $K = 1, $call = 2, $ = 3; return $ + $d + $K + $call",
];

test("neither names nor strings, labels or comments are in emitted code", () => {
  for (const text of HOSTILE) {
    const code = codeOf(text);
    expect({ text, found: /marker|proto|constructor|asm/.exec(code) }).toEqual({
      text,
      found: null,
    });
    expect({ text, strange: strangeToken(code) }).toEqual({ text, strange: null });
  }
});

test("emitted code is of fixed words, numbers and escaped strings, whatever the program", () => {
  for (let index = 0; index < 200; index++) {
    const text = new ProgramMaker(new Random(14, index)).program();
    expect({ index, strange: strangeToken(codeOf(text)) }).toEqual({ index, strange: null });
  }
});

test("each byte of a string is escaped, so code is ASCII", () => {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  // Those of a script that can pause are in its code.
  const inLoop = (literal: string) => codeOf(`for (;;) { return ${literal} }`);
  expect(inLoop(`"${bytes.join("")}"`)).toContain(`"${bytes.join("")}"`);
  expect(inLoop("'é'")).toContain('"\\xe9"'); // a byte, as the server gives texts
});

test("random names and strings are not found in code, character by character", () => {
  const random = new Random(15);
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"];
  for (let round = 0; round < 300; round++) {
    const word = Array.from({ length: 8 }, () => random.pick(letters)).join("");
    const text = `let ${word} = {${word}: '${word}'}; return ${word}.${word} // ${word}`;
    expect(codeOf(text)).not.toContain(word);
  }
});

test("the words of the emitter's own are told from those of a text", () => {
  expect(strangeToken("return v1+$n(t2);")).toBeNull();
  for (const code of [
    "process",
    "v1.foo",
    '"a"',
    "`x`",
    "v1//x",
    "é",
    "'a'",
    "$nope",
    "eval(v1)",
  ]) {
    expect(strangeToken(code)).not.toBeNull();
  }
});
