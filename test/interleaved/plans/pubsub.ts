/** Purpose: who listens, and what is told to them. */

import type { Scene, Turn } from "../scene.ts";
import { templates } from "../words.ts";

/** What a connection may send while it listens, also in RESP2. */
const LISTENING = templates(`
  SUBSCRIBE @c
  SUBSCRIBE @c @c
  SUBSCRIBE @c @c @c
  PSUBSCRIBE @p
  PSUBSCRIBE @p @p
  SSUBSCRIBE @c
  SSUBSCRIBE @c @c
  UNSUBSCRIBE
  UNSUBSCRIBE @c
  UNSUBSCRIBE @c @c
  PUNSUBSCRIBE
  PUNSUBSCRIBE @p
  SUNSUBSCRIBE
  SUNSUBSCRIBE @c
  PING
  PING @v
  PING @v @v
  SUBSCRIBE
  GET @s
  PUBLISH @c @v
  RESET
  QUIT
`);
const OTHERS = templates(`
  PUBLISH @c @v
  PUBLISH @c @v
  PUBLISH @c @v
  PUBLISH nobody @v
  SPUBLISH @c @v
  SPUBLISH @c @v
  PUBSUB NUMSUB @c @c nobody
  PUBSUB NUMPAT
  PUBSUB CHANNELS c1
  PUBSUB SHARDCHANNELS c2
  PUBSUB SHARDNUMSUB @c
  CLIENT LIST TYPE pubsub
  CLIENT KILL TYPE pubsub
`);

/** Listening and publishing, in transactions and scripts, too. */
export const pubsub = {
  /** What commands on data are mixed with. */
  data: templates(`
    PUBLISH @c @v
    PUBLISH @c @v
    SPUBLISH @c @v
  `),
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    if (scene.listens(connection) || random.chance(0.3)) {
      const words = scene.fill(random.pick(LISTENING));
      const isMulti = random.chance(0.05);
      return isMulti ? [["MULTI"], words, scene.data(), ["EXEC"]] : [words];
    }
    return [scene.fill(random.pick(OTHERS))];
  },
};
