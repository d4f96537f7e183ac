// Purpose: a connection's replies of a turn leave in order, also where other output comes between,
// and finding them takes time in their number, not in that of all replies of the turn.

import { expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { Turn, type TurnConnection } from "../../src/server/turn.ts";
import { ownCpuMs } from "../client/process.ts";

/** A connection as far as a turn knows it: it keeps what it is given. */
class Kept implements TurnConnection {
  rangeCount = 0;
  lastRange = 0;
  awaitsFlush = false;
  sent = "";
  readonly client = { shownMark: 0 };

  hold(writer: Reply, start: number, end: number): void {
    writer.show(start, end, (bytes, offset, size) => {
      this.sent += latin1(bytes, offset, size);
      return false;
    });
  }

  sendReply(writer: Reply, start: number, end: number): void {
    this.hold(writer, start, end);
  }

  sendWaiting(): void {}
}

const LOG = { safeMark: 0, flush: () => false };

function newTurn(): { reply: Reply; turn: Turn } {
  const reply = new Reply(4096);
  const turn = new Turn(
    reply,
    new Reply(4096),
    () => {},
    LOG,
    () => {},
  );
  return { reply, turn };
}

test("what was replied before other output comes before it, and the rest after", () => {
  const { reply, turn } = newTurn();
  const clients = Array.from({ length: 3 }, () => new Kept());
  const expected = ["", "", ""];
  for (let round = 0; round < 3000; round++) {
    const index = (round * 7) % 3;
    const from = reply.position;
    reply.integer(round);
    turn.add(clients[index], from);
    expected[index] += `:${round}\r\n`;
    if (round % 5 === 0) {
      turn.settle(clients[index]);
      expect(clients[index].rangeCount).toBe(0);
      expect(clients[index].sent).toBe(expected[index]);
    }
  }
  turn.flush();
  expect(clients.map(({ sent }) => sent)).toEqual(expected);
});

/** CPU time of so many connections that each have a reply, and then other output. */
function settleMs(count: number): number {
  const { reply, turn } = newTurn();
  const clients = Array.from({ length: count }, () => new Kept());
  const startMs = ownCpuMs();
  for (const client of clients) {
    const from = reply.position;
    reply.ok();
    turn.add(client, from);
  }
  for (const client of clients) turn.settle(client);
  turn.flush();
  const tookMs = ownCpuMs() - startMs;
  expect(clients.every(({ sent }) => sent === "+OK\r\n")).toBe(true);
  return tookMs;
}

test("other output for all of many connections takes time in their number", () => {
  settleMs(5000);
  let smallMs = 0;
  for (let i = 0; i < 8; i++) smallMs += settleMs(5000);
  expect(settleMs(40_000)).toBeLessThan(smallMs * 4 + 100);
});
