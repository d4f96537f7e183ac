/**
 * What happens to keys, published on channels (notify-keyspace-events): what it is on the channel
 * of the key, and which key on the channel of what it is.
 *
 *   __keyspace@<database>__:<key>     the message is the event
 *   __keyevent@<database>__:<event>   the message is the key
 *
 * It is told of changes as any observer is, and besides of what is no change: that a key was made
 * where there was none, that one was looked for in vain, and what a change does beside its event
 * (SET with a time is `set` and `expire`). A message goes out when the change begins, so that
 * messages are in Redis's order; nobody gets it before the command is over, nor before the disk has
 * what it tells of. Those of a script that may be undone wait for its end, with it or in vain.
 */
import { segmentOf, u8 } from "../arena/arena.ts";
import { copyBytes, fromLatin1 } from "../base/bytes.ts";
import { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { KEY_EVENTS, type KeyEvent } from "../values/key_event.ts";
import type { Database } from "./database.ts";
import { type KeyObserver, type KeyObservers, KeySlot } from "./observers.ts";
import type { Unsynced } from "./unsynced.ts";

/** Who sends messages to those who have subscribed to a channel. */
export interface Publisher {
  readonly hasSubscribers: boolean;
  /**
   * Sends argument `message` to who has subscribed to the channel in argument `channel`; nobody
   * gets it before changes up to `mark` may be told of.
   */
  publish(args: Args, channel: number, message: number, mark: number): void;
}

/** While a script runs that may be undone. */
export interface ScriptEnd {
  /** Whether there is anything to undo, or to send then. */
  readonly hasChanged: boolean;
  /** Has a message of so many bytes sent when the script has ended, unless it is undone. */
  afterwards(send: () => void, size: number): void;
}

/** Classes that A stands for; n and m it does not. */
const ALL = "g$lshzxetd";
const KEY_CHANNEL = fromLatin1("__keyspace@");
const EVENT_CHANNEL = fromLatin1("__keyevent@");
const AFTER_DATABASE = fromLatin1("__:");
const DIGIT_0 = 0x30;
/** More than a message and its channel take beside the key. */
const BESIDE_KEY = 256;
/** The room of a key that was longer is not kept. */
const KEPT_ROOM_MAX = 1 << 16;

const NOBODY: Publisher = { hasSubscribers: false, publish() {} };

const EVENT_NAMES = new Map(
  (Object.keys(KEY_EVENTS) as KeyEvent[]).map((event) => [event, fromLatin1(event)]),
);

export class KeyEvents implements KeyObserver {
  publisher = NOBODY;
  /** What is being published. */
  event: KeyEvent | null = null;
  /** While a script runs that may be undone: messages wait for its end. */
  scriptEnd: ScriptEnd | null = null;
  /** Whether it is told of keys that are made, and of those that are looked for in vain. */
  tellsMade = false;
  tellsMisses = false;
  /** The events that are told. */
  private told: ReadonlySet<KeyEvent> = new Set();
  private onKeyChannels = false;
  private onEventChannels = false;
  /** The next key that is made takes the place of another. */
  private isReplacing = false;
  /** A message as PUBLISH has it: the channel, then what is said there. */
  private message = messageOf(BESIDE_KEY);
  private readonly observers: KeyObservers;
  private readonly unsynced: Unsynced;

  constructor(observers: KeyObservers, unsynced: Unsynced) {
    this.observers = observers;
    this.unsynced = unsynced;
  }

  /** Which events are told, and on which channels: classes as notify-keyspace-events has them. */
  configure(classes: string): void {
    const all = classes.replace("A", ALL);
    this.onKeyChannels = all.includes("K");
    this.onEventChannels = all.includes("E");
    const hasChannels = this.onKeyChannels || this.onEventChannels;
    const events = Object.keys(KEY_EVENTS) as KeyEvent[];
    this.told = new Set(events.filter((event) => hasChannels && all.includes(KEY_EVENTS[event])));
    this.tellsMade = this.told.has("new");
    this.tellsMisses = this.told.has("keymiss");
    if (this.told.size > 0 === this.isOn) return;
    if (this.isOn) this.observers.detach(KeySlot.events);
    else this.observers.attach(KeySlot.events, this);
  }

  /** Whether any event is told. */
  get isOn(): boolean {
    return this.observers.has(KeySlot.events);
  }

  changing(db: Database, e: EntryRef, event: KeyEvent | null): void {
    if (event !== null) this.tell(db, e, event);
  }

  replacing(): void {} // no event is told of keys that go, or change their database, together

  swapped(): void {}

  /** An event beside the one that a change is. */
  tell(db: Database, e: EntryRef, event: KeyEvent): void {
    if (!this.isWanted(event)) return;
    const bytes = u8[segmentOf(entry.keyBlock(e))];
    this.send(db.id, event, bytes, entry.keyOffset(e), entry.keySize(e), this.unsynced.lastMark);
  }

  /** As `tell`, of the key in an argument. */
  tellOf(db: Database, args: Args, index: number, event: KeyEvent): void {
    if (!this.isWanted(event)) return;
    const { bytes, start, size } = args;
    this.send(db.id, event, bytes, start[index], size[index], this.unsynced.lastMark);
  }

  /** The next key that is made takes the place of another: it is not new. */
  replacesNext(): void {
    if (this.tellsMade) this.isReplacing = true;
  }

  /** The key in an argument is made. To be called if `tellsMade`. */
  made(db: Database, args: Args, index: number): void {
    if (this.isReplacing) {
      this.isReplacing = false;
      return;
    }
    if (!this.isWanted("new")) return;
    // The change that makes it is told next, and has not been noted yet.
    const { mark, lastMark, isOn } = this.unsynced;
    const { bytes, start, size } = args;
    this.send(db.id, "new", bytes, start[index], size[index], isOn ? mark : lastMark);
  }

  private isWanted(event: KeyEvent): boolean {
    return this.publisher.hasSubscribers && this.told.has(event);
  }

  /** `shownMark` is of the last change that it tells of. */
  private send(
    databaseId: number,
    event: KeyEvent,
    key: Uint8Array,
    at: number,
    size: number,
    shownMark: number,
  ): void {
    const { unsynced, publisher } = this;
    if (this.scriptEnd !== null) {
      const kept = key.slice(at, at + size);
      const run = () => this.send(databaseId, event, kept, 0, size, unsynced.lastMark);
      this.scriptEnd.afterwards(run, size);
      return;
    }
    const mark = Math.min(shownMark, unsynced.hiddenFrom - 1);
    const name = EVENT_NAMES.get(event) as Uint8Array;
    this.makeRoom(size);
    this.event = event;
    const { message } = this;
    if (this.onKeyChannels) {
      const begin = this.beginChannel(KEY_CHANNEL, databaseId);
      const end = this.append(begin, key, at, size);
      this.divide(end, this.append(end, name, 0, name.length));
      publisher.publish(message, 0, 1, mark);
    }
    if (this.onEventChannels) {
      const begin = this.beginChannel(EVENT_CHANNEL, databaseId);
      const end = this.append(begin, name, 0, name.length);
      this.divide(end, this.append(end, key, at, size));
      publisher.publish(message, 0, 1, mark);
    }
    this.event = null;
  }

  private makeRoom(keySize: number): void {
    const room = this.message.bytes.length;
    const isTooLarge = room > KEPT_ROOM_MAX && keySize < KEPT_ROOM_MAX / 2;
    if (keySize + BESIDE_KEY > room || isTooLarge) this.message = messageOf(keySize + BESIDE_KEY);
  }

  /** Writes what a channel's name begins with; returns where it ends. */
  private beginChannel(prefix: Uint8Array, databaseId: number): number {
    const { bytes } = this.message;
    let end = this.append(0, prefix, 0, prefix.length);
    if (databaseId < 10) bytes[end++] = DIGIT_0 + databaseId;
    else for (const digit of String(databaseId)) bytes[end++] = DIGIT_0 + Number(digit);
    return this.append(end, AFTER_DATABASE, 0, AFTER_DATABASE.length);
  }

  private append(end: number, bytes: Uint8Array, offset: number, size: number): number {
    copyBytes(bytes, offset, size, this.message.bytes, end);
    return end + size;
  }

  /** The channel is what comes before one place, what is said there what comes before the other. */
  private divide(channelEnd: number, end: number): void {
    const { start, size } = this.message;
    size[0] = channelEnd;
    start[1] = channelEnd;
    size[1] = end - channelEnd;
  }
}

/** Room for a channel and what is said there, as two arguments. */
function messageOf(room: number): Args {
  const bytes = new Uint8Array(room);
  const args = new Args(bytes, new DataView(bytes.buffer));
  args.push(0, 0);
  args.push(0, 0);
  return args;
}
