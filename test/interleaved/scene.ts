/**
 * Purpose: what features see of the author: chance, who there is, and whose turn is next.
 */

import type { Random } from "../fuzz/random.ts";
import type { Step, Words } from "./step.ts";

/**
 * What a connection is to do: send a command, or close; or steps, also of others, between which
 * nobody does anything else.
 */
export type Turn = Words | { readonly close: true } | { readonly steps: readonly Step[] };

/** What a feature can use. */
export interface Scene {
  readonly random: Random;
  /** Connections, numbered from 0. */
  readonly count: number;
  /** A command on data. */
  data(): Words;
  /** The template with what is left to chance. */
  fill(template: Words): Words;
  /** Whether it probably may do little but listen: it has subscribed, in RESP2. */
  listens(connection: number): boolean;
  /** Some connection but this. */
  other(connection: number): number;
  /** What the connection is to do before all that is planned for it. */
  next(connection: number, ...turns: readonly Turn[]): void;
}

/**
 * A command that takes some ms to have its effect. The connection is a new one, which surely does
 * not wait for anything.
 */
export function timed(connection: number, words: Words, thenMs: number): Turn {
  return {
    steps: [
      { kind: "close", connection },
      { kind: "send", connection, commands: [words], thenMs },
    ],
  };
}
