// Purpose: from which size on collections are converted (src/values/thresholds.ts): what the
// directives say, from the first command on; and servers within a test leave none of theirs behind.

import { afterEach, expect, test } from "bun:test";
import { followThresholds, thresholds } from "../../src/values/thresholds.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { SimDisk } from "../durability/sim_disk.ts";
import { SimServer, Timeline } from "../durability/sim_server.ts";
import { Random } from "../fuzz/random.ts";
import { InnerServer } from "../persistence/inner_server.ts";

const LOW = ["--list-max-listpack-size", "3", "--set-max-intset-entries", "2"];

/** What the directives say that nobody has set. */
function defaults(): typeof thresholds {
  followThresholds(configOf(fakeHost()));
  return { ...thresholds };
}

afterEach(() => {
  followThresholds(configOf(fakeHost()));
});

test("are those of the directives", () => {
  const before = defaults();
  followThresholds(configOf(fakeHost(), ...LOW));
  expect(thresholds).toEqual({ ...before, listPackedSize: 3, setIntsetEntries: 2 });
});

test("of a server on a simulated disk are gone with it", () => {
  const before = defaults();
  const server = new SimServer(new SimDisk(), new Timeline(), new Random(1), LOW);
  expect(thresholds.listPackedSize).toBe(3);
  server.dispose();
  expect(thresholds).toEqual(before);
});

test("of a server within a test are not those of the one before it", () => {
  const before = defaults();
  thresholds.listPackedSize = 3;
  new InnerServer(1);
  expect(thresholds).toEqual(before);
});
