/** Purpose: keys whose time is over, and who looks at them then. */

import { type Scene, type Turn, timed } from "../scene.ts";
import { templates } from "../words.ts";

/** Redis keeps what has expired before it is there, until somebody looks. */
const OVER = templates(`
  SET @s @v PXAT 1
  SET @s @v EXAT 1
`);
const SHORT = templates(`
  SET @s @v PX 1
  PEXPIRE @k 1
  PSETEX @s 1 @v
  GETEX @s PX 1
`);
/** After that it is over on both servers. */
const OVER_MS = 4;

/** A key is over, and somebody looks. */
export const expiry = {
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    const turns: Turn[] = random.chance(0.3) ? [scene.fill(["WATCH", "@k"])] : [];
    const isOver = random.chance(0.9);
    const words = scene.fill(random.pick(isOver ? OVER : SHORT));
    turns.push(isOver ? words : timed(connection, words, OVER_MS));
    const key = words[1];
    for (let left = random.between(1, 3); left > 0; left--) {
      const data = scene.data();
      turns.push(data.length > 1 && random.chance(0.5) ? data.with(1, key) : data);
    }
    if (random.chance(0.3)) scene.next(scene.other(connection), ["GET", key]);
    return turns;
  },
};
