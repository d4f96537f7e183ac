/**
 * Functions of a C library, for both runtimes: each has foreign functions of its own, and another
 * notion of an address. Whoever passes an array to a call keeps it until the call returns.
 */
import type { FFITypeOrString } from "bun:ffi";

/** What a call takes or returns: an address, bytes, a C int, a long, nothing. */
export type ForeignType = "pointer" | "bytes" | "int" | "long" | "void";

export type ForeignSignatures = Readonly<
  Record<string, { readonly takes: readonly ForeignType[]; readonly returns: ForeignType }>
>;

declare const kind: unique symbol;

/** An address that a library has given; only that library knows what lies there. */
export interface Handle {
  readonly [kind]: "handle";
}

/** Where bytes lie, as a call takes it. */
export interface Place {
  readonly [kind]: "place";
}

/** The functions of a library, by their names; a Calls interface says what each takes. */
export interface Foreign {
  /**
   * Opens the libraries, all of which must be there with all of the functions named; null when one
   * is not.
   */
  open(
    libraries: readonly (readonly [name: string, signatures: ForeignSignatures])[],
  ): object | null;
  /** The bytes of an array from `offset` on. */
  place(array: Uint8Array, offset: number): Place;
}

/** Linux's C libraries: glibc's, and musl's, which has none under that name. */
export const C_LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Functions of the C library; null where there is none that is known here. */
export function openLibrary(foreign: Foreign, signatures: ForeignSignatures): object | null {
  for (const name of C_LIBRARIES) {
    const calls = foreign.open([[name, signatures]]);
    if (calls !== null) return calls;
  }
  return null;
}

/** The runtime's own foreign functions. */
export async function openForeign(): Promise<Foreign | null> {
  return typeof Bun === "undefined" ? denoForeign() : bunForeign();
}

const BUN_TYPES: Readonly<Record<ForeignType, FFITypeOrString>> = {
  pointer: "ptr",
  bytes: "ptr",
  int: "i32",
  long: "i64",
  void: "void",
};

async function bunForeign(): Promise<Foreign> {
  const { dlopen, ptr } = await import("bun:ffi");
  const load = (name: string, signatures: ForeignSignatures) =>
    dlopen(
      name,
      Object.fromEntries(
        Object.entries(signatures).map(([each, { takes, returns }]) => [
          each,
          { args: takes.map((type) => BUN_TYPES[type]), returns: BUN_TYPES[returns] },
        ]),
      ),
    ).symbols;
  return {
    open: (libraries) => loaded(libraries, load),
    place: (array, offset) => (ptr(array as Uint8Array<ArrayBuffer>) + offset) as unknown as Place,
  };
}

const DENO_TYPES: Readonly<Record<ForeignType, string>> = {
  pointer: "pointer",
  bytes: "buffer",
  int: "i32",
  long: "i64",
  void: "void",
};

/** What is used of Deno itself. */
interface DenoForeign {
  dlopen(
    name: string,
    symbols: Record<string, { parameters: string[]; result: string }>,
  ): { symbols: object };
}

function denoForeign(): Foreign | null {
  const { Deno } = globalThis as unknown as { Deno?: DenoForeign };
  if (Deno === undefined) return null;
  const load = (name: string, signatures: ForeignSignatures) =>
    Deno.dlopen(
      name,
      Object.fromEntries(
        Object.entries(signatures).map(([each, { takes, returns }]) => [
          each,
          { parameters: takes.map((type) => DENO_TYPES[type]), result: DENO_TYPES[returns] },
        ]),
      ),
    ).symbols;
  return {
    open: (libraries) => loaded(libraries, load),
    place: (array, offset) => array.subarray(offset) as unknown as Place,
  };
}

function loaded(
  libraries: readonly (readonly [name: string, signatures: ForeignSignatures])[],
  load: (name: string, signatures: ForeignSignatures) => object,
): object | null {
  try {
    return Object.assign({}, ...libraries.map(([name, signatures]) => load(name, signatures)));
  } catch {
    return null;
  }
}
