/**
 * Purpose: `--coverage`: what became of the commands that a run has sent, so that one can see
 * whether they find what they are about. It counts replies of the real server, by kind.
 */

import { commandName, type Outcome } from "./execute.ts";
import type { Step } from "./sequence.ts";
import { blockOption } from "./stream_words.ts";

const KINDS = ["fails", "queued", "waits", "nothing", "zero", "number", "ok", "more"] as const;
type Kind = (typeof KINDS)[number];

function kindOf(reply: string | undefined): Kind {
  if (reply === undefined || reply === "(waits)") return "waits";
  if (reply.startsWith("(error)")) return "fails";
  if (reply === "QUEUED") return "queued";
  if (/^\((nil|empty \w+)\)$/.test(reply)) return "nothing";
  if (reply === "(integer) 0") return "zero";
  if (reply.startsWith("(integer)")) return "number";
  return reply === "OK" ? "ok" : "more";
}

/** Counts of replies by command. */
export class Coverage {
  private readonly names: ReadonlySet<string>;
  private readonly containers: ReadonlySet<string>;
  private readonly kinds = new Map<string, Map<Kind, number>>();
  private readonly errors = new Map<string, Map<string, number>>();

  constructor(names: ReadonlySet<string>, containers: ReadonlySet<string>) {
    this.names = names;
    this.containers = containers;
  }

  add(steps: readonly Step[], { replies }: Outcome): void {
    for (const [index, reply] of replies.entries()) {
      const step = steps[index];
      if (step?.kind !== "command") continue;
      const command = commandName(step.args, this.containers);
      if (!this.names.has(command)) continue;
      const waits = /^xread/.test(command) && blockOption(step.args) !== undefined;
      const name = waits ? `${command} block` : command;
      const kind = kindOf(reply);
      count(this.kinds, name, kind);
      if (kind === "fails") count(this.errors, name, reply.slice(8, 80).replace(/'[\s\S]*/, "'…"));
    }
  }

  /** A line for each command, with its most frequent errors. */
  text(): string {
    const lines = [`${"command".padEnd(24)}${KINDS.map((kind) => kind.padStart(9)).join("")}`];
    for (const [name, kinds] of [...this.kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const cells = KINDS.map((kind) => String(kinds.get(kind) ?? 0).padStart(9));
      lines.push(`${name.padEnd(24)}${cells.join("")}`);
      const errors = [...(this.errors.get(name) ?? [])].sort(([, a], [, b]) => b - a);
      for (const [text, times] of errors.slice(0, ERRORS_SHOWN)) lines.push(`    ${times} ${text}`);
    }
    return lines.join("\n");
  }
}

const ERRORS_SHOWN = 4;

function count<K>(counts: Map<string, Map<K, number>>, name: string, what: K): void {
  let own = counts.get(name);
  if (own === undefined) {
    own = new Map();
    counts.set(name, own);
  }
  own.set(what, (own.get(what) ?? 0) + 1);
}
