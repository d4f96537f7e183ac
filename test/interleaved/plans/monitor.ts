/** Purpose: MONITOR, and what ends it. */

import type { Scene, Turn } from "../scene.ts";

const PAUSE: Turn = { steps: [] };

/** Sees what others send, until its own turn comes again. */
export const monitor = {
  plan(scene: Scene): Turn[] {
    const { random } = scene;
    if (!random.chance(0.2)) return [scene.data()];
    const end = random.pick<Turn>([["RESET"], ["GET", "s1"], { close: true }]);
    return [["MONITOR"], PAUSE, PAUSE, PAUSE, end];
  },
};
