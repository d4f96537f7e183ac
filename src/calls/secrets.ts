/** Which arguments of a command are secrets, which MONITOR and SLOWLOG must not show. */
import { DIRECTIVES, NAMES } from "../config/directives.ts";
import type { Args } from "../protocol/args.ts";
import type { Command } from "./command.ts";

/** What is shown in place of a secret. */
export const REDACTED = "(redacted)";

/** The indexes of the arguments that are secrets; a command may have been renamed. */
export function secretIndexes({ name }: Command, args: Args): number[] {
  switch (name) {
    case "auth":
      return args.count <= 3 ? indexesFrom(1, args.count) : [];
    case "hello":
      return secretsOfHello(args);
    case "config|set":
      return secretsOfConfig(args);
    case "acl|setuser":
      return indexesFrom(2, args.count);
    case "migrate":
      return secretsOfMigrate(args);
    default:
      return [];
  }
}

function indexesFrom(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}

/** Those of AUTH and AUTH2, as far as the command is read: up to KEYS or a mistake. */
function secretsOfMigrate(args: Args): number[] {
  const secrets: number[] = [];
  for (let i = 6; i < args.count; i++) {
    const more = args.count - 1 - i;
    if (args.is(i, "auth") && more >= 1) secrets.push(++i);
    else if (args.is(i, "auth2") && more >= 2) secrets.push(++i, ++i);
    else if (!args.is(i, "copy") && !args.is(i, "replace")) break;
  }
  return secrets;
}

/** `HELLO version ... AUTH user password`. */
function secretsOfHello(args: Args): number[] {
  for (let i = 2; i + 2 < args.count; i++) {
    if (args.is(i, "auth")) return [i + 1, i + 2];
  }
  return [];
}

function secretsOfConfig(args: Args): number[] {
  const secrets: number[] = [];
  for (let i = 2; i + 1 < args.count; i += 2) {
    const name = NAMES.get(args.text(i).toLowerCase());
    if (name !== undefined && DIRECTIVES[name].traits.sensitive === true) secrets.push(i + 1);
  }
  return secrets;
}
