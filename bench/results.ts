// Rows: the one form in which every figure gives what it measured, and their file, results.json.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Machine } from "./machine.ts";
import { meets, targetOf, targetText } from "./targets.ts";

/** One measurement of both servers. */
export interface Row {
  figure: string;
  test: string;
  /** Pipeline depth, for the figures that have one. */
  pipeline?: number;
  measure: string;
  unit: string;
  ours: number;
  theirs: number;
  /** ours / theirs. */
  ratio: number;
  /** The bound that it must keep, as text; null when it has none. */
  target: string | null;
  met: boolean | null;
}

/** What one figure gave. */
export interface FigureResult {
  /** Date of the run. */
  date: string;
  /** The command lines, counts and so on that the rows depend on. */
  conditions: Record<string, string | number>;
  rows: Row[];
  /** Tests that a server does not support. */
  skipped: string[];
}

/** The content of results.json: the last run of each figure. */
export interface Results {
  machine: Machine;
  figures: Record<string, FigureResult>;
}

/** What a row is of, before the values. */
export interface Measurement {
  figure: string;
  test: string;
  pipeline?: number;
  measure: string;
  unit: string;
}

/** Makes a row, with its ratio and its target. */
export function rowOf(measurement: Measurement, ours: number, theirs: number): Row {
  const { figure, test, pipeline, measure, unit } = measurement;
  const ratio = ours / theirs;
  const target = targetOf(figure, test, pipeline, measure);
  return {
    figure,
    test,
    ...(pipeline === undefined ? {} : { pipeline }),
    measure,
    unit,
    ours: rounded(ours),
    theirs: rounded(theirs),
    ratio: Number(ratio.toFixed(3)),
    target: target === null ? null : targetText(target, unit),
    met: target === null ? null : meets(target, ours, ratio),
  };
}

/** The results in the file; none when there is no such file. */
export function readResults(path: string, machine: Machine): Results {
  if (!existsSync(path)) return { machine, figures: {} };
  return JSON.parse(readFileSync(path, "utf8")) as Results;
}

/** Writes the results with one line per row, so that a comparison of two runs can be read. */
export function writeResults(path: string, results: Results): void {
  const figures = Object.entries(results.figures).map(([name, figure]) => {
    const rows = figure.rows.map((row) => `        ${JSON.stringify(row)}`).join(",\n");
    return [
      `    ${JSON.stringify(name)}: {`,
      `      "date": ${JSON.stringify(figure.date)},`,
      `      "conditions": ${JSON.stringify(figure.conditions)},`,
      `      "skipped": ${JSON.stringify(figure.skipped)},`,
      `      "rows": [\n${rows}\n      ]`,
      "    }",
    ].join("\n");
  });
  const machine = JSON.stringify(results.machine);
  writeFileSync(
    path,
    `{\n  "machine": ${machine},\n  "figures": {\n${figures.join(",\n")}\n  }\n}\n`,
  );
}

/** Four significant digits: more would be noise. */
function rounded(value: number): number {
  return value >= 10_000 ? Math.round(value) : Number(value.toPrecision(4));
}
