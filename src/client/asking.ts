/** Asking a server something for the client's own use, where nothing but a reply will do. */
import type { Link } from "./link.ts";
import type { Reply } from "./reply.ts";
import { ClientExit, type Session } from "./session.ts";

/** A reply that is no error; its text where it has one. */
export type Answer = Exclude<Reply, { readonly kind: "error" }> & { readonly text?: string };

/** The session's connection; ends the client if there is none. */
export async function connected(session: Session): Promise<Link> {
  if (!(await session.connect())) throw new ClientExit(1);
  return session.link as Link;
}

/** The reply to a command. Throws what the server says otherwise. */
export async function expectReply(link: Link, ...words: string[]): Promise<Answer> {
  return answerOf(await link.ask(...words));
}

export function answerOf(reply: Reply): Answer {
  if (reply.kind === "error") throw new Error(reply.text);
  return reply as Answer;
}

/** The replies to many commands, sent at once. */
export async function askAll(link: Link, commands: readonly string[][]): Promise<Reply[]> {
  for (const words of commands) await link.send(words);
  const replies: Reply[] = [];
  while (replies.length < commands.length) replies.push(await link.receive());
  return replies;
}

/** The texts of a list's elements. */
export const textsOf = (reply: Reply): string[] =>
  "items" in reply ? reply.items.map((item) => ("text" in item ? item.text : "")) : [];

/** One step of SCAN: the cursor of the next one ("0": none), and names of keys. */
export async function scanStep(
  link: Link,
  cursor: string,
  pattern: string | null,
): Promise<{ cursor: string; keys: string[] }> {
  const match = pattern === null ? [] : ["MATCH", pattern];
  const reply = await expectReply(link, "SCAN", cursor, ...match);
  if (reply.kind !== "array" || reply.items.length !== 2) {
    throw new Error("Non ARRAY response from SCAN!");
  }
  return { cursor: textsOf(reply)[0], keys: textsOf(reply.items[1]) };
}
