/** LOLWUT: the version, and for those who ask for an older one's a picture. */
import { REDIS_VERSION } from "../../base/version.ts";
import type { Call } from "../../calls/call.ts";

/** By version that drew pictures: how many numbers may follow it, with their defaults. */
const PICTURE_SIZES = new Map([
  [5, [66, 8, 12]],
  [6, [80, 20]],
]);
const WIDTH_MAX = 1000;
const HEIGHT_MAX = 1000;
/** The glazes of the bread, from the crust's edge inwards. */
const CRUMBS = [".", ":", "o", "O", "@"];

/** Replies the picture that the arguments ask for, and the version. */
export function lolwut(call: Call): void {
  let picture = "";
  if (call.argc >= 3 && call.is(1, "version")) {
    const sizes = PICTURE_SIZES.get(call.integer(2)) ?? [];
    const wanted = sizes.map((size, i) => (i + 3 < call.argc ? call.integer(i + 3) : size));
    if (wanted.length > 0) {
      picture = rusk(wanted[0], wanted[wanted.length - 1], call.keyspace.random);
    }
  }
  call.reply.verbatim("txt", `${picture}Redis ver. ${REDIS_VERSION}\n`);
}

/** A slice of rusk seen from above: an ellipse of crumbs, finer towards the crust. */
function rusk(width: number, height: number, random: () => number): string {
  const columns = Math.min(Math.max(width, 1), WIDTH_MAX);
  const rows = Math.min(Math.max(height, 1), HEIGHT_MAX);
  let text = "";
  for (let row = 0; row < rows; row++) {
    let line = "";
    for (let column = 0; column < columns; column++) {
      const x = (2 * (column + 0.5)) / columns - 1;
      const y = (2 * (row + 0.5)) / rows - 1;
      const depth = 1 - x * x - y * y;
      const crumb = Math.floor((depth + random() * 0.3) * CRUMBS.length);
      line += depth < 0 ? " " : CRUMBS[Math.min(crumb, CRUMBS.length - 1)];
    }
    text += `${line.trimEnd()}\n`;
  }
  return `${text}\nBaked twice. `;
}
