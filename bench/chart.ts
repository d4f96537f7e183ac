// The charts of README.md and docs/benchmarks.md: for each test, bars of throughput and of CPU time
// per command as ratios to Redis, whose own value is the line at 1.

import type { Results, Row } from "./results.ts";
import { BETTER, FAINT_TEXT, GRID, svg, TEXT, text, WORSE } from "./svg.ts";

const LABEL_WIDTH = 110;
const PANEL_WIDTH = 330;
const PANEL_GAP = 50;
const PANELS_LEFT = 20 + LABEL_WIDTH;
const TOP = 84;
const LINE_HEIGHT = 20;
const BAR_HEIGHT = 12;
const GROUP_HEIGHT = 28;
const TICK = 0.5;
const MAIN_DEPTH = 16;
const MAIN_TESTS = ["set", "get", "incr", "lpush", "sadd", "hset", "zadd", "lrange_100", "mset"];
/** The smallest right end of the axes. */
const AXIS_MIN = 1.5;

interface Panel {
  measure: string;
  title: string;
  hint: string;
  left: number;
  /** Whether a ratio is as good as Redis's or better. */
  good: (ratio: number) => boolean;
}

const PANELS: readonly Panel[] = [
  {
    measure: "throughput",
    title: "Throughput, Rusk / Redis",
    hint: "longer is better",
    left: PANELS_LEFT,
    good: (ratio) => ratio >= 1,
  },
  {
    measure: "cpu",
    title: "Server CPU time per command, Rusk / Redis",
    hint: "shorter is better",
    left: PANELS_LEFT + PANEL_WIDTH + PANEL_GAP,
    good: (ratio) => ratio <= 1,
  },
];

/** What the README shows: the commands that people use most, in pipelines. */
export function isMain({ test, pipeline }: Row): boolean {
  return pipeline === MAIN_DEPTH && MAIN_TESTS.includes(test);
}

/**
 * The SVG image of the figure `throughput`, of those rows that `keep` accepts, deepest pipeline
 * first; throws without it.
 */
export function chart(results: Results, keep: (row: Row) => boolean = () => true): string {
  const throughput = results.figures.throughput;
  if (throughput === undefined) throw new Error("the results have no throughput to draw");
  const rows = throughput.rows.filter(
    (row) => PANELS.some((panel) => panel.measure === row.measure) && keep(row),
  );
  const depths = [...new Set(rows.map((row) => row.pipeline as number))].sort((a, b) => b - a);
  const axisEnd = axisEndOf(rows);

  const marks: string[] = [];
  let top = TOP;
  for (const depth of depths) {
    const title =
      depth === 1 ? "one request at a time (-P 1)" : `pipelines of ${depth} (-P ${depth})`;
    marks.push(text(20, top + 18, title, { weight: 600, halo: true }));
    top += GROUP_HEIGHT;
    const ofDepth = rows.filter((row) => row.pipeline === depth);
    for (const [test, values] of Map.groupBy(ofDepth, (row) => row.test)) {
      marks.push(text(PANELS_LEFT - 10, top + 14, test, { anchor: "end" }));
      marks.push(...bars(values, top, axisEnd));
      top += LINE_HEIGHT;
    }
  }
  const axes = PANELS.map((panel) => axis(panel, top, axisEnd));
  const caption = captionOf(results).map((line, index) =>
    text(20, top + 46 + 18 * index, line, { fill: FAINT_TEXT }),
  );
  const height = top + 46 + 18 * caption.length;
  return svg(height, "Rusk and Redis side by side: throughput and CPU time per command", [
    text(20, 30, "Rusk and Redis side by side", { weight: 600, size: 17 }),
    ...axes,
    ...marks,
    ...caption,
  ]);
}

function axisEndOf(rows: readonly Row[]): number {
  const longest = Math.max(AXIS_MIN, ...rows.map((row) => row.ratio));
  return Math.ceil(longest / TICK) * TICK;
}

function bars(values: readonly Row[], top: number, axisEnd: number): string[] {
  return PANELS.flatMap((panel) => {
    const row = values.find((candidate) => candidate.measure === panel.measure);
    if (row === undefined) return [];
    const { left } = panel;
    const width = ((PANEL_WIDTH * row.ratio) / axisEnd).toFixed(1);
    const fill = panel.good(row.ratio) ? BETTER : WORSE;
    const y = top + (LINE_HEIGHT - BAR_HEIGHT) / 2;
    return [
      `<rect x="${left}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="${fill}"/>`,
      text(left + Number(width) + 6, top + 14, row.ratio.toFixed(2), { halo: true }),
    ];
  });
}

function axis(panel: Panel, bottom: number, axisEnd: number): string {
  const { left, title, hint } = panel;
  const parts = [
    text(left, TOP - 24, title, { weight: 600 }),
    text(left, TOP - 8, hint, { fill: FAINT_TEXT }),
  ];
  for (let ratio = 0; ratio <= axisEnd; ratio += TICK) {
    const x = left + (PANEL_WIDTH * ratio) / axisEnd;
    const isRedis = ratio === 1;
    const stroke = isRedis ? TEXT : GRID;
    const label = isRedis ? "Redis = 1" : String(ratio);
    parts.push(
      `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom + 4}" stroke="${stroke}"/>`,
      text(x, bottom + 18, label, { anchor: "middle", fill: FAINT_TEXT }),
    );
  }
  return parts.join("\n");
}

function captionOf(results: Results): string[] {
  const { machine, figures } = results;
  const { date, conditions, skipped } = figures.throughput as NonNullable<
    typeof figures.throughput
  >;
  const { clients, size, rounds } = conditions;
  const lines = [
    `${date}, ${machine.cores} cores: Rusk ${machine.rusk} on Bun ${machine.bun}, redis-server ` +
      `${machine.redis}, both without persistence.`,
    `redis-benchmark with ${clients} connections and values of ${size} bytes; medians of ` +
      `${rounds} alternating rounds. Blue: at least as good as Redis; ochre: not.`,
  ];
  if (skipped.length > 0) lines.push(`Not supported yet: ${skipped.join(", ")}.`);
  return lines;
}
