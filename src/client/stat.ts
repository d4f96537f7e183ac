/** --stat: a line of the server's figures, again and again. */
import { connected, expectReply } from "./asking.ts";
import type { Session } from "./session.ts";

const INTERVAL_MS = 1000;
const LINES_UNDER_HEADER = 20;
const HEADER = `\
------- data ------ --------------------- load -------------------- - child -
keys       mem      clients blocked requests            connections          
`;
const CHILDREN = ["", "SAVE", "AOF", "SAVE+AOF", "LOAD"];
const UNITS = ["B", "K", "M", "G"];

export async function showFigures(session: Session): Promise<number> {
  const link = await connected(session);
  const intervalMs = session.options.intervalMs || INTERVAL_MS;
  let requestsBefore = 0;
  for (let count = 0; ; count++) {
    const info = textOf(await expectReply(link, "INFO"));
    if (count % LINES_UNDER_HEADER === 0) session.print(HEADER);
    session.print(lineOf(info, requestsBefore));
    requestsBefore = field(info, "total_commands_processed");
    await session.parts.pause(intervalMs);
  }
}

const textOf = (reply: { text?: string }) => reply.text ?? "";

function lineOf(info: string, requestsBefore: number): string {
  const keys = [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  const requests = field(info, "total_commands_processed");
  const more = requestsBefore === 0 ? 0 : requests - requestsBefore;
  const child =
    field(info, "rdb_bgsave_in_progress") |
    (field(info, "aof_rewrite_in_progress") << 1) |
    (field(info, "loading") << 2);
  return (
    `${String(keys).padEnd(11)}${shownSize(field(info, "used_memory")).padEnd(8)}` +
    ` ${String(field(info, "connected_clients")).padEnd(8)}` +
    `${String(field(info, "blocked_clients")).padEnd(8)}` +
    `${`${requests} (+${more})`.padEnd(19)} ` +
    `${` ${field(info, "total_connections_received")}`.padEnd(12)}${CHILDREN[child] ?? ""}\n`
  );
}

function field(info: string, name: string): number {
  const found = new RegExp(`^${name}:(\\d+)`, "m").exec(info);
  return found === null ? 0 : Number(found[1]);
}

function shownSize(size: number): string {
  if (size < 1024) return `${size}B`;
  let unit = 0;
  let shown = size;
  while (shown >= 1024 && unit < UNITS.length - 1) {
    shown /= 1024;
    unit++;
  }
  return `${shown.toFixed(2)}${UNITS[unit]}`;
}
