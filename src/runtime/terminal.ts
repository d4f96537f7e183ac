/** The terminal that a person sits at, and what else the environment tells of them. */
import { readSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import process from "node:process";
import { bytesOf, nativePath } from "./files.ts";

/** A variable of the environment; null when there is none. Bytes, one per character. */
export function environment(name: string): string | null {
  const value = process.env[name];
  return value === undefined ? null : bytesOf(value);
}

export const homeFolder = () => bytesOf(homedir());

export const isInputTerminal = () => process.stdin.isTTY === true;
export const isOutputTerminal = () => process.stdout.isTTY === true;

/** Columns of the terminal, or 80 where nobody says. */
export const terminalColumns = () => process.stdout.columns ?? 80;

/** Has keys come one by one and unshown, or no more. */
export function setRawInput(isRaw: boolean): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
}

/** The next byte of standard input, waiting for it; -1 at its end. */
export function readInputByte(): number {
  const byte = new Uint8Array(1);
  for (;;) {
    try {
      return readSync(0, byte) === 1 ? byte[0] : -1;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "EAGAIN" && code !== "EINTR") return -1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Resolves in so many ms. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Writes a file (bytes, one per character) that, if it is new, only its owner may read. */
export const writePrivateFile = (path: string, text: string) =>
  writeFileSync(nativePath(path), text, { encoding: "latin1", mode: 0o600 });
