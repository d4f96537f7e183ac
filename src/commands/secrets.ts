/**
 * Which arguments of a command are secrets, that MONITOR and SLOWLOG must not show.
 */
import type { Args } from "../protocol/args.ts";

/** What is shown in place of a secret. */
export const REDACTED = "(redacted)";

/** Directives whose values are secrets. */
export const SECRET_DIRECTIVES: readonly string[] = [
  "masteruser",
  "masterauth",
  "requirepass",
  "tls-key-file-pass",
  "tls-client-key-file-pass",
];

/** The indexes of the arguments that are secrets. */
export function secretIndexes(args: Args): number[] {
  if (args.is(0, "auth")) return args.count === 2 ? [1] : args.count === 3 ? [1, 2] : [];
  if (args.is(0, "hello")) return secretsOfHello(args);
  if (args.is(0, "config") && args.count > 2 && args.is(1, "set")) return secretsOfConfig(args);
  return [];
}

/** HELLO version ... AUTH user password. */
function secretsOfHello(args: Args): number[] {
  for (let i = 2; i + 2 < args.count; i++) {
    if (args.is(i, "auth")) return [i + 1, i + 2];
  }
  return [];
}

function secretsOfConfig(args: Args): number[] {
  const secrets: number[] = [];
  for (let i = 2; i + 1 < args.count; i += 2) {
    if (SECRET_DIRECTIVES.includes(args.text(i).toLowerCase())) secrets.push(i + 1);
  }
  return secrets;
}
