// Purpose: archives hold what they should, in forms that others read, and their bytes follow from
// the sources alone.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { tar, zip } from "../../packaging/archive/archives.ts";
import { bundledPackages } from "../../packaging/archive/bundled.ts";
import { archiveContents, archiveName } from "../../packaging/archive/contents.ts";
import { bom } from "../../packaging/archive/sbom.ts";
import { TARGETS, targetOf } from "../../packaging/binary/targets.ts";
import { RUSK_VERSION } from "../../src/base/version.ts";

const ROOT = join(import.meta.dir, "../..");
const TIME = Date.UTC(2026, 10, 30, 12, 0, 2) / 1000;

let work = "";
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "rusk-archives-"));
});
afterAll(() => rmSync(work, { recursive: true }));

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  return execFileSync(program, args, { ...options, stdio: ["ignore", "pipe", "ignore"] });
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("formats", () => {
  const files = [
    { path: "it/script", bytes: bytesOf("#!/bin/sh\necho started\n"), isExecutable: true },
    { path: "it/a text", bytes: bytesOf("x".repeat(512)), isExecutable: false },
  ];

  test("a .tar is what tar reads: sorted, of nobody, with modes and the time", () => {
    const path = join(work, "it.tar");
    writeFileSync(path, tar(files, TIME));
    const listed = run("tar", ["--utc", "--full-time", "-tvf", path]).trim().split("\n");
    expect(listed.map((line) => line.replace(/ +/g, " "))).toEqual([
      "-rw-r--r-- 0/0 512 2026-11-30 12:00:02 it/a text",
      "-rwxr-xr-x 0/0 23 2026-11-30 12:00:02 it/script",
    ]);
    run("tar", ["-xf", path, "-C", work]);
    expect(run(join(work, "it/script"), [])).toBe("started\n");
    expect(readFileSync(join(work, "it/a text"), "utf8")).toBe("x".repeat(512));
  });

  test("a .zip holds the same, and its bytes do not follow the time zone", () => {
    const script = `
      import { zip } from "${join(ROOT, "packaging/archive/archives.ts")}";
      const files = [{ path: "a", bytes: new Uint8Array(3), isExecutable: true }];
      console.log(Bun.hash(zip(files, ${TIME}, 9)));`;
    const zones = ["UTC", "Asia/Kolkata", "America/Lima"];
    const hashes = zones.map((TZ) => run(process.execPath, ["-e", script], { TZ }));
    expect(new Set(hashes).size).toBe(1);
    const unpacked = unzipSync(zip(files, TIME, 9));
    expect(Object.keys(unpacked)).toEqual(["it/a text", "it/script"]);
    expect(unpacked["it/script"]).toEqual(bytesOf("#!/bin/sh\necho started\n"));
  });

  test("a name that has no room in a header is refused", () => {
    const file = { path: "x".repeat(101), bytes: bytesOf(""), isExecutable: false };
    expect(() => tar([file], TIME)).toThrow("is too long");
  });
});

describe("contents", () => {
  const names = (target: string) =>
    archiveContents(targetOf(target), bytesOf("")).map(({ path }) => path);

  test("of an archive for Linux and for Windows", () => {
    const folder = archiveName(targetOf("linux-x64"));
    expect(names("linux-x64")).toContain(`${folder}/rusk`);
    for (const name of ["LICENSE", "README.md", "THIRD_PARTY_LICENSES.txt", "rusk.conf"]) {
      expect(names("linux-x64")).toContain(`${folder}/${name}`);
    }
    for (const name of ["rusk.service", "rusk.1", "completions/_rusk"]) {
      expect(names("linux-x64")).toContain(`${folder}/${name}`);
    }
    expect(names("windows-x64")).toContain(`${archiveName(targetOf("windows-x64"))}/rusk.exe`);
    expect(names("windows-x64").join()).not.toContain("rusk.service");
  });

  test("README.md names each file beside it", () => {
    const files = archiveContents(targetOf("linux-x64"), bytesOf(""));
    const folder = `${archiveName(targetOf("linux-x64"))}/`;
    const readme = files.find(({ path }) => path === `${folder}README.md`)?.bytes;
    const text = new TextDecoder().decode(readme);
    const unnamed = files
      .map(({ path }) => path.slice(folder.length))
      .filter((path) => path !== "README.md" && !text.includes(`\`${path}\``));
    expect(unnamed).toEqual([]);
  });
});

describe("what is not ours", () => {
  /** The packages whose files are in the bundle. */
  function inBundle(): string[] {
    const meta = join(work, "meta.json");
    const entry = join(ROOT, "src/main.ts");
    const words = ["build", "--target=bun", "--splitting", "--outdir", join(work, "bundle"), entry];
    run(process.execPath, [...words, `--metafile=${meta}`]);
    const { inputs } = JSON.parse(readFileSync(meta, "utf8")) as { inputs: object };
    const found = Object.keys(inputs).map(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "",
    );
    return [...new Set(found)].filter((name) => name !== "").sort();
  }

  test("the dependencies of package.json are what is bundled, with their licenses", () => {
    expect(bundledPackages().map(({ name }) => name)).toEqual(inBundle());
    for (const { text } of bundledPackages()) expect(text).toContain("Copyright");
  });

  test("the bill of materials names them and Bun, and is the same each time", () => {
    const text = bom(TARGETS, TIME);
    expect(bom(TARGETS, TIME)).toBe(text);
    const { components, dependencies, ...head } = JSON.parse(text);
    expect(head).toMatchObject({
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      metadata: { timestamp: "2026-11-30T12:00:02.000Z", component: { version: RUSK_VERSION } },
    });
    const refs: string[] = components.map((each: { "bom-ref": string }) => each["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    for (const { name, version } of bundledPackages()) {
      expect(refs).toContain(`pkg:npm/${name}@${version}`);
    }
    for (const { dependsOn } of dependencies)
      expect(refs).toEqual(expect.arrayContaining(dependsOn));
  });
});

const HERE = TARGETS.find(
  ({ os, cpu, libc }) => os === process.platform && cpu === process.arch && libc !== "musl",
);

test.skipIf(HERE === undefined)("two builds in two folders give the same bytes", () => {
  const name = HERE?.name ?? "";
  const build = (root: string, out: string) => {
    const script = join(root, "packaging/dist.ts");
    run(process.execPath, [script, "--only", name, "--fast", "--out", out], {
      SOURCE_DATE_EPOCH: String(TIME),
    });
    return readFileSync(join(out, "archives/SHA256SUMS"), "utf8");
  };
  const copy = join(work, "elsewhere/with a longer name");
  for (const each of ["src", "packaging", "LICENSE", "package.json", "package-lock.json"]) {
    cpSync(join(ROOT, each), join(copy, each), { recursive: true });
  }
  cpSync(join(ROOT, "tsconfig.json"), join(copy, "tsconfig.json"));
  for (const { name: each } of bundledPackages()) {
    const path = join("node_modules", each);
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  const out = join(work, "one");
  const sums = build(ROOT, out);
  expect(build(copy, join(work, "two"))).toBe(sums);

  const archives = join(out, "archives");
  const built = readdirSync(archives).filter((each) => each !== "SHA256SUMS");
  expect<unknown>(sums.match(/(?<= {2}).+/g)).toEqual(built.sort());
  const checked = spawnSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: archives });
  expect(checked.status).toBe(0);
  run("tar", ["-xzf", join(archives, `rusk-${RUSK_VERSION}-${name}.tar.gz`), "-C", work]);
  const told = run(join(work, `rusk-${RUSK_VERSION}-${name}`, "rusk"), ["--version"]);
  expect(told).toContain(RUSK_VERSION);
});
