/** The chart that LATENCY GRAPH draws: a column for each delay, its age written below it. */
import type { LatencyEvent } from "../../calls/latency_monitor.ts";

const COLUMNS = 80;
const ROWS = 4;
/** What a column ends in, from low to high, and what it is made of below that. */
const TIPS = "_o#";
const BODY = "|";
const STEPS = ROWS * TIPS.length;
/** Rows between the columns and their labels. */
const LABEL_MARGIN = 1;

/** The chart as text, with a heading; `nowSeconds` in Unix time. */
export function latencyChart(name: string, event: LatencyEvent, nowSeconds: number): string {
  const values = event.samples.map(({ ms }) => ms);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const columns = event.samples.map(({ seconds, ms }) => {
    const step = Math.floor(((ms - low) * STEPS) / (high - low || 1));
    return columnOf(Math.min(step, STEPS - 1)) + ageText(nowSeconds - seconds);
  });
  const heading = `${name} - high ${high} ms, low ${low} ms (all time high ${event.maxMs} ms)`;
  const charts: string[] = [];
  for (let from = 0; from < columns.length; from += COLUMNS) {
    charts.push(drawn(columns.slice(from, from + COLUMNS)));
  }
  return `${heading}\n${"-".repeat(COLUMNS)}\n${charts.join("\n")}`;
}

/** A column from top to bottom, with the margin below. */
function columnOf(step: number): string {
  const body = Math.floor(step / TIPS.length);
  const tip = TIPS[step % TIPS.length];
  return " ".repeat(ROWS - 1 - body) + tip + BODY.repeat(body) + " ".repeat(LABEL_MARGIN);
}

/** Columns side by side. */
function drawn(columns: readonly string[]): string {
  const height = Math.max(...columns.map((column) => column.length));
  let text = "";
  for (let row = 0; row < height; row++) {
    text += `${columns.map((column) => column[row] ?? " ").join("")}\n`;
  }
  return text;
}

function ageText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
