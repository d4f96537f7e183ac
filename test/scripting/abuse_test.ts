// Purpose: built-ins in the hands of a script that means no good.

import { expect, test } from "bun:test";
import { abuse } from "./abuse.ts";
import { hostWorld, worldChanges } from "./host_world.ts";

test("every built-in with receivers and arguments of every kind", () => {
  const before = hostWorld();
  const seed = 1 + Math.floor(Math.random() * 2_000_000_000);
  console.log(`abuse: seed ${seed}`);
  expect(abuse(seed, 40)).toEqual([]);
  expect(worldChanges(before)).toEqual([]);
});
