/**
 * Purpose: memory that runs out while some part of a server's work goes on: the n-th large buffer
 * that JavaScript is asked for cannot be had, or the arena has nothing left but its reserve from
 * the n-th block on. Small buffers are left alone: the runtimes end the process themselves when
 * there is no memory for those. So are buffers made over an ArrayBuffer, which is how src/ asks for
 * what it has kept memory for.
 */
import * as arena from "../../src/arena/arena.ts";

/** JavaScriptCore has arrays of up to a thousand elements in its own heap. */
const ELEMENTS_MIN = 1001;
/** Blocks above this are huge: they are refused, while the reserve holds smaller ones. */
const HUGE_SIZE = arena.SEGMENT_SIZE + 100_000;
const KINDS = ["Uint8Array", "Uint16Array", "Int32Array", "Uint32Array", "Float64Array"] as const;

/** What fails. */
export interface Failure {
  /** A large buffer, counted from 0 over all parts; or a part, in which blocks fail. */
  readonly kind: "buffer" | "block";
  readonly at: number;
  /** For "block": how many of the part's blocks can still be had. */
  readonly blocks: number;
  /** How many parts it lasts for, this one included; 0: this one buffer alone. */
  readonly parts: number;
}

/** While it is installed, JavaScript's constructors of buffers are its own. */
export class Shortage {
  /** Large buffers asked for so far, and parts. */
  buffers = 0;
  parts = 0;
  /** Whether anything was refused. */
  hasStruck = false;
  private readonly failure: Failure;
  private readonly before = KINDS.map((name) => globalThis[name]);
  private isInside = false;
  /** Parts for which it still lasts. */
  private left = 0;

  constructor(failure: Failure) {
    this.failure = failure;
    for (const name of KINDS) {
      const target = globalThis[name] as unknown as new (...args: unknown[]) => object;
      const own: object = new Proxy(target, {
        construct: (_, args, asked) => {
          const isLarge = typeof args[0] === "number" && args[0] >= ELEMENTS_MIN;
          if (isLarge && this.isInside && this.fails()) throw new RangeError("Out of memory");
          return Reflect.construct(target, args, asked === own ? target : asked);
        },
      });
      Object.assign(globalThis, { [name]: own });
    }
  }

  private fails(): boolean {
    const { kind, at, parts } = this.failure;
    const index = this.buffers++;
    if (kind === "buffer" && index === at) {
      this.hasStruck = true;
      if (parts > 0) this.begin(-1);
      return true;
    }
    return this.left > 0 && arena.segmentsLeft() < arena.RESERVED_SEGMENTS;
  }

  private begin(blocks: number): void {
    this.left = this.failure.parts;
    arena.failAt(blocks, HUGE_SIZE);
  }

  /** A part of the server's work: what is asked for in it may fail. */
  during(run: () => void): void {
    const { kind, at, blocks } = this.failure;
    if (kind === "block" && this.parts === at) {
      this.hasStruck = true;
      this.begin(blocks);
    }
    this.parts++;
    this.isInside = true;
    try {
      run();
    } finally {
      this.isInside = false;
      if (this.left > 0 && --this.left === 0) arena.failAt(Infinity);
    }
  }

  /** There is memory again, and JavaScript's constructors are back. */
  end(): void {
    arena.failAt(Infinity);
    for (const [i, name] of KINDS.entries()) Object.assign(globalThis, { [name]: this.before[i] });
  }
}
