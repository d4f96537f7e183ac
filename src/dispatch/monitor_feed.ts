/** MONITOR: shows every command, before it runs, to the clients that asked. */
import { isShortage } from "../arena/shortage.ts";
import { spareBytes } from "../base/ballast.ts";
import { fromLatin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { quotedSize, writeQuoted } from "../base/quoted.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import { type Command, Flag } from "../calls/command.ts";
import { REDACTED, secretIndexes } from "../calls/secrets.ts";
import type { Unsynced } from "../keyspace/unsynced.ts";
import type { Args } from "../protocol/args.ts";

const US_DIGITS = 6;
const BLANK = 32;
const LINE_END = fromLatin1("\r\n");
/** In place of an argument that is a secret. */
const HIDDEN = fromLatin1(` "${REDACTED}"`);

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
      bytes = this.lineOf(client, args, command);
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

  private lineOf(client: Client, args: Args, command: Command): Uint8Array {
    const head = fromLatin1(this.headOf(client));
    const secret = secretIndexes(command, args);
    const { bytes, start, count } = args;
    let total = head.length + LINE_END.length;
    for (let i = 0; i < count; i++) {
      total += secret.includes(i) ? HIDDEN.length : 1 + quotedSize(bytes, start[i], args.size[i]);
    }
    const line = spareBytes(total);
    line.set(head);
    let at = head.length;
    for (let i = 0; i < count; i++) {
      if (secret.includes(i)) {
        line.set(HIDDEN, at);
        at += HIDDEN.length;
      } else {
        line[at] = BLANK;
        at = writeQuoted(bytes, start[i], args.size[i], line, at + 1);
      }
    }
    line.set(LINE_END, at);
    return line;
  }

  /** When it is, and who does it. */
  private headOf({ connection, isScript, db }: Client): string {
    const us = this.clock.wallUs();
    const seconds = Math.floor(us / 1e6);
    const fraction = String(us % 1e6).padStart(US_DIGITS, "0");
    if (isScript) return `+${seconds}.${fraction} [${db.id} lua]`;
    const from = connection.unix ? `unix:${connection.local}` : connection.remote;
    return `+${seconds}.${fraction} [${db.id} ${from}]`;
  }

  /** The command cannot be shown: it is longer than any buffer, or there is no memory for it. */
  private closeAll(): void {
    for (const { connection } of [...this.clients]) {
      connection.lacksMemory();
      connection.kill();
    }
  }
}
