/**
 * What an executable is for, read from its own header: Bun ignores options that it does not know,
 * and would then build for the machine that it is on.
 *
 * Sources: the System V ABI's chapter on ELF and its supplements for the processors; Apple's
 * mach-o/loader.h; Microsoft's "PE Format".
 */
import type { Target } from "./targets.ts";

/** A system, a processor and, for Linux, the C library. */
export type ExecutableKind = Pick<Target, "os" | "cpu" | "libc">;

const ELF = 0x7f454c46;
const ELF_64_LITTLE = 0x0201;
const ELF_CPUS: Readonly<Record<number, Target["cpu"]>> = { 62: "x64", 183: "arm64" };
const ELF_INTERPRETER = 3;

const MACH_O_64 = 0xfeedfacf;
const MACH_O_CPUS: Readonly<Record<number, Target["cpu"]>> = {
  16777223: "x64",
  16777228: "arm64",
};

const PE = 0x4550;
const PE_CPUS: Readonly<Record<number, Target["cpu"]>> = { 34404: "x64", 43620: "arm64" };

/** Tells what an executable is for; throws if it is none that is known here. */
export function executableKind(bytes: Uint8Array): ExecutableKind {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = elf(view) ?? machO(view) ?? portable(view);
  if (kind === null) throw new Error("It is neither ELF nor Mach-O nor PE");
  return kind;
}

/** Throws if an executable is not for a target. */
export function checkExecutable(bytes: Uint8Array, target: Target): void {
  const { os, cpu, libc } = executableKind(bytes);
  if (os === target.os && cpu === target.cpu && libc === target.libc) return;
  throw new Error(`The binary for ${target.name} is for ${os} ${cpu} ${libc ?? ""}`);
}

function elf(view: DataView): ExecutableKind | null {
  if (view.getUint32(0) !== ELF || view.getUint16(4) !== ELF_64_LITTLE) return null;
  const cpu = ELF_CPUS[view.getUint16(18, true)];
  if (cpu === undefined) return null;
  return { os: "linux", cpu, libc: interpreter(view).includes("musl") ? "musl" : "glibc" };
}

/** The loader that an ELF file asks for. */
function interpreter(view: DataView): string {
  const headers = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  for (let index = 0; index < view.getUint16(56, true); index++) {
    const at = headers + index * size;
    if (view.getUint32(at, true) !== ELF_INTERPRETER) continue;
    return text(view, Number(view.getBigUint64(at + 8, true)));
  }
  throw new Error("The ELF file names no loader");
}

/** The bytes from a place up to a 0. */
function text(view: DataView, from: number): string {
  let found = "";
  for (let at = from; view.getUint8(at) !== 0; at++)
    found += String.fromCharCode(view.getUint8(at));
  return found;
}

function machO(view: DataView): ExecutableKind | null {
  if (view.getUint32(0, true) !== MACH_O_64) return null;
  const cpu = MACH_O_CPUS[view.getUint32(4, true)];
  return cpu === undefined ? null : { os: "darwin", cpu, libc: null };
}

function portable(view: DataView): ExecutableKind | null {
  if (view.getUint16(0) !== 0x4d5a) return null;
  const header = view.getUint32(60, true);
  if (view.getUint32(header, true) !== PE) return null;
  const cpu = PE_CPUS[view.getUint16(header + 4, true)];
  return cpu === undefined ? null : { os: "win32", cpu, libc: null };
}
