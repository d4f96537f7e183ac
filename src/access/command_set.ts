/**
 * The commands that a selector allows: a bit for each, and for those that are not allowed as such
 * the first arguments with which they are ("+select|0"). One more bit stands for commands that
 * there are none of yet: whoever was given all has it, and descriptions then begin with "+@all".
 */
import type { Command } from "../calls/command.ts";
import type { Args } from "../protocol/args.ts";
import { type KnownCategory, type KnownCommands, subcommandsOf } from "./known_commands.ts";

/** A first argument, as it was written and in lower case. */
interface FirstArgument {
  readonly text: string;
  readonly lower: string;
}

export class CommandSet {
  /** By id. */
  private readonly bits: Uint8Array;
  /** Also commands that come to be later. */
  private future = false;
  private readonly firstArguments = new Map<number, FirstArgument[]>();

  /** Empty. */
  constructor(known: KnownCommands) {
    this.bits = new Uint8Array(known.all.length);
  }

  has(id: number): boolean {
    return this.bits[id] !== 0;
  }

  get allowsFuture(): boolean {
    return this.future;
  }

  get isFull(): boolean {
    return this.future && !this.bits.includes(0);
  }

  /** Whether a command that it has not got is allowed with its first argument. */
  allowsCall(command: Command, args: Args): boolean {
    const allowed = this.firstArguments.get(command.id);
    if (allowed === undefined || args.count < 2) return false;
    for (const { lower } of allowed) if (args.is(1, lower)) return true;
    return false;
  }

  /** The first arguments with which a command is allowed, as they were written. */
  firstArgumentsOf(id: number): string[] {
    return (this.firstArguments.get(id) ?? []).map(({ text }) => text);
  }

  setAll(allowed: boolean): void {
    this.bits.fill(allowed ? 1 : 0);
    this.future = allowed;
    this.firstArguments.clear();
  }

  /** A command, and with a container its subcommands. */
  setCommand(command: Command, allowed: boolean): void {
    this.set(command.id, allowed);
    for (const { id } of subcommandsOf(command)) this.set(id, allowed);
  }

  setCategory({ changed }: KnownCategory, allowed: boolean): void {
    for (const id of changed) this.set(id, allowed);
  }

  /** Allows a command with that first argument, whether or not it is allowed as such. */
  addFirstArgument({ id }: Command, text: string): void {
    const allowed = this.firstArguments.get(id) ?? [];
    const lower = text.toLowerCase();
    if (allowed.every((other) => other.lower !== lower)) allowed.push({ text, lower });
    this.firstArguments.set(id, allowed);
  }

  copyFrom(other: CommandSet): void {
    this.bits.set(other.bits);
    this.future = other.future;
    this.firstArguments.clear();
    for (const [id, allowed] of other.firstArguments) this.firstArguments.set(id, [...allowed]);
  }

  private set(id: number, allowed: boolean): void {
    this.bits[id] = allowed ? 1 : 0;
    this.firstArguments.delete(id);
  }
}
