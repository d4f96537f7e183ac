/** What the words of a command say about it. */

export const lower = (word: string | undefined) => (word ?? "").toLowerCase();

/** Commands whose reply is a text for people, by their first and second word. */
const TEXTUAL: Readonly<Record<string, readonly string[]>> = {
  debug: ["htstats", "htstats-key"],
  memory: ["malloc-stats", "doctor"],
  cluster: ["nodes", "info"],
  client: ["list", "info"],
  latency: ["graph", "doctor"],
  proxy: ["info"],
};

/** Whether the reply to a command is shown as it is. */
export function isTextual(words: readonly string[]): boolean {
  const name = lower(words[0]);
  if (name === "info" || name === "lolwut") return true;
  const second = lower(words[1]);
  if (!Object.hasOwn(TEXTUAL, name) || !TEXTUAL[name].includes(second)) return false;
  return (
    words.length ===
    (second === "htstats" || second === "htstats-key" || second === "graph" ? 3 : 2)
  );
}

/** Whether a command holds a secret, and must not be kept. */
export function holdsSecret(words: readonly string[]): boolean {
  const name = lower(words[0]);
  const second = lower(words[1]);
  const has = (...wanted: string[]) => words.some((word) => wanted.includes(lower(word)));
  if (name === "auth") return true;
  if (name === "acl") return second === "deluser" || second === "setuser";
  if (name === "hello" || name === "migrate") return has("auth", "auth2");
  if (name === "config") return second === "set" && has("requirepass", "masterauth", "masteruser");
  return false;
}
