/** What is told of a load, in redis-benchmark's form. */
import type { Latencies, Step } from "./latencies.ts";
import type { Load } from "./load.ts";
import type { BenchmarkOptions } from "./options.ts";

/** What the server's configuration says, of what bears on speed. */
export interface HostConfiguration {
  readonly save: string;
  readonly appendOnly: string;
}

export const CSV_HEADER =
  '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms",' +
  '"p99_latency_ms","max_latency_ms"\n';

const ms = (us: number) => (us / 1000).toFixed(3);

/** Requests in a second; infinitely many if no time has passed. As C writes floats. */
function rateOf({ finished, elapsedMs }: Load): string {
  const rate = Math.fround(finished / Math.fround(elapsedMs / 1000));
  return Number.isFinite(rate) ? rate.toFixed(2) : String(rate).slice(0, 3).toLowerCase();
}

/** The figures of a load: average, least, three percentiles, most. */
function figuresOf(latencies: Latencies): string[] {
  const { mean, min, max } = latencies;
  const percentiles = [50, 95, 99].map((each) => latencies.atPercentile(each));
  return [mean, min, ...percentiles, max].map(ms);
}

/** All that is told when a load is over. */
export function reportOf(
  title: string,
  load: Load,
  options: BenchmarkOptions,
  configuration: HostConfiguration | null,
): string {
  const figures = figuresOf(load.latencies);
  const rate = rateOf(load);
  if (options.isCsv) return `${[title, rate, ...figures].map((each) => `"${each}"`).join(",")}\n`;
  if (options.isQuiet) return `${title}: ${rate} requests per second, p50=${figures[2]} msec\n`;
  const cells = (values: readonly string[]) => values.map((each) => each.padStart(10)).join("");
  return `====== ${title} ======
${headOf(load, options, configuration)}
Latency by percentile distribution:
${linesOf(load.latencies.percentileSteps(), load.latencies.total)}
Cumulative distribution of latencies:
${linesOf(load.latencies.linearSteps(), load.latencies.total)}
Summary:
  throughput summary: ${rate} requests per second
  latency summary (msec):
   ${cells(["avg", "min", "p50", "p95", "p99", "max"])}
   ${cells(figures)}
`;
}

function headOf(
  load: Load,
  { clients, dataSize, keepsAlive, threads }: BenchmarkOptions,
  configuration: HostConfiguration | null,
): string {
  const ofHost =
    configuration === null
      ? ""
      : `  host configuration "save": ${configuration.save}\n` +
        `  host configuration "appendonly": ${configuration.appendOnly}\n`;
  const hint = threads > 0 ? " (--threads has no effect)" : "";
  return (
    `  ${load.finished} requests completed in ${(load.elapsedMs / 1000).toFixed(2)} seconds\n` +
    `  ${clients} parallel clients\n` +
    `  ${dataSize} bytes payload\n` +
    `  keep alive: ${keepsAlive ? 1 : 0}\n` +
    `${ofHost}  multi-thread: no${hint}\n`
  );
}

/** A line for each step that more have come to than to the one before. */
function linesOf(steps: readonly Step[], total: number): string {
  let last = -1;
  let lines = "";
  for (const { percentile, value, count } of steps) {
    if (count !== last || count === total) {
      const most = ms(value);
      lines += `${percentile.toFixed(3)}% <= ${most} milliseconds (cumulative count ${count})\n`;
    }
    last = count;
  }
  return lines;
}

/** The line that shows how far a load is; what it shows is overwritten by the next one. */
export class Progress {
  private width = 0;
  private lastMs = 0;
  private lastFinished = 0;
  private lastSum = 0;

  /** `isIdle`: only the number of connections. */
  line(title: string, load: Load, isIdle: boolean): string {
    if (isIdle) return `clients: ${load.clients}\r`;
    const { sinceMs, finished, latencySum } = load;
    const [stepMs, count] = [sinceMs - this.lastMs, finished - this.lastFinished];
    const now = `rps=${rate(count, stepMs)} (overall: ${rate(finished, sinceMs)})`;
    const mean = `avg_msec=${average(latencySum - this.lastSum, count)}`;
    const text = `${title}: ${now} ${mean} (overall: ${average(latencySum, finished)})`;
    const shown = `${this.clear()}${text}\r`;
    [this.lastMs, this.lastFinished, this.lastSum] = [sinceMs, finished, latencySum];
    this.width = text.length + 1;
    return shown;
  }

  /** Blanks in its place. */
  clear(): string {
    return `${" ".repeat(Math.max(1, this.width))}\r`;
  }
}

const rate = (count: number, elapsedMs: number) =>
  elapsedMs <= 0 ? "0.0" : ((count * 1000) / elapsedMs).toFixed(1);

const average = (sumUs: number, count: number) =>
  count === 0 ? "nan" : (sumUs / count / 1000).toFixed(3);
