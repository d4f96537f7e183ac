/** Purpose: clients that are told when keys change that they may keep copies of. */

import type { Scene, Turn } from "../scene.ts";
import type { Words } from "../step.ts";
import { templates } from "../words.ts";

const ON = templates(`
  CLIENT TRACKING on
  CLIENT TRACKING on NOLOOP
  CLIENT TRACKING on OPTIN
  CLIENT TRACKING on OPTOUT
  CLIENT TRACKING on OPTOUT NOLOOP
  CLIENT TRACKING on BCAST
  CLIENT TRACKING on BCAST NOLOOP
  CLIENT TRACKING on BCAST PREFIX s
  CLIENT TRACKING on BCAST PREFIX s1 PREFIX l PREFIX h1
  CLIENT TRACKING on BCAST PREFIX s PREFIX s1
  CLIENT TRACKING on OPTIN BCAST
  CLIENT TRACKING on OPTIN OPTOUT
  CLIENT TRACKING on PREFIX s
  CLIENT TRACKING on REDIRECT @id
  CLIENT TRACKING on REDIRECT @id
  CLIENT TRACKING on BCAST REDIRECT @id
  CLIENT TRACKING on REDIRECT @id NOLOOP
  CLIENT TRACKING on REDIRECT 99999999
  CLIENT TRACKING on REDIRECT @id REDIRECT @id
`);
const OTHERS = templates(`
  CLIENT TRACKING off
  CLIENT CACHING yes
  CLIENT CACHING yes
  CLIENT CACHING no
  CLIENT CACHING maybe
  CLIENT GETREDIR
  CLIENT TRACKINGINFO
  CLIENT TRACKINGINFO
  SUBSCRIBE __redis__:invalidate
  UNSUBSCRIBE __redis__:invalidate
  CLIENT LIST ID @id
  CLIENT KILL ID @id
  HELLO 3
  FLUSHALL
  FLUSHDB
  SWAPDB 0 1
  CONFIG SET tracking-table-max-keys 1000000
`);
const READS = templates(`
  GET @s
  MGET @s @s @s
  GETRANGE @s 0 -1
  LRANGE @l 0 -1
  HGET @h @f
  EXISTS @k
  SCARD @t
  ZRANGE @z 0 -1 WITHSCORES
  XRANGE @x - +
`);

/** Some track, read and are told. */
export const tracking = {
  open(scene: Scene): void {
    const { random } = scene;
    const listener = random.below(scene.count);
    const other = scene.other(listener);
    // One that is redirected to hears of it in RESP2 only if it has subscribed.
    if (random.chance(0.5)) {
      scene.next(listener, ["SUBSCRIBE", "__redis__:invalidate"]);
      scene.next(other, ["CLIENT", "TRACKING", "on", "REDIRECT", `{id:${listener}}`]);
    }
  },
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    const reads = (most: number): Words[] =>
      Array.from({ length: random.between(1, most) }, () => scene.fill(random.pick(READS)));
    return random.weighted<() => Turn[]>([
      [2, () => [["HELLO", "3"], scene.fill(random.pick(ON)), ...reads(2)]],
      [1, () => [scene.fill(random.pick(ON)), ...reads(2)]],
      [3, () => [scene.fill(random.pick(OTHERS))]],
      [6, () => reads(3)],
      [1, () => [["CLIENT", "CACHING", random.pick(["yes", "no"])], ...reads(2)]],
      [1, () => [["CLIENT", "CACHING", "yes"], ["MULTI"], ...reads(2), scene.data(), ["EXEC"]]],
      [3, () => [scene.data()]],
      [
        1,
        () => {
          const [read] = reads(1);
          scene.next(scene.other(connection), ["SET", read[1] ?? "s1", "a"]);
          return [read];
        },
      ],
    ])();
  },
};
