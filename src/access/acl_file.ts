/** The file of `aclfile`: a user on each line, as ACL LIST shows it. Texts hold bytes. */

import { RuleError } from "./rule_errors.ts";
import { hasSpaces, mergeSelectors } from "./rules.ts";
import type { User } from "./user.ts";
import { DEFAULT_USER, type Users } from "./users.ts";

const UNCHANGED =
  "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

/** The users that a file tells of, by name, the default one always with them; or all its errors. */
export function readUsers(text: string, path: string, users: Users): Map<string, User> | string {
  const read = new Map<string, User>();
  let errors = "";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
    if (line !== "") errors += readLine(line, path, index + 1, users, read);
  }
  if (errors !== "") return errors + UNCHANGED;
  if (!read.has(DEFAULT_USER)) read.set(DEFAULT_USER, users.newDefault());
  return read;
}

/** Adds the user of one line; returns the errors in it, each with a blank after it. */
function readLine(
  line: string,
  path: string,
  number: number,
  users: Users,
  read: Map<string, User>,
): string {
  const [keyword, name, ...words] = line.split(" ");
  if (keyword !== "user" || name === undefined) {
    return `${path}:${number} should start with user keyword followed by the username. `;
  }
  if (read.has(name)) return `WARNING: Duplicate user '${name}' found on line ${number}. `;
  if (hasSpaces(name)) {
    return `'${path}:${number}: username '${name}' contains invalid characters. `;
  }
  const user = users.newUser(name);
  read.set(name, user);
  const rules = mergeSelectors(words);
  if ("unmatched" in rules)
    return `${path}:${number}: Unmatched parenthesis in selector definition.`;
  return errorsOf(user, rules, `${path}:${number}`);
}

/**
 * What is wrong with rules. What is no command, or no category, is told of each; of what else is
 * wrong only the first, which may have brought about the others.
 */
function errorsOf(user: User, rules: readonly string[], place: string): string {
  let errors = "";
  let hasOther = false;
  for (const rule of rules.map((each) => each.replace(/^[\t\r\n]+|[\t\r\n]+$/g, ""))) {
    const error = user.apply(rule);
    if (error === null) continue;
    if (error === RuleError.unknown) {
      errors += `${place}: Error in applying operation '${rule}': ${error}. `;
    } else if (!hasOther) {
      errors += `${place}: ${error}. `;
      hasOther = true;
    }
  }
  return errors;
}

/** The file's text for these users. */
export function textOfUsers(users: Users): string {
  return users
    .sorted()
    .map((user) => `user ${user.name} ${user.describe()}\n`)
    .join("");
}
