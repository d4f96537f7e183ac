/**
 * Builds the Debian package: `node_modules/.bin/bun packaging/deb.ts [--binary dist/rusk]
 * [--arch amd64] [--version 0.1.0] [--out dist/archives] [--fast]`. Lays out a source folder with
 * the finished binary and packaging/debian/, and has dpkg-buildpackage and debhelper do the rest.
 * Prints the path of the package. The same commit and binary give the same bytes.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { licensesPage } from "./archive/licenses.ts";
import { addSum } from "./archive/sums.ts";
import { configFile } from "./config_file.ts";

const ROOT = resolve(import.meta.dir, "..");

/** Who publishes the package says so, as to Debian's own tools. */
const { DEBFULLNAME = "The Rusk authors", DEBEMAIL = "rusk@localhost" } = process.env;
const MAINTAINER = `${DEBFULLNAME} <${DEBEMAIL}>`;

export interface DebOptions {
  /** The server's binary, for the architecture. */
  binary: string;
  /** Debian's name of the architecture: amd64 or arm64. */
  arch: string;
  /** The package's version. */
  version: string;
  /** The folder that the package is put into. */
  out: string;
  /** Does not pack it: for tests. */
  fast: boolean;
}

/** Files of the project, where they go, relative to both roots; those that are there are taken. */
const FILES: readonly [from: string, to: string][] = [
  ["packaging/systemd/rusk.service", "debian/rusk.service"],
  ["packaging/man/rusk.1", "rusk.1"],
  ["packaging/completions/rusk.bash", "completions/rusk"],
  ["packaging/completions/_rusk", "completions/_rusk"],
  ["packaging/completions/rusk.fish", "completions/rusk.fish"],
  ["README.md", "README.md"],
];

/** Where dh_install puts what was laid out. */
const INSTALLS: readonly [file: string, folder: string][] = [
  ["rusk", "usr/bin"],
  ["rusk.conf", "etc/rusk"],
  ["completions/rusk", "usr/share/bash-completion/completions"],
  ["completions/_rusk", "usr/share/zsh/vendor-completions"],
  ["completions/rusk.fish", "usr/share/fish/vendor_completions.d"],
];

/** Builds the package; its path. Throws when one of the tools fails. */
export function buildDeb({ binary, arch, version, out, fast }: DebOptions): string {
  const work = mkdtempSync(join(tmpdir(), "rusk-deb-"));
  try {
    const folder = join(work, "rusk");
    layOut(folder, resolve(binary), version);
    const seconds = commitSeconds();
    execFileSync("dpkg-buildpackage", ["-b", "-us", "-uc", "-d", `-a${arch}`], {
      cwd: folder,
      env: {
        ...process.env,
        SOURCE_DATE_EPOCH: String(seconds),
        DEB_COMPRESSION: fast ? "-Znone" : "-Zxz",
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const name = readdirSync(work).find((each) => each.endsWith(".deb"));
    if (name === undefined) throw new Error("dpkg-buildpackage has left no package");
    mkdirSync(out, { recursive: true });
    cpSync(join(work, name), join(out, name));
    return join(out, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function layOut(folder: string, binary: string, version: string): void {
  const debian = join(folder, "debian");
  cpSync(join(ROOT, "packaging/debian"), debian, { recursive: true });
  const control = readFileSync(join(debian, "control"), "utf8");
  writeFileSync(join(debian, "control"), control.replace("@MAINTAINER@", MAINTAINER));
  cpSync(binary, join(folder, "rusk"));
  writeFileSync(join(folder, "rusk.conf"), configFile("debian"));
  for (const [from, to] of FILES) {
    if (existsSync(join(ROOT, from))) cpSync(join(ROOT, from), join(folder, to));
  }
  const there = INSTALLS.filter(([file]) => existsSync(join(folder, file)));
  writeFileSync(join(debian, "rusk.install"), lines(there.map((pair) => pair.join(" "))));
  if (existsSync(join(folder, "rusk.1"))) {
    writeFileSync(join(debian, "rusk.manpages"), "rusk.1\n");
  }
  // Not by a name that Debian keeps for its own file of licenses.
  writeFileSync(join(folder, "bundled.txt"), licensesPage());
  writeFileSync(join(debian, "rusk.docs"), "README.md\nbundled.txt\n");
  writeFileSync(join(debian, "changelog"), changelog(version));
}

const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join("");

/** Debian asks for one entry for each version; what has changed is told by the project's own. */
function changelog(version: string): string {
  const date = new Date(commitSeconds() * 1000).toUTCString().replace("GMT", "+0000");
  return (
    `rusk (${version}) stable; urgency=medium\n\n  * Version ${version} of Rusk.\n\n` +
    ` -- ${MAINTAINER}  ${date}\n`
  );
}

/** When the commit that is built was made, in seconds of Unix time. */
function commitSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  return Number(
    execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" }),
  );
}

/** Debian's name of this machine's architecture. */
export function hostArchitecture(): string {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

/** The version in package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
}

if (import.meta.main) {
  if (Bun.which("dpkg-buildpackage") === null || Bun.which("dh") === null) {
    console.error("The package is built by Debian's tools: apt-get install dpkg-dev debhelper");
    process.exit(1);
  }
  const { values } = parseArgs({
    options: {
      binary: { type: "string", default: join(ROOT, "dist/rusk") },
      arch: { type: "string", default: hostArchitecture() },
      version: { type: "string", default: packageVersion() },
      out: { type: "string", default: join(ROOT, "dist/archives") },
      fast: { type: "boolean", default: false },
    },
  });
  const built = buildDeb(values);
  addSum(values.out, basename(built));
  console.log(built);
}
