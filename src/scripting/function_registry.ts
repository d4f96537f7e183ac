/**
 * The libraries that run, and their functions by name. What a file brings lies in the keyspace as
 * bytes (Libraries); `reload` makes of it what can run, and leaves the rest, such as libraries in
 * Lua, to be written back.
 *
 * Names of functions are the same in any case, as in Redis; those of libraries are not.
 */
import { equalViews, latin1 } from "../base/bytes.ts";
import type { Libraries } from "../keyspace/libraries.ts";
import { CommandError } from "../protocol/errors.ts";
import { type Library, type LibraryFunction, libraryName, loadLibrary } from "./library.ts";
import type { HostMachine } from "./library_host.ts";
import { LibraryMemory, type MemoryGauge } from "./library_memory.ts";
import { adjustable, MEMORY_QUANTUM } from "./limits.ts";

/** So long the top level of a library may run. */
const LOAD_LIMIT_MS = 500;
/** As long, of one that has been loaded before, maybe on a faster machine. */
const RELOAD_LIMIT_MS = 10_000;

/** Bytes that a compiled library takes for one of its code, roughly. */
const COMPILED_RATIO = 16;
/** Bytes of what is kept beside the code, roughly. */
const LIBRARY_OVERHEAD = 256;
const FUNCTION_OVERHEAD = 128;
const LOG_WARNING = 3;
const PLACE_COUNT = 64;

/** What FUNCTION RESTORE does with the libraries that there are. */
export type RestorePolicy = "append" | "replace" | "flush";

/** A function as it was called: its name may be in another case. */
interface Place {
  readonly nameView: DataView;
  readonly found: LibraryFunction;
}

export interface KeptLibrary {
  readonly name: string;
  /** Why it does not run. */
  readonly reason: string;
}

export class FunctionRegistry {
  private readonly kept: Libraries;
  private readonly machine: HostMachine;
  private readonly memory: LibraryMemory;
  /** Functions that were called, by something of their names' bytes. */
  private readonly places = new Array<Place | null>(PLACE_COUNT).fill(null);
  /** Counted bytes of what was loaded since libraries were looked at for that. */
  private loadedSize = 0;
  private readonly libraries = new Map<string, Library>();
  /** By their names in lower case. */
  private readonly functions = new Map<string, LibraryFunction>();

  constructor(kept: Libraries, machine: HostMachine, gauge: MemoryGauge) {
    this.kept = kept;
    this.machine = machine;
    this.memory = new LibraryMemory(gauge);
  }

  get libraryCount(): number {
    return this.libraries.size;
  }

  get functionCount(): number {
    return this.functions.size;
  }

  /** Bytes of code and names. */
  get size(): number {
    let size = 0;
    for (const { code, functions } of this.each()) {
      size += code.length + LIBRARY_OVERHEAD + functions.length * FUNCTION_OVERHEAD;
    }
    return size;
  }

  /** Bytes of what was compiled, roughly. */
  get compiledSize(): number {
    let size = 0;
    for (const { code } of this.each()) size += code.length * COMPILED_RATIO;
    return size;
  }

  /** Those that run, in the order in which they came. */
  each(): Iterable<Library> {
    return this.libraries.values();
  }

  /** The function of that name; null if there is none. */
  find(name: string): LibraryFunction | null {
    return this.functions.get(keyOf(name)) ?? null;
  }

  /** As `find`, of a name in bytes that `view` is over: quick for what is called often. */
  withName(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    size: number,
  ): LibraryFunction | null {
    if (size === 0) return null;
    const place = (view.getUint8(offset + size - 1) * 31 + size) & (PLACE_COUNT - 1);
    const last = this.places[place];
    if (last !== null && last.nameView.byteLength === size) {
      if (equalViews(last.nameView, 0, view, offset, size)) return last.found;
    }
    const name = bytes.slice(offset, offset + size);
    const found = this.find(latin1(name, 0, size));
    if (found !== null) this.places[place] = { nameView: new DataView(name.buffer), found };
    return found;
  }

  /**
   * A function is about to be called, with arguments of so many bytes. Throws a CommandError when
   * its library holds too much: that begins anew.
   */
  enter({ library }: LibraryFunction, argumentsSize: number): void {
    const { use } = library;
    use.begin(argumentsSize);
    if (!use.isLookDue) return;
    const counted = use.look();
    const limit = adjustable.memorySize;
    if (!this.memory.isAbove(limit, counted, use.total)) return;
    const problem = tooMuch(library.name, limit);
    this.machine.log(LOG_WARNING, problem.replace(/^ERR /, ""));
    // What holds so much is not to stay, even if nothing can take its place.
    this.drop(library);
    this.put(loadLibrary(library.name, library.code, this.machine, RELOAD_LIMIT_MS));
    throw new CommandError(problem);
  }

  /** Loads a library, which takes the code over; its name. Throws a CommandError. */
  load(code: Uint8Array, replaces: boolean): string {
    const name = libraryName(code);
    if (!replaces) this.refuseKept(name, `Library '${name}' already exists`);
    const library = this.made(name, code, LOAD_LIMIT_MS);
    refuseKnown(library, this.functions, (other) => other.name === name);
    this.put(library);
    this.kept.add(code);
    return name;
  }

  /** Removes a library, be it one that runs or not; whether there was one. */
  remove(name: string): boolean {
    const library = this.libraries.get(name);
    if (library !== undefined) this.drop(library);
    return this.kept.remove(name);
  }

  /** Removes all, those that do not run as well. */
  clear(): void {
    this.kept.clear();
    this.forget();
  }

  /** Takes libraries up, all or none; throws a CommandError. */
  restore(codes: readonly Uint8Array[], policy: RestorePolicy): void {
    const added = new Map<string, Library>();
    const functions = new Map<string, LibraryFunction>();
    for (const code of codes) {
      const name = libraryName(code);
      if (added.has(name)) throw new CommandError(`ERR Library '${name}' already exists`);
      const library = this.made(name, code, LOAD_LIMIT_MS);
      refuseKnown(library, functions, () => false);
      added.set(name, library);
      for (const made of library.functions) functions.set(keyOf(made.name), made);
    }
    if (policy === "append") {
      for (const name of added.keys()) this.refuseKept(name, `Library ${name} already exists`);
    }
    if (policy === "flush") {
      this.clear();
    } else {
      for (const library of added.values()) {
        refuseKnown(library, this.functions, (other) => added.has(other.name));
      }
    }
    for (const library of added.values()) {
      const old = this.libraries.get(library.name);
      if (old !== undefined) this.drop(old);
    }
    for (const library of added.values()) {
      this.put(library);
      this.kept.add(library.code);
    }
  }

  /** Begins anew with what is kept, after that was loaded from a file; what does not run. */
  reload(): KeptLibrary[] {
    const problems: KeptLibrary[] = [];
    this.forget();
    for (const [name, code] of this.kept.named()) {
      try {
        const library = this.made(libraryName(code), code, RELOAD_LIMIT_MS);
        refuseKnown(library, this.functions, () => false);
        this.put(library);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        problems.push({ name, reason: error.message });
      }
    }
    return problems;
  }

  /** A library that nobody calls yet; throws a CommandError. */
  private made(name: string, code: Uint8Array, timeLimitMs: number): Library {
    this.memory.begin();
    const library = loadLibrary(name, code, this.machine, timeLimitMs);
    this.loadedSize += library.use.recent + code.length * COMPILED_RATIO;
    if (this.loadedSize <= MEMORY_QUANTUM) return library;
    const counted = this.loadedSize;
    this.loadedSize = 0;
    const limit = adjustable.memorySize;
    if (!this.memory.isAbove(limit, counted, Infinity)) return library;
    throw new CommandError(
      `ERR Error registering functions: ERR libraries hold more than ${limitText(limit)}`,
    );
  }

  private refuseKept(name: string, text: string): void {
    if (!this.kept.has(name)) return;
    const hint = this.libraries.has(name)
      ? ""
      : ", though it does not run here: LOAD REPLACE takes its place, DELETE removes it";
    throw new CommandError(`ERR ${text}${hint}`);
  }

  /** Adds a library, in the place of one of its name. */
  private put(library: Library): void {
    const old = this.libraries.get(library.name);
    if (old !== undefined) this.dropFunctions(old);
    this.libraries.set(library.name, library);
    for (const made of library.functions) this.functions.set(keyOf(made.name), made);
  }

  private drop(library: Library): void {
    this.dropFunctions(library);
    this.libraries.delete(library.name);
  }

  private dropFunctions({ functions }: Library): void {
    this.places.fill(null);
    for (const { name } of functions) this.functions.delete(keyOf(name));
  }

  private forget(): void {
    this.libraries.clear();
    this.functions.clear();
    this.places.fill(null);
  }
}

const limitText = (limit: number) => `script-memory-limit (${limit} bytes)`;

const tooMuch = (name: string, limit: number) =>
  `ERR the variables of library '${name}' hold more than ${limitText(limit)}: it begins anew`;

const keyOf = (name: string) => name.toLowerCase();

/** Throws a CommandError if another library has a function of one name, unless it is to go. */
function refuseKnown(
  library: Library,
  functions: ReadonlyMap<string, LibraryFunction>,
  goes: (other: Library) => boolean,
): void {
  for (const { name } of library.functions) {
    const known = functions.get(keyOf(name));
    if (known !== undefined && !goes(known.library)) {
      throw new CommandError(`ERR Function ${name} already exists`);
    }
  }
}
