/** What is in an archive: a folder with the executable, and what belongs beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { executableName, type Target } from "../binary/targets.ts";
import type { ArchivedFile } from "./archives.ts";
import { licensesPage } from "./licenses.ts";
import { readmePage } from "./readme.ts";

const ROOT = join(import.meta.dir, "../..");

/** Files of the repository by their paths in the archive. */
const COPIED: Readonly<Record<string, string>> = {
  LICENSE: "LICENSE",
  "rusk.conf": "packaging/rusk.conf",
};

/** What only systems like Unix have a use for. */
const COPIED_FOR_UNIX: Readonly<Record<string, string>> = {
  "rusk.service": "packaging/systemd/rusk.service",
  "rusk.1": "packaging/man/rusk.1",
  "completions/rusk.bash": "packaging/completions/rusk.bash",
  "completions/_rusk": "packaging/completions/_rusk",
  "completions/rusk.fish": "packaging/completions/rusk.fish",
};

/** The folder in an archive, and its name without the ending. */
export const archiveName = (target: Target) => `rusk-${RUSK_VERSION}-${target.name}`;

/** All files of the archive for a target. */
export function archiveContents(target: Target, executable: Uint8Array): ArchivedFile[] {
  const copied = target.os === "win32" ? COPIED : { ...COPIED, ...COPIED_FOR_UNIX };
  const texts = new Map<string, string>();
  for (const [path, from] of Object.entries(copied)) {
    texts.set(path, readFileSync(join(ROOT, from), "utf8"));
  }
  texts.set("THIRD_PARTY_LICENSES.txt", licensesPage());
  texts.set("README.md", readmePage(target, [...texts.keys()]));
  const folder = archiveName(target);
  const files = [...texts].map(([path, text]) => ({
    path: `${folder}/${path}`,
    bytes: new TextEncoder().encode(text) as Uint8Array,
    isExecutable: false,
  }));
  const path = `${folder}/${executableName(target)}`;
  return [...files, { path, bytes: executable, isExecutable: true }];
}
