// Purpose: what binaries are built from is what is committed, and what comes out is for whom it
// should be.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkExecutable, executableKind } from "../../packaging/binary/executable.ts";
import { BUN_VERSION, checkIntegrity, runtimeOf } from "../../packaging/binary/runtimes.ts";
import { checkSignature } from "../../packaging/binary/signature.ts";
import { executableName, TARGETS, type Target, targetOf } from "../../packaging/binary/targets.ts";

const ROOT = join(import.meta.dir, "../..");
const json = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));

describe("runtimes", () => {
  test("are of the version that package.json names", () => {
    expect(BUN_VERSION).toBe(json("package.json").devDependencies.bun);
  });

  test.each([...TARGETS])("$name: the package is the one of package-lock.json", (target) => {
    const locked = json("package-lock.json").packages[`node_modules/${target.runtime}`];
    expect(locked.version).toBe(BUN_VERSION);
    expect(runtimeOf(target).integrity).toBe(locked.integrity);
    expect([locked.os, locked.cpu]).toEqual([[target.os], [target.cpu]]);
    expect(locked.libc ?? null).toEqual(target.libc === null ? null : [target.libc]);
  });

  test("a package of other bytes is refused", () => {
    const bytes = new TextEncoder().encode("rusk");
    const integrity = runtimeOf(targetOf("linux-x64")).integrity;
    const refused = () => checkIntegrity(bytes, integrity, "@oven/bun-linux-x64");
    expect(refused).toThrow("@oven/bun-linux-x64 is not the package of runtimes.json");
  });
});

describe("executables", () => {
  test("what one is for is read from its header", () => {
    const { os, cpu } = executableKind(readFileSync(process.execPath));
    expect<unknown>([os, cpu]).toEqual([process.platform, process.arch]);
  });

  test("one for another machine is refused", () => {
    const other = TARGETS.find(({ os, cpu }) => os !== process.platform || cpu !== process.arch);
    const bytes = readFileSync(process.execPath);
    expect(() => checkExecutable(bytes, other as Target)).toThrow("The binary for");
  });

  test("a file that is none is refused", () => {
    const bytes = new Uint8Array(100);
    expect(() => executableKind(bytes)).toThrow("neither ELF nor Mach-O nor PE");
  });

  test("a Mach-O file without a signature is refused", () => {
    const bytes = new Uint8Array(100);
    expect(() => checkSignature(bytes)).toThrow("It is not signed");
  });

  test("only Windows asks for an ending", () => {
    const named = TARGETS.map(executableName);
    expect(named.filter((name) => name !== "rusk")).toEqual(["rusk.exe"]);
  });
});

test("a target that is not there is told with those that are", () => {
  expect(() => targetOf("linux-mips")).toThrow('There is no target "linux-mips": there are linux-');
});
