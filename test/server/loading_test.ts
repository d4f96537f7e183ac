// Purpose: what goes on in a server while it loads its data.

import { expect, test } from "bun:test";
import * as dict from "../../src/structures/dict.ts";
import { SimDisk } from "../durability/sim_disk.ts";
import { SimClient, SimServer, Timeline } from "../durability/sim_server.ts";
import { Random } from "../fuzz/random.ts";

/** So many that the first of the slices in which they are loaded leaves the table nearly empty. */
const KEYS = 300_000;

test("the table that was made for all keys stays while it fills, whatever the timer does", () => {
  const time = new Timeline();
  const disk = new SimDisk();
  const start = () => new SimServer(disk, time, new Random(1), ["--hz", "500"]);
  const writer = start();
  expect(writer.start()).toBeNull();
  const client = new SimClient(writer);
  client.send(["DEBUG", "POPULATE", String(KEYS)]);
  client.send(["SAVE"]);
  writer.turn();
  expect(client.replies).toEqual(["+OK\r\n", "+OK\r\n"]);
  writer.dispose();

  const loader = start();
  const loopsBefore = loader.server.figures.cronLoops;
  expect(loader.start()).toBeNull();
  expect(loader.server.figures.cronLoops).toBeGreaterThan(loopsBefore + 1);
  const { keys } = loader.server.keyspace.databases[0];
  expect(dict.tableFigures(keys)).toEqual({
    slots0: 2 ** 19,
    slots1: 0,
    used0: KEYS,
    used1: 0,
    rehashing: false,
  });
  loader.dispose();
});
