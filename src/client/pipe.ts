/** --pipe: all of standard input goes to the server as it is, and replies are counted. */
import { fromLatin1 } from "../base/bytes.ts";
import { connected } from "./asking.ts";
import { ConnectionClosed, encodeCommand, type Link } from "./link.ts";
import type { Session } from "./session.ts";

interface Progress {
  errors: number;
  replies: number;
  /** All is sent, the last command included, whose reply is the end. */
  isSent: boolean;
  isOver: boolean;
  lastReplyMs: number;
}

export async function pipe(session: Session): Promise<number> {
  const { parts, options } = session;
  const link = await connected(session);
  const progress: Progress = {
    errors: 0,
    replies: 0,
    isSent: false,
    isOver: false,
    lastReplyMs: parts.monotonicMs(),
  };
  // What nobody else has said, so that its reply is known.
  const mark = Array.from(parts.secretWords(3), (word) => word.toString(36))
    .join("")
    .padEnd(20, "x")
    .slice(0, 20);
  const counting = count(link, mark, progress, session);
  const watch = watchTime(progress, session);
  try {
    await Promise.race([send(session, link, mark, progress), counting.then(() => {})]);
    await Promise.race([counting, watch]);
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
    parts.writeError("Error: Server closed the connection\n");
    progress.errors++;
  }
  const { errors, replies } = progress;
  session.print(`errors: ${errors}, replies: ${replies}\n`);
  if (options.isVerbose) parts.writeError(`last reply after ${progress.lastReplyMs} ms\n`);
  return errors > 0 ? 1 : 0;
}

async function send(session: Session, link: Link, mark: string, progress: Progress) {
  for await (const piece of session.parts.standardInput()) await link.sendBytes(piece);
  await link.sendBytes(fromLatin1(`\r\n${encodeCommand(["ECHO", mark])}`));
  progress.isSent = true;
  progress.lastReplyMs = session.parts.monotonicMs();
  session.print("All data transferred. Waiting for the last reply...\n");
}

async function count(link: Link, mark: string, progress: Progress, session: Session) {
  for (;;) {
    const reply = await link.receive();
    progress.lastReplyMs = session.parts.monotonicMs();
    if (reply.kind === "error") {
      session.parts.writeError(`${reply.text}\n`);
      progress.errors++;
    } else if (reply.kind === "string" && reply.text === mark) {
      progress.isOver = true;
      session.print("Last reply received from server.\n");
      return;
    }
    progress.replies++;
  }
}

/** Resolves when the last reply has not come for too long. */
async function watchTime(progress: Progress, { options, parts }: Session): Promise<void> {
  const { pipeTimeoutMs } = options;
  while (pipeTimeoutMs > 0 && !progress.isOver) {
    await parts.pause(WATCH_MS);
    const quietMs = parts.monotonicMs() - progress.lastReplyMs;
    if (!progress.isSent || progress.isOver || quietMs < pipeTimeoutMs) continue;
    parts.writeError(`No replies for ${pipeTimeoutMs / 1000} seconds: exiting.\n`);
    progress.errors++;
    return;
  }
  if (!progress.isOver) await new Promise<never>(() => {});
}

const WATCH_MS = 100;
