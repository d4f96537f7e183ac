/**
 * The code of libraries of functions, as it is written to files. Those that cannot run here, since
 * they came from a server with another language, are kept as they are, to be written back. See
 * docs/decisions/0017_the_only_copy.md.
 */
import { latin1 } from "../base/bytes.ts";
import { splitWords } from "../base/words.ts";

const LINE_END = 10;
/** Code begins with a line such as "#!lua name=mylib": the engine, and what it is called. */
const NAME = /^name=/i;

export class Libraries {
  private readonly codes = new Map<string, Uint8Array>();

  get count(): number {
    return this.codes.size;
  }

  /** Takes the code of a library over, in the place of one of the same name. */
  add(code: Uint8Array): void {
    this.codes.set(nameOf(code), code);
  }

  /** As `add`, unless there is one of the name: then it returns false. */
  addNew(code: Uint8Array): boolean {
    if (this.codes.has(nameOf(code))) return false;
    this.add(code);
    return true;
  }

  /** Whether there was one of that name. */
  remove(name: string): boolean {
    return this.codes.delete(name);
  }

  has(name: string): boolean {
    return this.codes.has(name);
  }

  /** Each with its name, in the order in which they came. */
  named(): Iterable<[name: string, code: Uint8Array]> {
    return this.codes.entries();
  }

  /** The code of each, in the order in which they came. */
  each(): Iterable<Uint8Array> {
    return this.codes.values();
  }

  clear(): void {
    this.codes.clear();
  }
}

/** The name in the first line; the whole line where there is none. */
function nameOf(code: Uint8Array): string {
  const end = code.indexOf(LINE_END);
  const line = latin1(code, 0, end < 0 ? code.length : end);
  const word = splitWords(line)?.find((word) => NAME.test(word));
  return word?.slice("name=".length) ?? line;
}
