// Purpose: what binaries are built from is what is committed, and what comes out is for whom it
// should be.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkExecutable, executableKind } from "../../packaging/binary/executable.ts";
import { BUN_VERSION, checkIntegrity, runtimeOf } from "../../packaging/binary/runtimes.ts";
import { checkSignature, signed } from "../../packaging/binary/signature.ts";
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
    expect(refused).toThrow("@oven/bun-linux-x64 is not the package that is expected");
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

  test("a Mach-O file is signed anew, over its whole length", () => {
    const file = signed(machO(3 * 4096 + 100));
    checkSignature(file);
    file[9000] = 1;
    expect(() => checkSignature(file)).toThrow("Page 2 is not what is signed");
    file[9000] = 0;
    checkSignature(file);
    checkSignature(signed(file));
    file[20] = 1;
    expect(() => checkSignature(file)).toThrow("Page 0 is not what is signed");
  });

  test("only Windows asks for an ending", () => {
    const named = TARGETS.map(executableName);
    expect(named.filter((name) => name !== "rusk")).toEqual(["rusk.exe"]);
  });
});

test("a target that is not there is told with those that are", () => {
  expect(() => targetOf("linux-mips")).toThrow('There is no target "linux-mips": there are linux-');
});

/** A Mach-O file of so many bytes, with what a signature follows from: two segments, a command. */
function machO(size: number): Uint8Array {
  const file = Buffer.alloc(size);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(3, 16);
  ["__TEXT", "__LINKEDIT"].forEach((name, index) => {
    const at = 32 + index * 72;
    file.writeUInt32LE(0x19, at);
    file.writeUInt32LE(72, at + 4);
    file.write(name, at + 8);
  });
  file.writeUInt32LE(0x1d, 32 + 2 * 72);
  file.writeUInt32LE(16, 32 + 2 * 72 + 4);
  file.writeUInt32LE(size, 32 + 2 * 72 + 8);
  return file;
}
