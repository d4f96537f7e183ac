// Purpose: a short run of interleaved connections on both servers, as part of every test run. The
// seed is a new one each time and is printed: FUZZ_SEED repeats it, FUZZ_COMMANDS sets the length.

import { expect, test } from "bun:test";
import { redisBinary } from "../client/server.ts";
import { interleave } from "./interleave.ts";

const COMMANDS = Number(process.env.FUZZ_COMMANDS ?? 4_000);

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const installed = redisBinary() !== null;
const why = installed ? "" : " (skipped: redis-server is not installed)";

test.skipIf(!installed)(
  `connections interleaved in ${COMMANDS} commands get the same from both, seed ${seed}${why}`,
  async () => {
    const reports: string[] = [];
    const print = (text: string) => reports.push(text);
    await interleave({ seed, commands: COMMANDS, stopAfter: 3, print });
    expect(reports.join("\n")).toBe("");
  },
);
