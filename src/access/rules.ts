/** Rules as they come in several words: of ACL SETUSER, of configuration files and ACL files. */
import { cString } from "../base/words.ts";
import type { AccessUser } from "../calls/users.ts";

/** A rule that was refused, as errors show it: up to a zero byte. */
export interface RefusedRule {
  readonly rule: string;
  readonly reason: string;
}

/**
 * Puts selectors together that were split at their blanks: "(~a", "+get)" is one rule. The word
 * with the parenthesis that is never closed is told instead, if there is one.
 */
export function mergeSelectors(words: readonly string[]): string[] | { unmatched: string } {
  const merged: string[] = [];
  let opening: string | null = null;
  let selector = "";
  for (const word of words) {
    if (word.startsWith("(") && !word.endsWith(")")) {
      opening = word;
      selector = word;
    } else if (opening === null) {
      merged.push(word);
    } else {
      selector += ` ${cString(word)}`;
      if (!word.endsWith(")")) continue;
      merged.push(selector);
      opening = null;
    }
  }
  return opening === null ? merged : { unmatched: cString(opening) };
}

/** Applies rules up to the first that is refused, which is told; those before it have applied. */
export function applyRules(user: AccessUser, rules: readonly string[]): RefusedRule | null {
  for (const rule of rules) {
    const reason = user.apply(rule);
    if (reason !== null) return { rule: cString(rule), reason };
  }
  return null;
}

/** Whether a name or pattern has characters in it that could not be read again from a file. */
export function hasSpaces(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code === 32 || (code >= 9 && code <= 13)) return true;
  }
  return false;
}
