/** CLIENT PAUSE: commands are put off until the pause is over, and so is whoever sent them. */
import type { Client } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import type { PauseMode } from "../calls/clients.ts";
import type { ServerFigures } from "../calls/server_figures.ts";

export class ClientPause implements ClientFeature {
  mode: PauseMode = "none";
  private untilMs = 0;
  private readonly waiting = new Set<Client>();
  private readonly figures: ServerFigures;
  private readonly onChange: (isOn: boolean) => void;

  /** `onChange` is told when a pause begins, or its mode changes, and when it ends. */
  constructor(figures: ServerFigures, onChange: (isOn: boolean) => void) {
    this.figures = figures;
    this.onChange = onChange;
  }

  /** The stronger mode and the later end, in Unix ms, of two pauses hold. */
  begin(mode: PauseMode, untilMs: number): void {
    if (this.mode !== "all") this.mode = mode;
    this.untilMs = Math.max(this.untilMs, untilMs);
    this.onChange(true);
  }

  end(): void {
    if (this.mode === "none") return;
    this.mode = "none";
    this.untilMs = 0;
    this.onChange(false);
    for (const client of [...this.waiting]) {
      this.left(client);
      client.connection.resume();
    }
  }

  /** Ends a pause whose time is over. */
  check(nowMs: number): void {
    if (this.mode !== "none" && nowMs >= this.untilMs) this.end();
  }

  /** A client waits for the end of the pause. */
  add(client: Client): void {
    this.waiting.add(client);
    this.figures.blockedClients++;
  }

  left(client: Client): void {
    if (this.waiting.delete(client)) this.figures.blockedClients--;
  }

  /** Who waits runs no command. */
  reset(): void {}
}
