// Purpose: what commands took is told of all, though the clock is not read for each.

import { expect, test } from "bun:test";
import type { Client } from "../../src/calls/client.ts";
import { type Command, HiddenFlag } from "../../src/calls/command.ts";
import { CommandStats } from "../../src/calls/command_stats.ts";
import type { ServerFigures } from "../../src/calls/server_figures.ts";
import type { CommandTable } from "../../src/calls/table.ts";
import { commandTable } from "../../src/commands/all.ts";
import { Accounts } from "../../src/dispatch/accounts.ts";

const command = (id: number, flags: number) =>
  ({ id, flags, arity: -3, name: `c${id}` }) as Command;
const quick = command(0, HiddenFlag.brief);
const slower = command(1, HiddenFlag.brief);
const long = command(2, 0);
const table = { all: [quick, slower, long] } as unknown as CommandTable;
const client = {} as Client;
/** What a call of each takes, in ms. */
const TIMES = [0.002, 0.005, 0.1];

/** Commands as the dispatcher runs them, by a clock that only they move. */
function makeWorld() {
  let nowMs = 1000;
  let reads = 0;
  const clock = {
    monotonicMs: () => {
      reads++;
      return nowMs;
    },
    tick: () => {},
  };
  const commands = new CommandStats(table);
  const latency = { thresholdMs: 0 };
  const figures = { commands, latency, slowlog: { thresholdUs: 10_000 } };
  const accounts = new Accounts(clock as never, figures as unknown as ServerFigures);
  let argumentCount = 3;
  function run(one: Command): void {
    if (one !== accounts.command) accounts.changeRun(one, client, argumentCount);
    accounts.count++;
    nowMs += TIMES[one.id];
    if (accounts.isExact || (one.flags & HiddenFlag.brief) === 0) accounts.closeRun(null);
  }
  const batch = (...all: Command[]) => {
    nowMs += 7; // of somebody else
    accounts.openRun();
    for (const one of all) run(one);
    accounts.closeRun(null);
  };
  const giveArguments = (count: number) => {
    argumentCount = count;
  };
  return { accounts, batch, commands, giveArguments, reads: () => reads };
}

const many = (n: number, ...all: Command[]) => Array.from({ length: n }, () => all).flat();

function expectTold({ commands }: ReturnType<typeof makeWorld>, one: Command, calls: number): void {
  commands.settle(table);
  expect(commands.calls[one.id]).toBe(calls);
  expect(commands.microseconds[one.id]).toBeCloseTo(calls * TIMES[one.id] * 1000, 3);
  expect(commands.histograms[one.id]?.count ?? 0).toBe(calls);
}

test("of brief commands in turn some are measured, and tell of all", () => {
  const world = makeWorld();
  for (let i = 0; i < 20; i++) world.batch(...many(8, quick, slower));
  expectTold(world, quick, 160);
  expectTold(world, slower, 160);
  expect(world.reads()).toBeLessThan(20 * 7);
});

test("calls with more arguments than the command needs are all measured", () => {
  const world = makeWorld();
  world.giveArguments(4);
  world.batch(...many(8, quick, slower));
  expect(world.reads()).toBe(17);
  expectTold(world, quick, 8);
  expectTold(world, slower, 8);
});

test("after CONFIG RESETSTAT the first run of each is measured", () => {
  const world = makeWorld();
  world.batch(...many(3, quick, slower));
  world.commands.reset();
  world.batch(long, ...many(3, quick, slower));
  expectTold(world, quick, 3);
  expectTold(world, slower, 3);
});

test("a command that may take long is not brief", () => {
  for (const name of ["setbit", "setrange", "bitop", "sort", "lrange"]) {
    expect((commandTable.commands.get(name)?.flags ?? -1) & HiddenFlag.brief, name).toBe(0);
  }
});

test("one that is not brief is measured, whatever comes before it", () => {
  const world = makeWorld();
  const all = [quick, slower, quick, slower, long, quick, long, slower, slower, long, long];
  for (let i = 0; i < 9; i++) world.batch(...all);
  expectTold(world, quick, 27);
  expectTold(world, slower, 36);
  expectTold(world, long, 36);
});

test("runs of one command, and alone, are measured whole", () => {
  const world = makeWorld();
  world.batch(...many(16, quick));
  world.batch(slower);
  expect(world.reads()).toBe(4);
  expectTold(world, quick, 16);
  expectTold(world, slower, 1);
});

test("with exact timing each call is measured", () => {
  const world = makeWorld();
  world.accounts.isExact = true;
  world.batch(...many(8, quick, slower));
  expect(world.reads()).toBeGreaterThanOrEqual(17);
  expectTold(world, quick, 8);
  expectTold(world, slower, 8);
});
