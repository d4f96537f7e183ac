// Purpose: reads the text format of Prometheus, and is strict about it.

export interface Metric {
  readonly type: string;
  /** By labels, sorted: `name{a="1",b="2"}`. */
  readonly samples: Map<string, number>;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y;

/** The metrics of a page, by name; throws at a line that is none. */
export function readMetrics(page: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  let current = "";
  if (!page.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of page.slice(0, -1).split("\n")) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "TYPE") {
      if (metrics.has(name)) throw new Error(`twice: ${name}`);
      current = name;
      metrics.set(name, { type: rest, samples: new Map() });
    } else if (kind !== "HELP") addSample(metrics, current, line);
  }
  return metrics;
}

function addSample(metrics: Map<string, Metric>, current: string, line: string): void {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  const metric = metrics.get(current);
  const isOwn = name === current || name === `${current}_sum` || name === `${current}_count`;
  if (metric === undefined || !isOwn || !Number.isFinite(Number(value))) {
    throw new Error(`no sample of ${current}: ${line}`);
  }
  const series = `${name}{${sortedLabels(labels)}}`;
  if (metric.samples.has(series)) throw new Error(`twice: ${series}`);
  metric.samples.set(series, Number(value));
}

function sortedLabels(text: string): string {
  const pairs: string[] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text);
    if (found === null) throw new Error(`no labels: ${text}`);
    pairs.push(`${found[1]}="${found[2]}"`);
  }
  return pairs.sort().join(",");
}
