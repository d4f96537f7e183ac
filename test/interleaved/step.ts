/**
 * Purpose: what a run is made of: steps, each done by one of a few connections and over on both
 * servers before the next one begins, so that there is one order of everything.
 */

import { typed } from "../client/format.ts";

/** A command, a word for each argument; a character stands for a byte. */
export type Words = readonly string[];

/** Something that one connection does. */
export type Step =
  /** Commands in one write. `{id:1}` in a word stands for the number of connection 1's client. */
  | {
      readonly kind: "send";
      readonly connection: number;
      readonly commands: readonly Words[];
      /** Nobody does anything for so long thereafter. */
      readonly thenMs: number;
    }
  /** The client closes; with its next step it connects again. */
  | { readonly kind: "close"; readonly connection: number };

/** The steps as one may read them: `1> GET k; GET l`. */
export function stepText(step: Step): string {
  if (step.kind === "close") return `${step.connection}> (closes)`;
  const line = (words: Words) => words.map((word) => typed(Buffer.from(word, "latin1"))).join(" ");
  const then = step.thenMs > 0 ? ` (${step.thenMs} ms pass)` : "";
  return `${step.connection}> ${step.commands.map(line).join("; ")}${then}`;
}

/** The bytes of commands, with the numbers of clients put in. */
export function bytesOf(commands: readonly Words[], ids: ReadonlyMap<number, string>): Buffer {
  let text = "";
  for (const words of commands) {
    text += `*${words.length}\r\n`;
    for (const word of words) {
      const filled = word.replace(/\{id:(\d+)\}/g, (_, one) => ids.get(Number(one)) ?? "0");
      text += `$${filled.length}\r\n${filled}\r\n`;
    }
  }
  return Buffer.from(text, "latin1");
}
