// Purpose: a short differential run against the real server, as part of every test run. The seed
// is a new one each time and is printed; `make fuzz SEED=…` repeats it. FUZZ_COMMANDS and
// FUZZ_SEED set the length and the seed.

import { expect, test } from "bun:test";
import { redisBinary } from "../client/server.ts";
import { fuzz } from "./fuzzer.ts";

const COMMANDS = Number(process.env.FUZZ_COMMANDS ?? 20_000);

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const installed = redisBinary() !== null;
const why = installed ? "" : " (skipped: redis-server is not installed)";

test.skipIf(!installed)(
  `${COMMANDS} random commands get the same replies as from redis-server, seed ${seed}${why}`,
  async () => {
    const reports: string[] = [];
    const { findings } = await fuzz({
      seed,
      commands: COMMANDS,
      stopAfter: 5,
      print: (text) => reports.push(text),
    });
    expect(findings.length === 0 ? "" : `seed ${seed}\n${reports.join("\n")}`).toBe("");
  },
);
