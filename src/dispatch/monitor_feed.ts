/** MONITOR: shows every command, before it runs, to the clients that asked. */
import { isShortage } from "../arena/shortage.ts";
import { fromLatin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { quoted } from "../base/quoted.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import { type Command, Flag } from "../calls/command.ts";
import { REDACTED, secretIndexes } from "../calls/secrets.ts";
import type { Unsynced } from "../keyspace/unsynced.ts";
import type { Args } from "../protocol/args.ts";

const US_DIGITS = 6;

export class MonitorFeed implements ClientFeature {
  private readonly clients = new Set<Client>();
  private readonly clock: Clock;
  private readonly unsynced: Unsynced;
  private readonly onActive: (active: boolean) => void;

  /** `onActive` is told when the first client asks and when the last is gone. */
  constructor(clock: Clock, unsynced: Unsynced, onActive: (active: boolean) => void) {
    this.clock = clock;
    this.unsynced = unsynced;
    this.onActive = onActive;
  }

  get active(): boolean {
    return this.clients.size > 0;
  }

  add(client: Client): void {
    client.setGate(Gate.monitor, true);
    this.clients.add(client);
    this.onActive(true);
  }

  left(client: Client): void {
    if (!client.monitoring) return;
    client.setGate(Gate.monitor, false);
    this.clients.delete(client);
    this.onActive(this.active);
  }

  reset(client: Client): void {
    this.left(client);
  }

  /**
   * Shows a command when it is over; those that manage the server are not shown, nor those that
   * show themselves.
   */
  feed(client: Client, args: Args, command: Command): void {
    if ((command.flags & (Flag.skip_monitor | Flag.admin)) === 0) this.show(client, args, command);
  }

  /** Shows a command, without its secrets. */
  show(client: Client, args: Args, command: Command): void {
    let bytes: Uint8Array;
    try {
      bytes = fromLatin1(this.lineOf(client, args, command));
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.closeAll();
      return;
    }
    // Who sees a command knows what it has changed.
    const { unsynced } = this;
    const lastMark = Math.min(unsynced.lastMark, unsynced.hiddenFrom - 1);
    for (const monitor of this.clients) {
      if (!monitor.isSilent) monitor.connection.push(bytes, lastMark);
    }
  }

  private lineOf(client: Client, args: Args, command: Command): string {
    const us = this.clock.wallUs();
    const seconds = Math.floor(us / 1e6);
    const fraction = String(us % 1e6).padStart(US_DIGITS, "0");
    const { connection, isScript } = client;
    if (isScript)
      return `+${seconds}.${fraction} [${client.db.id} lua]${wordsOf(args, command)}\r\n`;
    const from = connection.unix ? `unix:${connection.local}` : connection.remote;
    return `+${seconds}.${fraction} [${client.db.id} ${from}]${wordsOf(args, command)}\r\n`;
  }

  /** The command cannot be shown: it is longer than any text, or there is no memory for it. */
  private closeAll(): void {
    for (const { connection } of [...this.clients]) {
      connection.lacksMemory();
      connection.kill();
    }
  }
}

function wordsOf(args: Args, command: Command): string {
  const secret = secretIndexes(command, args);
  let words = "";
  for (let i = 0; i < args.count; i++) {
    words += ` ${quoted(secret.includes(i) ? REDACTED : args.text(i))}`;
  }
  return words;
}
