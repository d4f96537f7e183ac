/** Asking a server something for the client's own use, where nothing but a reply will do. */
import { fromLatin1 } from "../base/bytes.ts";
import { encodeCommand, type Link } from "./link.ts";
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
  await link.sendBytes(fromLatin1(commands.map(encodeCommand).join("")));
  const replies: Reply[] = [];
  while (replies.length < commands.length) replies.push(await link.receive());
  return replies;
}

/** The texts of a list's elements. */
export const textsOf = (reply: Reply): string[] =>
  "items" in reply ? reply.items.map((item) => ("text" in item ? item.text : "")) : [];

/** From this step on many more keys are asked for at once, unless there is time to wait between. */
const STEPS_OF_FEW = 100;
const MANY = "100";
/** After so many steps -i waits. */
const STEPS_BEFORE_PAUSE = 100;

/** The names of all keys that are like the pattern of the options, step by step of SCAN. */
export async function* scanSteps({ options, parts }: Session, link: Link) {
  const { pattern, intervalMs } = options;
  const match = pattern === null ? [] : ["MATCH", pattern];
  let cursor = "0";
  for (let step = 1; ; step++) {
    const count = intervalMs === 0 && step > STEPS_OF_FEW ? ["COUNT", MANY] : [];
    const reply = await expectReply(link, "SCAN", cursor, ...match, ...count);
    if (reply.kind !== "array" || reply.items.length !== 2) {
      throw new Error("Non ARRAY response from SCAN!");
    }
    yield textsOf(reply.items[1]);
    cursor = textsOf(reply)[0];
    if (cursor === "0") return;
    if (intervalMs > 0 && step % STEPS_BEFORE_PAUSE === 0) await parts.pause(intervalMs);
  }
}
