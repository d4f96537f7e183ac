/**
 * A set of commands in the words of rules, as Redis 7.0 finds them: it does not remember the rules
 * that were given, but looks for some that lead to the same set. First come the categories that fit
 * better than not, the best first, then single commands for what is left.
 */
import { CommandSet } from "./command_set.ts";
import type { KnownCategory, KnownCommands } from "./known_commands.ts";

/** Rules that give the set to whoever has another: "-@all +@read -get". */
export function describeCommands(known: KnownCommands, wanted: CommandSet): string {
  const adds = !wanted.allowsFuture;
  const reached = new CommandSet(known);
  reached.setAll(!adds);
  const rules = [adds ? "-@all" : "+@all"];
  const sign = adds ? "+" : "-";
  for (const category of fittingCategories(known, wanted, adds)) {
    rules.push(`${sign}@${category.name}`);
    reached.setCategory(category, adds);
  }
  for (const command of known.all) {
    const { id, name } = command;
    const isWanted = wanted.has(id);
    if (isWanted !== reached.has(id)) {
      rules.push(`${isWanted ? "+" : "-"}${name}`);
      reached.setCommand(command, isWanted);
    }
    if (isWanted) continue;
    for (const argument of wanted.firstArgumentsOf(id)) rules.push(`+${name}|${argument}`);
  }
  return rules.join(" ");
}

/**
 * The categories to give (or to take, without `adds`), in order: each time the one with the fewest
 * commands that should not be in it, of equal ones that with the most that should. What a chosen
 * one covers is done: it counts for no other.
 */
function* fittingCategories(
  known: KnownCommands,
  wanted: CommandSet,
  adds: boolean,
): Generator<KnownCategory> {
  const left = new CommandSet(known);
  left.copyFrom(wanted);
  const candidates = new Set(known.categories);
  for (;;) {
    let best: KnownCategory | null = null;
    let fewestWrong = Infinity;
    let mostRight = 0;
    for (const category of candidates) {
      let right = 0;
      for (const id of category.counted) if (left.has(id) === adds) right++;
      const wrong = category.counted.length - right;
      if (right <= wrong) continue;
      if (wrong < fewestWrong || (wrong === fewestWrong && right > mostRight)) {
        best = category;
        fewestWrong = wrong;
        mostRight = right;
      }
    }
    if (best === null) return;
    yield best;
    candidates.delete(best);
    left.setCategory(best, !adds);
  }
}
