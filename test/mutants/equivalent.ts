/**
 * Purpose: the changes that no test can catch since nothing of what is promised is another, each
 * with the reason: equivalent.tsv. They are known by file, line of text and change, so that they
 * are found again wherever the line has moved.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./sites.ts";

/** A row: file, line, what changes, into what, why nothing comes of it. */
export interface Equivalent {
  readonly file: string;
  readonly lineText: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** All rows. Throws when one is not whole. */
export function readEquivalents(): Equivalent[] {
  const text = readFileSync(join(import.meta.dir, "equivalent.tsv"), "utf8");
  return text
    .split("\n")
    .filter((row) => row !== "" && !row.startsWith("#"))
    .map((row) => {
      const [file, lineText, before, after, reason, ...more] = row.split("\t");
      if (!reason || more.length > 0) throw new Error(`equivalent.tsv: not five columns: ${row}`);
      return { file, lineText, before, after, reason };
    });
}

/** As texts of several lines stand in a row. */
export const inOneLine = (text: string) => text.replace(/\s+/g, " ");

/** Whether a row tells of this change. */
export const isSame = (row: Equivalent, { file, lineText, before, after }: Mutant) =>
  row.file === file &&
  row.lineText === lineText &&
  row.before === inOneLine(before) &&
  row.after === inOneLine(after);
