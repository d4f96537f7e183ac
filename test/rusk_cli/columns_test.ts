// Purpose: what a line of `rusk cli` takes of a terminal, character by character.

import { expect, test } from "bun:test";
import { charactersOf, columnsOf, widthOf } from "../../src/client/columns.ts";

const CHARACTERS: readonly (readonly [character: string, columns: number])[] = [
  ["a", 1],
  ["é", 1],
  ["e\u0301", 1],
  ["ß", 1],
  ["Ж", 1],
  ["→", 1],
  ["日", 2],
  ["あ", 2],
  ["カ", 2],
  ["ｶ", 1],
  ["한", 2],
  ["\u1112\u1161\u11ab", 2],
  ["Ａ", 2],
  ["　", 2],
  ["。", 2],
  ["￥", 2],
  ["𠀀", 2],
  ["😀", 2],
  ["👍🏽", 2],
  ["👩‍👩‍👧", 2],
  ["🇩🇪", 2],
  ["\u200b", 0],
];

test.each(CHARACTERS)("%s is one character of %d columns", (character, columns) => {
  expect(columnsOf(character)).toBe(columns);
  expect(charactersOf(`日${character}`)).toEqual(["日", character]);
});

test("a text is split between characters, and is as wide as they are together", () => {
  expect(charactersOf("")).toEqual([]);
  expect(charactersOf("ab 1")).toEqual(["a", "b", " ", "1"]);
  const text = "ae\u0301日🇩🇪x";
  expect(charactersOf(text)).toEqual(["a", "e\u0301", "日", "🇩🇪", "x"]);
  expect(widthOf(charactersOf(text))).toBe(7);
});
