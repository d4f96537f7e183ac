/** What the client does instead of sending a command, by the mode that the options ask for. */

import { bigKeys, hotKeys, memoryKeys } from "./key_samples.ts";
import { intrinsicLatency, latency, latencySpectrum } from "./latency.ts";
import type { Mode } from "./options.ts";
import { pipe } from "./pipe.ts";
import { fetchData, followMaster } from "./replica_modes.ts";
import { runScript, scanKeys } from "./script_and_scan.ts";
import type { Session } from "./session.ts";
import { showFigures } from "./stat.ts";

type RunMode = (session: Session) => Promise<number>;

export const MODES: Readonly<Record<Exclude<Mode, "help" | "version">, RunMode>> = {
  stat: showFigures,
  latency: (session) => latency(session, false),
  "latency-history": (session) => latency(session, true),
  "latency-dist": latencySpectrum,
  "intrinsic-latency": intrinsicLatency,
  replica: followMaster,
  rdb: (session) => fetchData(session, false),
  "functions-rdb": (session) => fetchData(session, true),
  pipe,
  bigkeys: bigKeys,
  memkeys: memoryKeys,
  hotkeys: hotKeys,
  scan: scanKeys,
  eval: runScript,
};
