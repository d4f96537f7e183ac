/**
 * `rusk --test-memory`: writes patterns to as much of the machine's memory as is asked for, and
 * looks whether they are still there. What it cannot have it does not test: the system's own
 * memory, and that of other programs.
 */
import type { ToolParts } from "./tool_parts.ts";

const MEGABYTE = 1 << 20;
/** As many as Redis makes. */
const PASSES = 50;

/** What each word of a megabyte is to hold. */
type Pattern = (index: number, pass: number) => number;

const PATTERNS: Readonly<Record<string, Pattern>> = {
  addresses: (index, pass) => (index * 4) ^ (pass << 20),
  "random values": (index, pass) => mixed(index ^ (pass << 20)),
  "ones and zeros": (_index, pass) => -(pass & 1),
  "a checkerboard": (index, pass) => ((index ^ pass) & 1 ? 0x55555555 : 0xaaaaaaaa),
};

/** A bijection of 32 bits whose results look random. */
function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Tests as many megabytes as the only word says; returns the exit status. */
export function testMemory(args: readonly string[], parts: ToolParts): number {
  const megabytes = Number(args[0]);
  if (args.length !== 1 || !Number.isSafeInteger(megabytes) || megabytes < 1) {
    parts.writeError(
      "Please specify the amount of memory to test in megabytes.\n" +
        "Example: rusk --test-memory 4096\n",
    );
    return 1;
  }
  const pieces = megabytes * MEGABYTE > parts.memorySize ? null : takeMemory(megabytes);
  if (pieces === null) {
    parts.writeError(`The system does not give ${megabytes} megabytes of memory.\n`);
    return 1;
  }
  for (let pass = 1; pass <= PASSES; pass++) {
    for (const [name, pattern] of Object.entries(PATTERNS)) {
      if (parts.isTerminal) parts.writeOut(`\r\x1b[KPass ${pass} of ${PASSES}: ${name}`);
      const wrong = countWrong(pieces, pattern, pass);
      if (wrong === 0) continue;
      parts.writeOut(
        `\nYour memory is broken: ${wrong} of ${megabytes} megabytes did not keep ${name} in ` +
          `pass ${pass}.\nData on this machine are not safe.\n`,
      );
      return 1;
    }
  }
  if (parts.isTerminal) parts.writeOut("\r\x1b[K");
  parts.writeOut(
    "Your memory passed this test.\n" +
      "One that tests all of it, without a system running, is memtest86+ (https://memtest.org).\n",
  );
  return 0;
}

/** So many pieces of a megabyte; null if the system has not so much. */
function takeMemory(megabytes: number): Uint32Array[] | null {
  try {
    return Array.from({ length: megabytes }, () => new Uint32Array(MEGABYTE / 4));
  } catch {
    return null;
  }
}

/** Fills all pieces, each with its number first, then looks at all: how many have changed. */
function countWrong(pieces: readonly Uint32Array[], pattern: Pattern, pass: number): number {
  const model = Uint32Array.from({ length: MEGABYTE / 4 }, (_, index) => pattern(index, pass));
  for (const [number, piece] of pieces.entries()) {
    piece.set(model);
    piece[0] = number;
  }
  let wrong = 0;
  for (const [number, piece] of pieces.entries()) {
    model[0] = number;
    if (!isSame(piece, model)) wrong++;
  }
  return wrong;
}

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  let different = 0;
  for (let i = 0; i < one.length; i++) different |= one[i] ^ other[i];
  return different === 0;
}
