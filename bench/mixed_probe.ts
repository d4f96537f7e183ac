// The observer of mixed_soak.ts, a process of its own so that the load's pauses are not taken for
// the server's: asks for one key every few milliseconds, and prints a line of JSON for each span:
//   node_modules/.bin/bun bench/mixed_probe.ts PORT SPAN_MS

import { Control } from "./control.ts";
import { percentile } from "./statistics.ts";

/** Latencies of a span, in ms. */
export interface Latencies {
  p50: number;
  p999: number;
  max: number;
}

const PAUSE_MS = 2;

async function main(port: number, spanMs: number): Promise<never> {
  const control = await Control.open(port);
  for (;;) {
    const tookMs: number[] = [];
    const endMs = performance.now() + spanMs;
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await control.must("EXISTS", "probe");
      tookMs.push(performance.now() - startMs);
      await Bun.sleep(PAUSE_MS);
    }
    const p50 = percentile(tookMs, 50);
    const latencies: Latencies = { p50, p999: percentile(tookMs, 99.9), max: Math.max(...tookMs) };
    console.log(JSON.stringify(latencies));
  }
}

if (import.meta.main) await main(Number(process.argv[2]), Number(process.argv[3]));
