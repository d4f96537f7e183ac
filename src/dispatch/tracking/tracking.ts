/**
 * Client-side caching (CLIENT TRACKING): who keeps copies of keys is told when these change.
 *
 *   by default   what a client reads is noted (keyspace/tracked_keys.ts), and whoever has read a
 *                key is told of its next change, once, there and then
 *   BCAST        what changes is noted for each prefix (broadcasts.ts), and told at the end of the
 *                turn, in one message for each prefix
 *
 * What a client changes itself it is told after the reply to its command, with all that is inside
 * of that; what others change may come between the replies to two commands, as in Redis.
 */
import { segmentOf, u8 } from "../../arena/arena.ts";
import { isShortage } from "../../arena/shortage.ts";
import { type Client, Gate } from "../../calls/client.ts";
import type { ClientFeature } from "../../calls/client_feature.ts";
import { ClientTracking } from "../../calls/client_tracking.ts";
import type { Clients } from "../../calls/clients.ts";
import type { Command } from "../../calls/command.ts";
import { KeyPlaces } from "../../calls/key_places.ts";
import type { ScriptCaller } from "../../calls/scripts.ts";
import type { Tracking, TrackingOptions } from "../../calls/tracking.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import { type KeyObserver, KeySlot } from "../../keyspace/observers.ts";
import { TrackedKeys } from "../../keyspace/tracked_keys.ts";
import { type Args, keptArgs } from "../../protocol/args.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../../values/key_event.ts";
import { Type } from "../../values/types.ts";
import { Broadcasts, type Prefix } from "./broadcasts.ts";
import { ALL_KEYS, type Invalidation, invalidationOf, redirectBroken } from "./invalidation.ts";

/** What becomes of a list that a client adds to which has waited. */
const PUSHING: ReadonlySet<KeyEvent | null> = new Set(["lpush", "rpush"]);

/** Names that are forgotten at once when there are too many; more each time that was not enough. */
const TRIM_COUNT = 100;

export interface TrackingParts {
  readonly keyspace: Keyspace;
  readonly clients: Pick<Clients, "all" | "byId">;
  /** Whether a script runs now. */
  readonly isInScript: () => boolean;
  /** The client whose commands are run now, of those that have sent some. */
  readonly running: () => Client | null;
  /** Has `broadcast` called at the end of this turn. */
  readonly atEndOfTurn: () => void;
}

export class ClientSideCaching implements Tracking, KeyObserver, ClientFeature {
  clientCount = 0;
  current: Client | null = null;
  isServing = false;
  private readonly parts: TrackingParts;
  private readonly keys = new TrackedKeys();
  private readonly broadcasts = new Broadcasts();
  private readonly places = new KeyPlaces();
  /** Of the changes that are to be broadcast. */
  private broadcastMark = 0;
  /** The call that has started the script, as it came. */
  private scriptCaller: { client: Client; args: Args; command: Command } | null = null;
  private keyCountMax = Infinity;
  private trimCount = 0;

  constructor(parts: TrackingParts) {
    this.parts = parts;
  }

  get keyCount(): number {
    return this.keys.count;
  }

  get pairCount(): number {
    return this.keys.pairCount;
  }

  get prefixCount(): number {
    return this.broadcasts.count;
  }

  enable(client: Client, options: TrackingOptions): void {
    client.tracking ??= new ClientTracking();
    const { tracking } = client;
    if (!tracking.isOn) this.clientCount++;
    tracking.isOn = true;
    tracking.isRedirectBroken = false;
    tracking.redirect = options.redirect;
    tracking.isBroadcast = options.isBroadcast;
    tracking.isOptIn = options.isOptIn;
    tracking.isOptOut = options.isOptOut;
    tracking.noLoop = options.noLoop;
    client.setGate(Gate.tracking, true);
    this.addTarget(options.redirect);
    if (options.isBroadcast) this.follow(client, tracking, options.prefixes);
  }

  /** What a client is told in another's place must not come within its own replies. */
  private addTarget(id: number): void {
    const target = this.parts.clients.byId(id);
    if (target === undefined) return;
    target.tracking ??= new ClientTracking();
    target.tracking.isTarget = true;
    target.setGate(Gate.tracking, true);
  }

  private follow(client: Client, tracking: ClientTracking, prefixes: readonly string[]): void {
    const wanted = prefixes.length === 0 ? [""] : prefixes;
    for (const text of wanted) {
      if (tracking.prefixes.has(text)) continue;
      this.broadcasts.add(client, text);
      tracking.prefixes.add(text);
      tracking.prefixesSize += text.length;
    }
    this.listen();
  }

  disable(client: Client): void {
    const { tracking } = client;
    if (tracking === null || !tracking.isOn) return;
    for (const text of tracking.prefixes) this.broadcasts.remove(client, text);
    tracking.prefixes.clear();
    tracking.prefixesSize = 0;
    tracking.isOn = false;
    tracking.isBroadcast = false;
    tracking.isCachingGiven = false;
    client.setGate(Gate.tracking, tracking.isTarget);
    this.clientCount--;
    this.listen();
  }

  left(client: Client): void {
    this.disable(client);
  }

  reset(client: Client): void {
    this.disable(client);
    if (client.tracking?.isTarget === false) client.tracking = null;
  }

  /** Is told of changes while there is anybody to tell, or anything to forget. */
  private listen(): void {
    const { observers } = this.parts.keyspace;
    const listens = this.keys.count > 0 || this.broadcasts.count > 0;
    if (listens === observers.has(KeySlot.tracking)) return;
    if (listens) observers.attach(KeySlot.tracking, this);
    else observers.detach(KeySlot.tracking);
  }

  scriptBegins(client: Client, { client: by, args, command }: ScriptCaller): void {
    const follows = by.tracking?.isOn === true && !by.tracking.isBroadcast;
    client.setGate(Gate.tracking, follows);
    this.scriptCaller = follows ? { client: by, args: keptArgs(args), command } : null;
  }

  hasRead(client: Client, args: Args, command: Command): void {
    if (!client.isScript) this.noteKeys(client, args, command);
    else if (this.scriptCaller !== null) {
      // Of a script the keys that it was given, whichever it reads.
      const { scriptCaller: by } = this;
      this.noteKeys(by.client, by.args, by.command);
    }
  }

  private noteKeys(client: Client, args: Args, command: Command): void {
    if (client.tracking === null || !client.tracking.followsReads) return;
    const { places } = this;
    const count = places.find(command, args);
    for (let i = 0; i < count; i++) this.noteKey(client, args, places.index[i]);
    this.listen();
    if (this.keys.count > this.keyCountMax) this.trim();
  }

  private noteKey(client: Client, args: Args, index: number): void {
    if (this.keys.add(args, index, client.id)) return;
    // It must not keep what it will not be told of.
    this.tell(client, args.text(index));
  }

  changing(_db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    if (kind === ChangeKind.unwatched || kind === ChangeKind.unseen) return;
    if (this.broadcasts.count > 0) this.noteForBroadcast(e, event);
    const readers = this.keys.take(e);
    if (readers.length === 0) return;
    const name = entry.keyText(e);
    const invalidation = invalidationOf([name]);
    // It stands where the event of the change does among the replies of who is told.
    const { events } = this.parts.keyspace;
    const { event: before } = events;
    events.event = event;
    for (const id of readers) this.tellReader(id, name, invalidation, false);
    events.event = before;
    if (this.keys.count === 0) this.listen();
  }

  private noteForBroadcast(e: EntryRef, event: KeyEvent | null): void {
    if (this.isServing && this.isTakenWithPush(e, event)) return;
    // Of a key without a byte it is another's, and may only let it be looked at in vain.
    const first = u8[segmentOf(entry.keyBlock(e))][entry.keyOffset(e)];
    if (!this.broadcasts.mayConcern(first)) return;
    const name = entry.keyText(e);
    const isByServer = event === "expired" || event === "evicted";
    const isOwn = !isByServer && !this.parts.isInScript();
    this.broadcasts.note(name, isOwn ? (this.current ?? this.parts.running()) : null);
    if (!this.broadcasts.hasNoted) return;
    this.broadcastMark = this.shownMark();
    this.parts.atEndOfTurn();
  }

  /**
   * Whether a client that has waited takes from a list: to Redis it is part of the change that has
   * made the list, but for BLMPOP.
   */
  private isTakenWithPush(e: EntryRef, event: KeyEvent | null): boolean {
    if (entry.type(e) !== Type.list || PUSHING.has(event)) return false;
    return this.current?.lastCommand?.name !== "blmpop";
  }

  replacing(): void {} // `flushed` tells; nobody is told of SWAPDB, as in Redis

  swapped(): void {}

  /** Databases were emptied. */
  flushed(): void {
    if (this.clientCount > 0) {
      for (const client of this.parts.clients.all()) {
        if (client.tracking?.isOn === true) this.tell(client, null);
      }
    }
    const { keyspace } = this.parts;
    const held = this.keys.release();
    if (held !== 0) keyspace.reclaim(held);
    this.listen();
  }

  /** Takes tracking-table-max-keys; Infinity for no limit. */
  limit(keyCountMax: number): void {
    this.keyCountMax = keyCountMax;
    this.trim();
  }

  /** Forgets some names if there are more than there may be, telling who has read them. */
  trim(): void {
    this.trimCount += TRIM_COUNT;
    for (let left = this.trimCount; left > 0 && this.keys.count > this.keyCountMax; left--) {
      const taken = this.keys.takeAny(this.parts.keyspace.randomBelow);
      if (taken === null) break;
      const invalidation = invalidationOf([taken.name]);
      for (const id of taken.readers) this.tellReader(id, taken.name, invalidation, true);
    }
    if (this.keys.count <= this.keyCountMax) this.trimCount = 0;
  }

  /** `always`: though it was its own doing. */
  private tellReader(id: number, name: string, invalidation: Invalidation, always: boolean): void {
    const client = this.parts.clients.byId(id);
    const tracking = client?.tracking ?? null;
    if (client === undefined || tracking === null) return;
    if (!tracking.isOn || tracking.isBroadcast) return;
    if (client !== this.current) this.send(client, tracking, invalidation);
    else if (always || !tracking.noLoop) tracking.pending.push(name);
  }

  /** Tells a client of a key, or for null of all keys, when it may be told. */
  private tell(client: Client, name: string | null): void {
    const { tracking } = client;
    if (tracking === null) return;
    if (client === this.current) tracking.pending.push(name);
    else this.send(client, tracking, invalidationFor(client, name));
  }

  commandOver(client: Client): void {
    const { tracking } = client;
    if (tracking === null) return;
    if (tracking.pending.length > 0) {
      for (const name of tracking.pending)
        this.send(client, tracking, invalidationFor(client, name));
      tracking.pending.length = 0;
    }
    // It is for the next command, or transaction; CLIENT itself is none.
    if (!tracking.isCachingGiven || client.queue !== null) return;
    const { lastCommand } = client;
    if ((lastCommand?.container ?? lastCommand)?.name !== "client") tracking.isCachingGiven = false;
  }

  emptyOver({ tracking, queue }: Client): void {
    if (tracking !== null && queue === null) tracking.isCachingGiven = false;
  }

  /** Whether `broadcast` has something to tell. */
  get isToBroadcast(): boolean {
    return this.broadcasts.hasNoted;
  }

  /** Tells of what has changed since the last time: at the end of a turn. */
  broadcast(): void {
    if (!this.broadcasts.hasNoted) return;
    for (const prefix of this.broadcasts.takeNoted()) {
      this.broadcastOne(prefix);
      prefix.changed.clear();
    }
    this.broadcastMark = 0;
  }

  private broadcastOne(prefix: Prefix): void {
    let ofAll: Invalidation | null = null;
    for (const client of prefix.clients) {
      const tracking = client.tracking as ClientTracking;
      if (tracking.noLoop) {
        const names = prefix.names(client);
        if (names.length > 0) this.send(client, tracking, invalidationOf(names));
      } else {
        ofAll ??= invalidationOf(prefix.names(null));
        this.send(client, tracking, ofAll);
      }
    }
  }

  /** The mark of the last change that may be shown: who is told knows of it. */
  private shownMark(): number {
    const { unsynced } = this.parts.keyspace;
    return Math.min(unsynced.lastMark, unsynced.hiddenFrom - 1);
  }

  private send(client: Client, tracking: ClientTracking, invalidation: Invalidation): void {
    const mark = Math.max(this.shownMark(), this.broadcastMark);
    const { redirect } = tracking;
    if (redirect === 0) {
      if (client.protocol > 2) push(client, () => invalidation.asPush, mark);
      return;
    }
    const target = this.parts.clients.byId(redirect);
    if (target === undefined) {
      tracking.isRedirectBroken = true;
      if (client.protocol > 2) push(client, () => redirectBroken(redirect), mark);
    } else if (target.protocol > 2) push(target, () => invalidation.asPush, mark);
    else if (target.subscribed) push(target, () => invalidation.asMessage, mark);
  }
}

const invalidationFor = (client: Client, name: string | null) =>
  name === null ? ALL_KEYS[client.protocol] : invalidationOf([name]);

/** Sends a message; if there is no memory for it the client is closed, and forgets all it has. */
function push({ connection }: Client, message: () => Uint8Array, mark: number): void {
  try {
    connection.push(message(), mark);
  } catch (error) {
    if (!isShortage(error)) throw error;
    connection.lacksMemory();
    connection.kill();
  }
}
