/** Purpose: commands that wait, what serves them, and what else ends their wait. */

import { type Scene, type Turn, timed } from "../scene.ts";
import { templates } from "../words.ts";

const WAITING = templates(`
  BLPOP @l 0
  BLPOP @l @l @wait
  BRPOP @l @z 0
  BLMOVE @l @l @side @side @wait
  BRPOPLPUSH @l @l 0
  BLMPOP 0 2 @l @l @side COUNT 2
  BZPOPMIN @z @z @wait
  BZPOPMAX @z 0
  BZMPOP 0 1 @z MAX
  XREAD BLOCK 0 STREAMS @x $
  XREADGROUP GROUP g c BLOCK 0 STREAMS @x >
`);
const WAKING = templates(`
  RPUSH @l @v @v
  LPUSH @l @v
  RPUSH @l @v
  ZADD @z @n @v
  ZADD @z @n @v @n @v
  XADD @x 3-* @f @v
  RENAME @l @l
  LMOVE @l @l LEFT LEFT
  CLIENT UNBLOCK @id
  CLIENT UNBLOCK @id ERROR
  XGROUP DESTROY @x g
  DEL @x
`);
/** After that a short wait is over on both servers. */
const TIMEOUT_MS = 50;
const EMPTY = templates(`
  DEL l1 l2 z1 z2
  DEL l1 l2
`);

/** One waits, and others do what may serve it. */
export const blocking = {
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    const turns: Turn[] = random.chance(0.6) ? [random.pick(EMPTY)] : [];
    const waiting = scene.fill(random.pick(WAITING));
    turns.push(waiting.includes("0.02") ? timed(connection, waiting, TIMEOUT_MS) : waiting);
    const waker = scene.other(connection);
    const wakers = Array.from({ length: random.between(1, 3) }, () =>
      scene.fill(random.pick(WAKING)),
    );
    const unblock = ["CLIENT", "UNBLOCK", `{id:${connection}}`];
    if (random.chance(0.6)) wakers.push(unblock);
    if (random.chance(0.2)) wakers.unshift(["MULTI"], ["DEL", "l1", "z1"]);
    scene.next(waker, ...wakers, ...(wakers[0][0] === "MULTI" ? [["EXEC"]] : []));
    return turns;
  },
};
