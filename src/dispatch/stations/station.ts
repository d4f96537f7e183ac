/**
 * A station: one question that is asked before a command may run, while a gate of it is on. It has
 * nothing against the command, refuses it, or has it kept until later.
 */
import type { Client } from "../../calls/client.ts";
import { type Command, Flag, HiddenFlag } from "../../calls/command.ts";
import type { Args } from "../../protocol/args.ts";
import type { CommandError } from "../../protocol/errors.ts";

/** In place of a refusal: the command is kept, and asked about anew when its client goes on. */
export const KEPT: unique symbol = Symbol("kept");

/** Null: nothing against it. */
export type Verdict = CommandError | typeof KEPT | null;

export interface Station {
  readonly name: string;
  /** Mask of gates: it is asked while one of them is on. */
  readonly gate: number;
  /**
   * Whether it is asked about commands inside another, too, right before they run: what has come
   * to be while they were queued. Nothing can be kept there.
   */
  readonly nested: boolean;
  /**
   * What is against this command. `effects` are the command's flags, and for EXEC also those of all
   * it will run (which are in `client.queue`). A command that is only to be queued is asked about
   * as well: its refusal fails the transaction. It changes nothing, but may find out.
   */
  ask(client: Client, command: Command, args: Args, effects: number): Verdict;
  /**
   * After the verdict KEPT: stops the client, and sees to it that it goes on when there is nothing
   * against its command any more; `client.postponed` is that command.
   */
  keep?(client: Client): void;
}

/** Flags of commands that may change data. */
export const CHANGING = Flag.write | HiddenFlag.may_replicate;
