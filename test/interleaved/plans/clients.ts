/** Purpose: CLIENT: replies off and on, clients killed and paused, who there is. */

import type { Scene, Turn } from "../scene.ts";
import type { Step, Words } from "../step.ts";
import { templates } from "../words.ts";

const ALONE = templates(`
  CLIENT KILL ID @id
  CLIENT KILL ID @id SKIPME no
  CLIENT KILL ID 99999999
  CLIENT KILL TYPE nosuch
  CLIENT LIST ID @id @id
  CLIENT INFO
  CLIENT SETNAME @w
  CLIENT SETNAME a
  CLIENT GETNAME
  CLIENT UNBLOCK @id
  CLIENT UNBLOCK @id TIMEOUT
  CLIENT NO-EVICT on
  CLIENT NO-EVICT off
  CLIENT REPLY nosuch
  CLIENT REPLY ON
  QUIT
`);

/** One command, or some without replies, or a pause of writes. */
export const clients = {
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    const some = (most: number) =>
      Array.from({ length: random.between(1, most) }, () => scene.data());
    return random.weighted<() => Turn[]>([
      [6, () => [scene.fill(random.pick(ALONE))]],
      [2, () => [["CLIENT", "REPLY", "SKIP"], ...some(2)]],
      [2, () => [["CLIENT", "REPLY", "OFF"], ...some(4), ["CLIENT", "REPLY", "ON"]]],
      [1, () => [{ steps: paused(scene, connection) }]],
    ])();
  },
};

/**
 * Writes that wait until somebody ends the pause. Nothing else happens meanwhile: Redis dies of
 * CLIENT UNBLOCK for such a client.
 */
function paused(scene: Scene, connection: number): Step[] {
  const send = (one: number, words: Words): Step => ({
    kind: "send",
    connection: one,
    commands: [words],
    thenMs: 0,
  });
  const others = Array.from({ length: scene.random.between(1, 4) }, () =>
    send(scene.other(connection), scene.data()),
  );
  return [
    send(connection, ["CLIENT", "PAUSE", "100000", "WRITE"]),
    ...others,
    send(connection, ["CLIENT", "UNPAUSE"]),
  ];
}
