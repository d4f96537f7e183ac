// The results as text: tables for the terminal, and the fragment of Markdown that
// docs/benchmarks.md shows.

import type { FigureResult, Results, Row } from "./results.ts";
import { TARGETS, targetText } from "./targets.ts";

/** Figures whose rows are shown as one line per test, not one per measure. */
const WIDE_FIGURES: readonly string[] = ["throughput", "deno"];
/** Measures that a line shows as "ours / theirs", without the ratio. */
const BRIEF_MEASURES = ["p50", "p99", "p99.9", "resident"];

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** The table of a figure for the terminal, with its skipped tests. */
export function figureText(name: string, result: FigureResult): string {
  const lines = WIDE_FIGURES.includes(name) ? wideLines(result.rows) : longLines(result.rows);
  const skipped = result.skipped.length === 0 ? "" : `skipped: ${result.skipped.join(", ")}\n`;
  return `${name}\n${alignedTable(lines)}${skipped}`;
}

/** The targets that the results miss, one line each, with what was measured. */
export function missedTargets(figures: Readonly<Record<string, FigureResult>>): string[] {
  return Object.entries(figures).flatMap(([name, { rows, skipped }]) => [
    ...rows
      .filter((row) => row.met === false)
      .map((row) => `${labelOf(row)}: ${measuredText(row)}, target ${row.target}`),
    ...TARGETS.filter(({ figure, test }) => figure === name && skipped.includes(test)).map(
      (target) => `${labelOf(target)}: not supported, target ${targetText(target, "")}`,
    ),
  ]);
}

/** The fragment of a page: the chart, found at `chartPath`, the conditions and the tables. */
export function markdown(results: Results, chartPath: string): string {
  const { machine, figures } = results;
  const { throughput, ...others } = figures;
  const parts: string[] = [];
  if (throughput !== undefined) {
    const { clients, size, rounds } = throughput.conditions;
    parts.push(
      `![Throughput and CPU time per command of Rusk, as ratios to Redis](${chartPath})`,
      `Measured ${throughput.date} on ${machine.cores} cores, Rusk ${machine.rusk} (Bun ` +
        `${machine.bun}) beside redis-server ${machine.redis}, both without persistence: ` +
        `redis-benchmark with ${clients} connections and values of ${size} bytes, medians of ` +
        `${rounds} alternating rounds. Ratios are Rusk / Redis; CPU is the server's user and ` +
        "system time.",
      markdownTable(wideLines(throughput.rows).map((cells) => cells.slice(0, -1))),
    );
    if (throughput.skipped.length > 0) {
      parts.push(`Not supported yet, so not measured: ${throughput.skipped.join(", ")}.`);
    }
  }
  const rows = Object.values(others).flatMap((figure) => figure.rows);
  const withTarget = rows.filter((row) => row.target !== null);
  if (withTarget.length > 0) parts.push(markdownTable(longLines(withTarget)));
  return `${parts.join("\n\n")}\n`;
}

/** The text of a page with the fragment between its marks; throws when it has no marks. */
export function updatedPage(page: string, fragment: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${fragment}${page.slice(end)}`;
}

/** Lines of cells as text in columns: the first column to the left, the others to the right. */
export function alignedTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] as string).length)),
  );
  return lines
    .map((cells) => {
      const padded = cells.map((cell, column) => {
        const width = widths[column] as number;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${padded.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** A number for a reader: thousands apart, or up to four significant digits. */
export function numberText(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}

function markdownTable(lines: readonly (readonly string[])[]): string {
  const [header = [], ...body] = lines.map((cells) => `| ${cells.join(" | ")} |`);
  const rules = (lines[0] ?? []).map((_, column) => (column === 0 ? "---" : "---:"));
  return [header, `|${rules.join("|")}|`, ...body].join("\n");
}

/** One line per measure. */
function longLines(rows: readonly Row[]): string[][] {
  const header = ["figure", "unit", "Rusk", "Redis", "ratio", "target", "met"];
  const lines = rows.map((row) => [
    labelOf(row),
    row.unit,
    numberText(row.ours),
    numberText(row.theirs),
    row.ratio.toFixed(2),
    row.target ?? "",
    row.met === null ? "" : row.met ? "yes" : "NO",
  ]);
  return [header, ...lines];
}

/** One line per test and pipeline depth. */
function wideLines(rows: readonly Row[]): string[][] {
  const header = ["test", "-P", "req/s Rusk", "Redis", "ratio", "CPU us Rusk", "Redis", "ratio"];
  for (const measure of BRIEF_MEASURES) header.push(`${measure} ${unitOf(rows, measure)}`);
  const groups = Map.groupBy(rows, (row) => `${row.test} ${row.pipeline}`);
  const lines = [...groups.values()].map((group) => {
    const [first] = group as [Row];
    const cells = [first.test, String(first.pipeline)];
    for (const measure of ["throughput", "cpu"]) {
      const row = group.find((candidate) => candidate.measure === measure);
      cells.push(...(row === undefined ? ["", "", ""] : valuesOf(row)));
    }
    for (const measure of BRIEF_MEASURES) {
      const row = group.find((candidate) => candidate.measure === measure);
      cells.push(row === undefined ? "" : `${numberText(row.ours)} / ${numberText(row.theirs)}`);
    }
    const missed = group.filter((row) => row.met === false).map((row) => row.measure);
    return [...cells, missed.join(", ")];
  });
  return [[...header, "missed"], ...lines];
}

function valuesOf(row: Row): string[] {
  return [numberText(row.ours), numberText(row.theirs), row.ratio.toFixed(2)];
}

function unitOf(rows: readonly Row[], measure: string): string {
  return rows.find((row) => row.measure === measure)?.unit ?? "";
}

function labelOf(row: {
  figure: string;
  test: string;
  pipeline?: number;
  measure: string;
}): string {
  const depth = row.pipeline === undefined ? "" : ` -P ${row.pipeline}`;
  return `${row.figure}: ${row.test}${depth}, ${row.measure}`;
}

function measuredText(row: Row): string {
  const values = `${numberText(row.ours)} / ${numberText(row.theirs)} ${row.unit}`;
  return `${row.ratio.toFixed(3)}x (${values})`;
}
