/** Purpose: key events: which are told, and who listens to them. */

import type { Scene, Turn } from "../scene.ts";
import { templates } from "../words.ts";

const FLAGS = ["KEA", "KEA", "KEAnm", "KEAmn", "K$lg", "Exe", "KEx", "Ehzstd", "A", "K", ""];

const LISTENING = templates(`
  PSUBSCRIBE __key*@*__:*
  PSUBSCRIBE __keyevent@0__:*
  PSUBSCRIBE __keyspace@?__:s*
  PSUBSCRIBE __keyevent@*__:expire*
  SUBSCRIBE __keyevent@0__:set __keyspace@0__:s1
  SUBSCRIBE __keyevent@0__:del __keyevent@1__:del
  SUBSCRIBE __keyevent@0__:expired __keyevent@0__:keymiss __keyevent@0__:new
  PUNSUBSCRIBE
  UNSUBSCRIBE
  PUNSUBSCRIBE __key*@*__:*
`);

/** Flags change seldom; some listen, and all do what is told. */
export const events = {
  open(scene: Scene): void {
    const { random } = scene;
    const flags = random.pick(FLAGS);
    const listener = random.below(scene.count);
    scene.next(listener, ["PSUBSCRIBE", "__key*@*__:*"]);
    scene.next(scene.other(listener), ["CONFIG", "SET", "notify-keyspace-events", flags]);
  },
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    if (random.chance(0.03)) {
      return [
        ["CONFIG", "SET", "notify-keyspace-events", random.pick(FLAGS)],
        ["CONFIG", "GET", "notify-keyspace-events"],
      ];
    }
    if (scene.listens(connection) || random.chance(0.1))
      return [scene.fill(random.pick(LISTENING))];
    return [scene.data(), scene.data()];
  },
};
