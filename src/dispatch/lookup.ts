/**
 * Finding a command by the bytes of its name, in any case, without making a string: an open-
 * addressing table over the name's first eight bytes as two words, probed linearly.
 *
 * Setting bit 5 makes a letter lower case. Only a letter becomes a letter by it, so names of
 * letters alone that are equal as words are equal; the few others are compared byte by byte.
 */
import type { CallServer } from "../calls/call.ts";
import type { CommandTable, TableCommand } from "../calls/table.ts";
import type { Args } from "../protocol/args.ts";
import type { RoomMaker } from "./stations/memory.ts";

const LOWER = 0x20;
const LOWER_WORD = 0x20202020;
/** Masks of a word's first n bytes. */
const FIRST_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1);
const WORDS_SIZE = 8;

/** Words of a slot: the name's first bytes, its next, its size, and whether it has more to it. */
const SLOT_BITS = 2;
const SECOND = 1;
const SIZE = 2;
const COMPARED = 3;

/** The server as dispatch needs it: with the handlers of its commands. */
export interface DispatchServer extends CallServer {
  readonly table: CommandTable;
  readonly evicting: RoomMaker;
}

export class CommandLookup {
  private readonly commands: (TableCommand | null)[];
  private readonly names: Uint8Array[];
  private readonly slots: Int32Array;
  private readonly mask: number;
  /** The subcommands of each container, by its number. */
  private readonly containers: (CommandLookup | undefined)[] = [];

  constructor(table: ReadonlyMap<string, TableCommand>) {
    let room = 16;
    while (room < table.size * 4) room *= 2;
    this.mask = room - 1;
    this.commands = new Array(room).fill(null);
    this.names = new Array(room).fill(new Uint8Array(0));
    this.slots = new Int32Array(room << SLOT_BITS);
    for (const [name, command] of table) {
      this.add(name, command);
      if (command.subcommands !== null) {
        this.containers[command.id] = new CommandLookup(command.subcommands);
      }
    }
  }

  /** The command that argument 0, or another, names, or null; of a container, the container. */
  find(args: Args, index = 0): TableCommand | null {
    return this.named(args.bytes, args.view, args.start[index], args.size[index]);
  }

  /** The subcommand of a container that argument 1 names, or null. */
  findSubcommand(container: TableCommand, args: Args): TableCommand | null {
    return this.containers[container.id]?.find(args, 1) ?? null;
  }

  /** As `find`, of a name that lies there; some bytes must follow it. */
  named(bytes: Uint8Array, view: DataView, start: number, size: number): TableCommand | null {
    if (size === 0) return null;
    const { slots, mask } = this;
    const first = firstWord(view, start, size);
    const second = secondWord(view, start, size);
    let slot = slotOf(first, second, mask);
    for (;;) {
      const at = slot << SLOT_BITS;
      if (first === slots[at] && second === slots[at + SECOND] && size === slots[at + SIZE]) {
        if (slots[at + COMPARED] === 0 || isName(this.names[slot], bytes, start, size)) {
          return this.commands[slot];
        }
      }
      if (slots[at + SIZE] === 0) return null;
      slot = (slot + 1) & mask;
    }
  }

  private add(name: string, command: TableCommand): void {
    const bytes = new Uint8Array(Math.max(name.length, WORDS_SIZE));
    new TextEncoder().encodeInto(name, bytes);
    const view = new DataView(bytes.buffer);
    const first = firstWord(view, 0, name.length);
    const second = secondWord(view, 0, name.length);
    let slot = slotOf(first, second, this.mask);
    while (this.commands[slot] !== null) slot = (slot + 1) & this.mask;
    const isWhole = name.length <= WORDS_SIZE && /^[a-z]+$/.test(name);
    this.commands[slot] = command;
    this.names[slot] = bytes.subarray(0, name.length);
    this.slots.set([first, second, name.length, isWhole ? 0 : 1], slot << SLOT_BITS);
  }
}

function firstWord(view: DataView, start: number, size: number): number {
  const word = view.getInt32(start, true) | LOWER_WORD;
  return size < 4 ? word & FIRST_BYTES[size] : word;
}

function secondWord(view: DataView, start: number, size: number): number {
  if (size <= 4) return 0;
  const word = view.getInt32(start + 4, true) | LOWER_WORD;
  return size < WORDS_SIZE ? word & FIRST_BYTES[size - 4] : word;
}

function slotOf(first: number, second: number, mask: number): number {
  const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  return (hash ^ (hash >>> 15)) & mask;
}

function isName(name: Uint8Array, bytes: Uint8Array, start: number, size: number): boolean {
  for (let i = 0; i < size; i++) {
    const byte = bytes[start + i];
    if (name[i] !== byte && (byte < 65 || byte > 90 || name[i] !== (byte | LOWER))) return false;
  }
  return true;
}
