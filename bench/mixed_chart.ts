// The chart of mixed_soak.ts: resident memory and the slowest replies over the minutes of a run.

import type { Sample } from "./mixed_soak.ts";
import { BETTER, FAINT_TEXT, GRID, svg, TEXT, text, WIDTH, WORSE } from "./svg.ts";

const LEFT = 70;
const RIGHT = 30;
const PANEL_HEIGHT = 160;
const PANEL_TOPS = [84, 310];
const HEIGHT = 530;
const STEPS = 4;

/** What a server went through. */
export interface Course {
  name: string;
  samples: readonly Sample[];
}

interface Panel {
  title: string;
  of: (sample: Sample) => number;
  top: number;
}

const PANELS: readonly Panel[] = [
  {
    title: "Resident memory, MB",
    of: ({ resident }) => resident / 1e6,
    top: PANEL_TOPS[0] as number,
  },
  { title: "p99.9 of a lookup, ms", of: ({ p999 }) => p999, top: PANEL_TOPS[1] as number },
];

/** The SVG image of the courses, ours first; `caption` says when and on what. */
export function mixedChart(courses: readonly Course[], caption: string): string {
  const minutes = Math.max(...courses.flatMap(({ samples }) => samples.map((one) => one.minute)));
  const legend = courses.map(({ name }, i) =>
    text(WIDTH - 180 + 90 * i, 30, name, { fill: colour(i), weight: 600 }),
  );
  return svg(HEIGHT, "A mixed load over time: resident memory and slowest replies", [
    text(20, 30, "A mixed load over time", { weight: 600, size: 17 }),
    ...legend,
    ...PANELS.flatMap((panel) => panelMarks(panel, courses, minutes)),
    text(20, HEIGHT - 14, caption, { fill: FAINT_TEXT }),
  ]);
}

function colour(course: number): string {
  return course === 0 ? BETTER : WORSE;
}

function panelMarks({ title, of, top }: Panel, courses: readonly Course[], minutes: number) {
  const most = roundUp(Math.max(...courses.flatMap(({ samples }) => samples.map(of))));
  const bottom = top + PANEL_HEIGHT;
  const width = WIDTH - LEFT - RIGHT;
  const grid = Array.from({ length: STEPS + 1 }, (_, step) => {
    const y = bottom - (PANEL_HEIGHT * step) / STEPS;
    const x = LEFT + (width * step) / STEPS;
    const minute = String(Math.round((minutes * step) / STEPS));
    return [
      `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="${GRID}"/>`,
      text(LEFT - 8, y + 4, String((most * step) / STEPS), { anchor: "end", fill: FAINT_TEXT }),
      text(x, bottom + 18, `${minute} min`, { anchor: "middle", fill: FAINT_TEXT }),
    ];
  });
  const lines = courses.map(({ samples }, course) => {
    const points = samples.map((sample) => {
      const x = LEFT + (width * sample.minute) / minutes;
      const y = bottom - (PANEL_HEIGHT * of(sample)) / most;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const stroke = `stroke="${colour(course)}" stroke-width="1.5"`;
    return `<polyline points="${points.join(" ")}" fill="none" ${stroke}/>`;
  });
  return [text(LEFT, top - 14, title, { weight: 600, fill: TEXT }), ...grid.flat(), ...lines];
}

/** The next number of one digit that so many steps divide well. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit) * unit;
}
