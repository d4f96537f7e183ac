/** --latency and its kin: how long a round trip takes, and how long this machine makes one wait. */
import { connected } from "./asking.ts";
import type { Link } from "./link.ts";
import { leadingInteger } from "./options.ts";
import type { Session } from "./session.ts";

const PAUSE_MS = 10;
const HISTORY_MS = 15_000;
const SPECTRUM_MS = 1000;
const ONCE_MS = 1000;

async function roundTripMs(session: Session, link: Link): Promise<number> {
  const startMs = session.parts.monotonicMs();
  const reply = await link.ask("PING");
  if (reply.kind === "error" && !reply.text.startsWith("NOAUTH")) throw new Error(reply.text);
  return session.parts.monotonicMs() - startMs;
}

interface Samples {
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** Samples for ever; not at a terminal only once, for the time of -i. */
export async function latency(session: Session, isHistory: boolean): Promise<number> {
  const { options, parts } = session;
  const isShown = session.format === "standard";
  const rangeMs = options.intervalMs || (isHistory ? HISTORY_MS : ONCE_MS);
  const link = await connected(session);
  for (;;) {
    const samples: Samples = { min: Infinity, max: 0, sum: 0, count: 0 };
    const startMs = parts.monotonicMs();
    for (;;) {
      // As redis-cli, in whole ms.
      const ms = Math.floor(await roundTripMs(session, link));
      samples.min = Math.min(samples.min, ms);
      samples.max = Math.max(samples.max, ms);
      samples.sum += ms;
      samples.count++;
      if (isShown) session.print(`\x1b[0G\x1b[2K${shown(samples, session)}`);
      const elapsedMs = parts.monotonicMs() - startMs;
      if (elapsedMs > rangeMs) {
        if (!isShown) {
          session.print(`${shown(samples, session)}\n`);
          return 0;
        }
        if (isHistory) {
          session.print(` -- ${(elapsedMs / 1000).toFixed(2)} seconds range\n`);
          break;
        }
      }
      await parts.pause(PAUSE_MS);
    }
  }
}

function shown({ min, max, sum, count }: Samples, session: Session): string {
  const average = (sum / count).toFixed(2);
  if (session.format === "standard") {
    return `min: ${min}, max: ${max}, avg: ${average} (${count} samples)`;
  }
  if (session.format === "csv") return `${min},${max},${average},${count}`;
  if (session.format === "raw") return `${min} ${max} ${average} ${count}`;
  return `{"min": ${min}, "max": ${max}, "avg": ${average}, "count": ${count}}`;
}

/** Upper ends of the bands, in ms, with the mark of each. */
const BANDS: readonly (readonly [number, string])[] = [
  [0.01, "."],
  [0.125, "-"],
  [0.25, "*"],
  [0.5, "#"],
  ...Array.from({ length: 9 }, (_, i) => [i + 1, String(i + 1)] as const),
  ...[..."ABCDE"].map((mark, i) => [(i + 1) * 10, mark] as const),
  ...[..."FGHIJ"].map((mark, i) => [(i + 1) * 100, mark] as const),
  ...[1, 2, 4, 8, 16, 30, 60].map((seconds, i) => [seconds * 1000, "KLMNOPQ"[i]] as const),
  [Infinity, "?"],
];
/** Numbers of colours, from nothing to all. */
const COLOURS = [
  0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196,
];
const LINES_UNDER_LEGEND = 20;
const PLAIN = "\x1b[0m";
const background = (colour: number) => `\x1b[48;5;${colour}m`;

const LEGEND = `\
---------------------------------------------
. - * #          .01 .125 .25 .5 milliseconds
1,2,3,...,9      from 1 to 9     milliseconds
A,B,C,D,E        10,20,30,40,50  milliseconds
F,G,H,I,J        .1,.2,.3,.4,.5       seconds
K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds
From 0 to 100%: ${COLOURS.map((colour) => `${background(colour)} `).join("")}${PLAIN}
---------------------------------------------
`;

export async function latencySpectrum(session: Session): Promise<number> {
  const { options, parts } = session;
  const rangeMs = options.intervalMs || SPECTRUM_MS;
  const link = await connected(session);
  for (let line = 0; ; line++) {
    if (line % LINES_UNDER_LEGEND === 0) session.print(LEGEND);
    const counts = BANDS.map(() => 0);
    let count = 0;
    for (const startMs = parts.monotonicMs(); parts.monotonicMs() - startMs < rangeMs; count++) {
      const ms = await roundTripMs(session, link);
      counts[BANDS.findIndex(([end]) => ms <= end)]++;
      await parts.pause(PAUSE_MS);
    }
    const spectrum = BANDS.map(([, mark], i) => {
      const share = Math.ceil((counts[i] / count) * (COLOURS.length - 1));
      return background(COLOURS[share]) + mark;
    });
    session.print(`\x1b[38;5;0m${spectrum.join("")}${PLAIN}\n`);
  }
}

/** Work whose time is measured: little, and always the same. */
function work(seed: number): number {
  let state = seed;
  for (let i = 0; i < 64; i++) state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i;
  return state;
}

/** Keeps busy for so many seconds, and tells of the longest times in which nothing went on. */
export async function intrinsicLatency(session: Session): Promise<number> {
  const { options, parts } = session;
  const seconds = leadingInteger(options.modeArgument);
  if (seconds <= 0) throw new Error("--intrinsic-latency takes a number of seconds");
  const startMs = parts.monotonicMs();
  let runs = 0;
  let maxMs = 0;
  let state = 1;
  let nowMs = startMs;
  while (nowMs - startMs < seconds * 1000) {
    state = work(state);
    const endMs = parts.monotonicMs();
    const ms = endMs - nowMs;
    nowMs = endMs;
    runs++;
    if (ms <= maxMs) continue;
    maxMs = ms;
    session.print(`Max latency so far: ${Math.round(maxMs * 1000)} microseconds.\n`);
  }
  const averageUs = ((nowMs - startMs) * 1000) / runs;
  const worst = ((maxMs * 1000) / averageUs).toFixed(0);
  session.print(
    `\n${runs} total runs (avg latency: ${averageUs.toFixed(4)} microseconds / ` +
      `${(averageUs * 1000).toFixed(2)} nanoseconds per run).\n` +
      `Worst run took ${worst}x longer than the average latency.\n`,
  );
  // The work has a result, so that it is not left out: an integer.
  return Number.isInteger(state) ? 0 : 1;
}
