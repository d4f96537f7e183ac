/** Purpose: transactions, watched keys and what ends them early. */

import type { Scene, Turn } from "../scene.ts";
import { templates } from "../words.ts";

const BEFORE = templates(`
  WATCH @k
  WATCH @k @k
  UNWATCH
`);
const WITHIN = templates(`
  NOSUCH
  GET
  MULTI
  WATCH @k
  UNWATCH
  SELECT @d
  DISCARD
  BLPOP @l 0
  HELLO 3
  HELLO 2
  RESET
  FLUSHALL
  SWAPDB 0 1
  SUBSCRIBE @c
  PSUBSCRIBE @p @p
  UNSUBSCRIBE
  SSUBSCRIBE @c
  CLIENT REPLY SKIP
  CLIENT REPLY OFF
  CLIENT KILL ID @id
  CLIENT UNBLOCK @id
  MONITOR
`);
const END = templates(`
  EXEC
  EXEC
  EXEC
  EXEC
  EXEC
  DISCARD
  RESET
`);

/** MULTI, some commands, EXEC. */
export const transactions = {
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    const turns: Turn[] = [];
    if (random.chance(0.5)) {
      turns.push(scene.fill(random.pick(BEFORE)));
      if (random.chance(0.4)) scene.next(scene.other(connection), scene.data());
    }
    turns.push(["MULTI"]);
    for (let left = random.between(0, 5); left > 0; left--) {
      turns.push(random.chance(0.1) ? scene.fill(random.pick(WITHIN)) : scene.data());
    }
    turns.push(random.chance(0.03) ? { close: true } : random.pick(END));
    return turns;
  },
};
