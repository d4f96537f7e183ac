/** SHA256SUMS: the checksums of the files of a folder that are for download, as sha256sum reads. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../binary/runtimes.ts";

const NAME = "SHA256SUMS";

/** Adds a file of a folder to its SHA256SUMS, or puts its line anew. */
export function addSum(folder: string, file: string): void {
  const path = join(folder, NAME);
  const before = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const others = before.filter((line) => line !== "" && !line.endsWith(`  ${file}`));
  const lines = [...others, `${sha256(readFileSync(join(folder, file)))}  ${file}`];
  const nameOf = (line: string) => line.slice(line.indexOf("  "));
  lines.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
}
