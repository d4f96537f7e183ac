/**
 * The commands as rules name them: by their own names, whatever rename-command has made of them,
 * and by category. Made once; ids are places in the command table.
 */
import { assert } from "../base/assert.ts";
import { Category, type Command, type Commands } from "../calls/command.ts";

/** The version whose commands count when rules are put into words. */
const DESCRIBED_VERSION = "7.0";

/** The commands of one category. */
export interface KnownCategory {
  readonly name: string;
  readonly mask: number;
  /** Ids that a rule about it changes: with a container go all its subcommands. */
  readonly changed: readonly number[];
  /** Ids of the members that Redis has as well: by them descriptions choose categories. */
  readonly counted: readonly number[];
}

export class KnownCommands {
  readonly all: readonly Command[];
  /** In Redis's order. */
  readonly categories: readonly KnownCategory[];
  private readonly byName = new Map<string, Command>();

  constructor(commands: Commands) {
    this.all = commands.all;
    for (const [id, command] of this.all.entries()) {
      assert(command.id === id, "commands are numbered by their places");
      this.byName.set(command.name, command);
    }
    this.categories = Object.entries(Category).map(([name, mask]) => this.category(name, mask));
  }

  /** The command with that full name ("get", "client|kill"), in any case. */
  find(fullName: string): Command | undefined {
    return this.byName.get(fullName.toLowerCase());
  }

  /** The category of that name, in any case. */
  findCategory(name: string): KnownCategory | undefined {
    const wanted = name.toLowerCase();
    return this.categories.find((category) => category.name === wanted);
  }

  /** The commands and subcommands of a category, as ACL CAT lists them. */
  membersOf({ mask }: KnownCategory): Command[] {
    return this.all.filter(({ categories }) => (categories & mask) !== 0);
  }

  private category(name: string, mask: number): KnownCategory {
    const members = this.all.filter(({ categories }) => (categories & mask) !== 0);
    const changed = new Set<number>();
    for (const member of members) {
      changed.add(member.id);
      for (const { id } of subcommandsOf(member)) changed.add(id);
    }
    const counted = members.filter(isDescribed).map(({ id }) => id);
    return { name, mask, changed: [...changed], counted };
  }
}

/** The subcommands of a container; of another command none. */
export function subcommandsOf(command: Command): Iterable<Command> {
  return command.subcommands?.values() ?? [];
}

function isDescribed({ entry }: Command): boolean {
  const [major, minor] = entry.since.split(".").map(Number);
  const [describedMajor, describedMinor] = DESCRIBED_VERSION.split(".").map(Number);
  return major < describedMajor || (major === describedMajor && minor <= describedMinor);
}
