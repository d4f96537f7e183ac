/**
 * Where who listens to key events gets those of its own command: before that one's reply or after
 * it, as in Redis, where it depends on the command.
 */
import { type Command, HiddenFlag } from "../calls/command.ts";
import type { KeyEvent } from "../values/key_event.ts";

/** What is found out, or done, about a key before the command does what it is for. */
const ALWAYS_BEFORE: ReadonlySet<KeyEvent> = new Set(["expired", "evicted", "keymiss", "new"]);
const PUSHES: ReadonlySet<KeyEvent> = new Set(["lpush", "rpush"]);
const DELETION: ReadonlySet<KeyEvent> = new Set(["del"]);

/** What comes before the reply of commands whose other events come after it. */
const BEFORE: Readonly<Record<string, ReadonlySet<KeyEvent>>> = {
  lmove: PUSHES,
  rpoplpush: PUSHES,
  blmove: PUSHES,
  brpoplpush: PUSHES,
  expire: DELETION,
  expireat: DELETION,
  pexpire: DELETION,
  pexpireat: DELETION,
};

/** Whether an event of a command comes after its reply; null: a message that is no event. */
export function followsReply({ name, flags }: Command, event: KeyEvent | null): boolean {
  if ((flags & HiddenFlag.replies_first) === 0 || event === null) return false;
  return !ALWAYS_BEFORE.has(event) && !BEFORE[name]?.has(event);
}
