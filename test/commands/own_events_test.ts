// Purpose: who listens to key events gets those of its own commands between replies, never within
// one, and on the side of the command's reply where Redis has them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { ROWS, SETUP } from "./bad_input_rows.ts";
import { MORE_EVENTS } from "./key_event_rows.ts";
import { WireClient } from "./pubsub/wire_client.ts";

const ARGS = "--enable-debug-command yes --notify-keyspace-events EA".split(" ");
const BEGIN = "$7|<begin>|";
const END = "$5|<end>|";

/** Lines of one command, which does not wait. */
const LINES = [...Object.values(ROWS).flatMap(({ good }) => good), ...MORE_EVENTS].filter(
  (line) => !/ \| |wait-ms|MULTI|BLOCK|^(RESET|HELLO|CLIENT|DEBUG|SHUTDOWN|SUBSCRIBE)/i.test(line),
);

/** Redis has events of these within the reply; here they do not. */
const WITHIN = /^(B?ZM?POP|XREADGROUP|XCLAIM)/i;
/** The reply of these is always there first; in Redis not of what takes a key away. */
const EARLIER = /^(SPOP|SINTERSTORE) /i;

/** What has come between the marks: messages by their event, and the rest as R. */
function shapeOf(got: string): string {
  const inner = got.slice(got.indexOf(BEGIN) + BEGIN.length, got.indexOf(END));
  const event = />4\|\$8\|pmessage\|\$12\|__keyevent@\*\|\$\d+\|__keyevent@\d+__:([^|]*)\|/;
  const message = new RegExp(`${event.source}\\$(\\d+)\\|`);
  const shape: string[] = [];
  let rest = inner;
  for (let found = message.exec(rest); found !== null; found = message.exec(rest)) {
    if (found.index > 0) shape.push("R");
    shape.push(found[1]);
    rest = rest.slice(found.index + found[0].length + Number(found[2]) + 1);
  }
  if (rest.length > 0) shape.push("R");
  return shape.join(" ");
}

/** Whether there is one reply, and no event within it. */
const isWhole = (shape: string) => shape.split(" ").filter((part) => part === "R").length === 1;

const isLoose = (line: string) => WITHIN.test(line) || EARLIER.test(line);

describe.skipIf(redisBinary() === null)("the events of one's own commands", () => {
  let rusk: Server;
  let redis: Server;
  beforeAll(async () => {
    [rusk, redis] = await Promise.all([startServer({ args: ARGS }), startRedis({ args: ARGS })]);
  });
  afterAll(() => Promise.all([rusk.stop(), redis.stop()]));

  async function shapes(server: Server): Promise<string[]> {
    const found: string[] = [];
    for (const line of LINES) {
      const client = await WireClient.open(server.port);
      client.send(["DEBUG SET-ACTIVE-EXPIRE 0", ...SETUP, "HELLO 3", "PSUBSCRIBE __keyevent@*"]);
      client.send(["ECHO <begin>", line, "ECHO <end>"]);
      await client.until(END);
      found.push(shapeOf(client.got));
      client.close();
    }
    return found;
  }

  test("come on the side of the reply where Redis has them", async () => {
    const [own, theirs] = await Promise.all([shapes(rusk), shapes(redis)]);
    const different = LINES.map((line, index) => [line, own[index], theirs[index]])
      .filter(([line, a, b]) => a !== b && !(isLoose(line) && isWhole(a)))
      .map(([line, a, b]) => `${line}\n  ours: ${a}\n  real: ${b}`);
    expect(different.join("\n")).toBe("");
  });
});
