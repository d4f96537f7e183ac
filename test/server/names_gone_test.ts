// Purpose: when very many names that clients watched, waited for or subscribed to have gone,
// garbage is collected: soon, and as a whole once nobody asks for anything; each time once.

import { expect, test } from "bun:test";
import { NamesGone } from "../../src/server/names_gone.ts";

function world() {
  const done: string[] = [];
  const state = { names: 0, commands: 0, nowMs: 1000 };
  const gone = new NamesGone({
    count: () => state.names,
    commandCount: () => state.commands,
    monotonicMs: () => state.nowMs,
    collect: () => void done.push("collect"),
    collectLater: () => void done.push("collect later"),
  });
  /** The next look, 50 ms after the last: what was done then. */
  const look = (names: number, commands = 0) => {
    state.nowMs += 50;
    state.names = names;
    state.commands += commands;
    gone.check();
    return done.splice(0);
  };
  return look;
}

test("few that go are nothing, even if they go often", () => {
  const look = world();
  for (let i = 0; i < 100; i++) {
    expect(look(9999, 1)).toEqual([]);
    expect(look(0)).toEqual([]);
    expect(look(0)).toEqual([]);
  }
});

test("many that go: beside commands, then when there have been none for a while", () => {
  const look = world();
  expect(look(12_000, 1)).toEqual([]);
  expect(look(2001, 1)).toEqual([]);
  expect(look(2000, 1)).toEqual(["collect later"]);
  for (let i = 0; i < 10; i++) expect(look(2000, 1)).toEqual([]);
  expect(look(2000)).toEqual([]);
  expect(look(2000)).toEqual(["collect"]);
  expect(look(2000)).toEqual([]);
  expect(look(0)).toEqual([]);
});

test("many that go without a command, with their clients", () => {
  const look = world();
  expect(look(100_000, 1)).toEqual([]);
  expect(look(100_000)).toEqual([]);
  expect(look(0)).toEqual(["collect"]);
  expect(look(0)).toEqual([]);
});
