/**
 * oom-score-adj: how much sooner than others the process is ended when the machine has no memory
 * left. Only the first of oom-score-adj-values counts: there are no replicas, and nothing forks.
 */
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { systemReason } from "../runtime/system_error.ts";

/** Why CONFIG SET fails, in Redis's words. */
const FAILED = "Failed to set current oom_score_adj. Check server logs.";
const SCORE_MAX = 1000;

/** Where the kernel keeps it; both throw. */
export interface OomScoreFile {
  readOomScore(): number;
  writeOomScore(score: number): void;
}

/** Sets the score now if that is wanted, and whenever one of the directives changes. */
export function followOomScore(
  config: Config,
  file: OomScoreFile,
  log: (level: LogLevel, text: string) => void,
): void {
  /** What it was before it was first changed, and is again when it is not to be. */
  let before: number | null = null;
  const scoreOf = (mode: string): number | null => {
    if (mode === "no") return before;
    before ??= read(file, log);
    const [score] = config.value("oom-score-adj-values");
    return mode === "yes" ? score + before : score;
  };
  const apply = () => {
    const mode = config.text("oom-score-adj");
    const score = scoreOf(mode);
    if (mode === "no") before = null;
    if (score === null) return null;
    try {
      file.writeOomScore(Math.max(-SCORE_MAX, Math.min(score, SCORE_MAX)));
      return null;
    } catch (error) {
      log("warning", `Unable to write oom_score_adj: ${systemReason(error)}`);
      return FAILED;
    }
  };
  apply();
  config.onChange(["oom-score-adj", "oom-score-adj-values"], apply);
}

function read(file: OomScoreFile, log: (level: LogLevel, text: string) => void): number {
  try {
    return file.readOomScore();
  } catch (error) {
    log("warning", `Unable to read oom_score_adj: ${systemReason(error)}`);
    return 0;
  }
}
