/** What DEBUG switches, for tests; whoever is switched reads it. */
export interface DebugSettings {
  /** The timer's work, signals included, waits (DEBUG PAUSE-CRON). */
  cronPaused: boolean;
  /** Output buffers shrink when idle and grow when busy (DEBUG REPLYBUFFER RESIZING). */
  outputResizing: boolean;
  /** After so long a client's peak of output is forgotten; Infinity: never. */
  outputPeakResetMs: number;
  /** Before something is written to the append-only log the server stops for so many ms. */
  logWriteDelayMs: number;
  /** RESTORE takes payloads whatever their checksum (DEBUG SET-SKIP-CHECKSUM-VALIDATION). */
  checksumsSkipped: boolean;
  /** Scripts may call commands that are refused to them (DEBUG SET-DISABLE-DENY-SCRIPTS). */
  scriptsMayAll: boolean;
}

/** What they are at the start. */
export const DEFAULT_DEBUG_SETTINGS: Readonly<DebugSettings> = {
  cronPaused: false,
  outputResizing: true,
  outputPeakResetMs: 5000,
  checksumsSkipped: false,
  scriptsMayAll: false,
  logWriteDelayMs: 0,
};
