/** The statements `user NAME rule ...` of configuration files. Texts hold bytes. */
import type { LogLevel } from "../base/log.ts";
import { RuleError } from "./rule_errors.ts";
import { applyRules, hasSpaces, mergeSelectors } from "./rules.ts";
import { DEFAULT_USER, type Users } from "./users.ts";

/** What follows `user`: a name and rules. */
export type UserWords = readonly string[];

/**
 * What is wrong with a statement, null if nothing is; `before` are those read so far. Commands
 * that there are not may yet be there when the users are made. The word that is shown is the one
 * that Redis shows: it counts from another one.
 */
export function declarationError(
  [name, ...words]: UserWords,
  before: readonly UserWords[],
  users: Users,
): string | null {
  const wrong = (word: string, reason: string) => `Error in user declaration '${word}': ${reason}`;
  if (before.some(([other]) => other === name)) return wrong(name, RuleError.duplicate);
  const rules = mergeSelectors(words);
  if ("unmatched" in rules) return wrong(rules.unmatched, "Unmatched parenthesis in acl selector");
  const user = users.newUser(name);
  for (const [index, rule] of rules.entries()) {
    const error = user.apply(rule);
    if (error !== null && error !== RuleError.unknown) {
      return wrong(["user", name, ...words][index], error);
    }
  }
  return null;
}

/** Makes the users of all statements; false if one cannot be made, which the log is told. */
export function makeConfigUsers(
  statements: readonly UserWords[],
  users: Users,
  log: (level: LogLevel, text: string) => void,
): boolean {
  for (const [name, ...words] of statements) {
    if (hasSpaces(name)) {
      log("warning", "Spaces not allowed in ACL usernames");
      return false;
    }
    const user = users.newUser(name);
    // The default user is there already, and is as after `reset`.
    if (name === DEFAULT_USER) user.apply("reset");
    const rules = mergeSelectors(words);
    const refused = "unmatched" in rules ? null : applyRules(user, rules);
    if (refused !== null) {
      const { rule, reason } = refused;
      log("warning", `Error loading ACL rule '${rule}' for the user named '${name}': ${reason}`);
      return false;
    }
    if (!user.enabled) {
      log(
        "notice",
        `The user '${name}' is disabled (there is no 'on' modifier in the user description). ` +
          "Make sure this is not a configuration error.",
      );
    }
    users.put(user);
  }
  return true;
}
