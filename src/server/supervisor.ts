/**
 * What the service manager that has started the process is told (`supervised`): systemd by messages
 * to NOTIFY_SOCKET (sd_notify(3)), upstart by stopping once.
 */
import type { LoadingProgress } from "../calls/durability.ts";
import type { SupervisorLink } from "../runtime/host.ts";

export type SupervisorName = "no" | "upstart" | "systemd";

/** For so long systemd is asked for patience, again and again: no write to a disk takes longer. */
const PATIENCE_MS = 120_000;
/** It is told no more often than that. */
const TELL_MS = 1000;

export interface SupervisorParts {
  readonly name: SupervisorName;
  /** Sends a message to systemd. */
  send(message: string): void;
  monotonicMs(): number;
  /** So often systemd must hear of the process (WATCHDOG_USEC), or Infinity. */
  readonly watchdogMs: number;
}

export class Supervisor implements SupervisorLink {
  readonly name: SupervisorName;
  private readonly parts: SupervisorParts;
  /** When it was told last that the process lives, and asked for patience. */
  private aliveMs: number;
  private patientMs = -Infinity;

  constructor(parts: SupervisorParts) {
    this.parts = parts;
    this.name = parts.name;
    this.aliveMs = parts.monotonicMs();
  }

  /** From the timer: the event loop goes on. */
  tick(loading: LoadingProgress | null): void {
    if (this.name !== "systemd") return;
    if (loading !== null) this.showLoading(loading);
    const nowMs = this.parts.monotonicMs();
    // Half of what is allowed, as sd_watchdog_enabled(3) advises, and some delay of the timer's.
    if (nowMs - this.aliveMs < this.parts.watchdogMs / 3) return;
    this.aliveMs = nowMs;
    this.tell("WATCHDOG=1");
  }

  private showLoading({ loadedSize, totalSize }: LoadingProgress): void {
    const percent = totalSize === 0 ? 0 : Math.floor((loadedSize / totalSize) * 100);
    this.askForPatience(`STATUS=Rusk is loading: ${percent}%`);
  }

  /** Data are loaded, clients are served. */
  ready(): void {
    this.tell("STATUS=Ready to accept connections");
    this.tell("READY=1");
  }

  /** The process is about to end, and nothing can stop that. */
  stopping(): void {
    this.tell("STOPPING=1");
  }

  status(text: string): void {
    this.tell(`STATUS=${text.replaceAll("\n", " ")}`);
  }

  keepAlive(): void {
    if (this.name === "systemd") this.askForPatience("WATCHDOG=1");
  }

  private askForPatience(more: string): void {
    const nowMs = this.parts.monotonicMs();
    if (nowMs - this.patientMs < TELL_MS) return;
    this.patientMs = nowMs;
    this.tell(more, `EXTEND_TIMEOUT_USEC=${PATIENCE_MS * 1000}`);
  }

  private tell(...words: string[]): void {
    if (this.name === "systemd") this.parts.send(`${words.join("\n")}\n`);
  }
}
