/** Standard input and output as streams of bytes, for the tools. */
import { writeSync } from "node:fs";
import process from "node:process";
import { sleep } from "./host.ts";
import { systemCode, systemReason } from "./system_error.ts";

const FULL_WAIT_MS = 1;

/** All that comes on standard input, piece by piece. */
export async function* standardInput(): AsyncGenerator<Uint8Array> {
  for await (const piece of process.stdin) yield piece as Uint8Array;
}

/** Writes bytes to standard output; waits while whoever reads them is behind. */
export function writeStandardOutput(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (systemCode(error) !== "EAGAIN") throw new Error(systemReason(error), { cause: error });
      sleep(FULL_WAIT_MS);
    }
  }
}
