/**
 * One numbered database: the dict of its keys, and their expiry order.
 *
 * Whoever is told of a key, or that there is none, has found it by `peek` or `entryAt`, or says
 * `lookAtAll`: that is how a reply waits that shows what is not on the disk yet (unsynced.ts).
 *
 * A key whose time has come is gone for every reader at once (`peek` removes it), and is removed by
 * the server's timer within milliseconds if nobody asks. So are fields of hashes. Every change to a
 * key goes through `keyspace.changing` first; there is no second place.
 */
import { free, NIL } from "../arena/arena.ts";
import type { Clock } from "../base/clock.ts";
import type { Timed } from "../base/deadlines.ts";
import type { Delays } from "../base/delays.ts";
import { hashBytes } from "../base/hash.ts";
import type { Range } from "../base/range.ts";
import { type Args, argsOf } from "../protocol/args.ts";
import { WRONG_TYPE } from "../protocol/errors.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as hashValue from "../values/hash_value.ts";
import { ChangeKind, type KeyEvent } from "../values/key_event.ts";
import * as values from "../values/values.ts";
import { ExpiryHeap } from "./expiry.ts";
import { FieldExpiryHeap } from "./field_expiry.ts";
import type { Looks } from "./looks.ts";

/** Whoever is to know of keys that are removed since their time has come. */
export interface ExpiryFeed {
  /** The key is about to go. */
  expired(db: Database, e: EntryRef): void;
  /** The field of a hash is about to go. */
  fieldExpired(db: Database, e: EntryRef, field: Range): void;
  /** The key is about to go, for there to be room. */
  evicted(db: Database, e: EntryRef): void;
}

/** Who has to know which keys are made: what is noted of changes does not tell it. */
export interface KeyKeeper {
  /** The entry, whose key is not there, is about to be linked; its value may not be there yet. */
  making(db: Database, e: EntryRef): void;
}

/** Who publishes what is no change of a key, or none yet: KeyEvents, which says what each is. */
export interface KeyTeller {
  readonly tellsMade: boolean;
  readonly tellsMisses: boolean;
  tellOf(db: Database, args: Args, index: number, event: KeyEvent): void;
  made(db: Database, args: Args, index: number): void;
  replacesNext(): void;
}

/** What a database needs of those above it: see Keyspace, which says what each of these is. */
export interface DatabaseOwner {
  readonly clock: Clock;
  readonly looks: Looks;
  readonly events: KeyTeller;
  readonly stats: { hits: number; misses: number; expired: number; expiredFields: number };
  readonly mayExpire: boolean;
  readonly isReplaying: boolean;
  readonly alarmMs: number;
  readonly onEarlierExpiry: (timeMs: number) => void;
  readonly expiryFeed: ExpiryFeed | null;
  readonly delays: Delays;
  readonly keeper: KeyKeeper | null;
  readonly randomBelow: (limit: number) => number;
  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind?: ChangeKind): void;
  appeared(db: Database, e: EntryRef): void;
  created(e: EntryRef): void;
  accessed(e: EntryRef): void;
  reorder(db: Database, timeMs: number): void;
  dispose(e: EntryRef): void;
  disposeValue(e: EntryRef): void;
  reclaim(keys: DictRef): void;
}

export class Database implements Timed {
  id: number;
  keys: DictRef = dict.create();
  expires = new ExpiryHeap();
  /** The hashes of which a field expires, by the first that does. */
  fieldExpires = new FieldExpiryHeap();
  /** Not later than `nextExpiry`, and its place in the keyspace's order by it. */
  deadlineMs = Infinity;
  slot = -1;
  private readonly keyspace: DatabaseOwner;

  constructor(id: number, keyspace: DatabaseOwner) {
    this.id = id;
    this.keyspace = keyspace;
  }

  get size(): number {
    return dict.count(this.keys);
  }

  /** The hash of an argument as a key. */
  hash(args: Args, index: number): number {
    if (args.hashed === index) return args.hash;
    return hashBytes(args.bytes, args.view, args.start[index], args.size[index]);
  }

  /** The live entry of the key in this argument, or NIL; counts neither hit nor access. */
  peek(args: Args, index: number, keyHash: number): EntryRef {
    const { looks } = this.keyspace;
    if (looks.active !== 0) looks.look(this.id, keyHash);
    const e = dict.find(
      this.keys,
      args.bytes,
      args.view,
      args.start[index],
      args.size[index],
      keyHash,
    );
    return e !== NIL && entry.isMortal(e) ? this.living(e) : e;
  }

  /** The live entry for a command that reads it, or NIL: counts the hit or miss and the access. */
  read(args: Args, index: number): EntryRef {
    const e = this.peek(args, index, this.hash(args, index));
    if (e === NIL) {
      this.missed(args, index);
      return e;
    }
    this.keyspace.stats.hits++;
    this.keyspace.accessed(e);
    return e;
  }

  /** As `read`, for a command that looks at the key only: its access clock stays. */
  inspect(args: Args, index: number): EntryRef {
    const e = this.peek(args, index, this.hash(args, index));
    if (e === NIL) this.missed(args, index);
    else this.keyspace.stats.hits++;
    return e;
  }

  /** As `inspect`, for a command about the entry: that there is none is no event. */
  glance(args: Args, index: number): EntryRef {
    const e = this.peek(args, index, this.hash(args, index));
    if (e === NIL) this.keyspace.stats.misses++;
    else this.keyspace.stats.hits++;
    return e;
  }

  /** The key in an argument was looked for by a command that reads it, in vain. */
  missed(args: Args, index: number): void {
    const { stats, events } = this.keyspace;
    stats.misses++;
    if (events.tellsMisses) events.tellOf(this, args, index, "keymiss");
  }

  /** As `read`; throws WRONGTYPE when the key holds another type. */
  readTyped(args: Args, index: number, type: number): EntryRef {
    const e = this.read(args, index);
    if (e !== NIL && entry.type(e) !== type) throw WRONG_TYPE;
    return e;
  }

  /** The live entry for a command that will change it, or NIL: counts the access only. */
  write(args: Args, index: number, keyHash: number): EntryRef {
    const e = this.peek(args, index, keyHash);
    if (e !== NIL) this.keyspace.accessed(e);
    return e;
  }

  /** As `write`; throws WRONGTYPE when the key holds another type. */
  writeTyped(args: Args, index: number, keyHash: number, type: number): EntryRef {
    const e = this.write(args, index, keyHash);
    if (e !== NIL && entry.type(e) !== type) throw WRONG_TYPE;
    return e;
  }

  /**
   * A new entry for a key that is not there, linked and announced as `event` (see
   * `Keyspace.changing`), with room for `valueArea` bytes and, if wanted, an expiry index; the
   * caller writes the value at once.
   */
  add(
    args: Args,
    index: number,
    keyHash: number,
    valueArea: number,
    withTtl: boolean,
    event: KeyEvent | null,
    kind: ChangeKind = ChangeKind.usual,
  ): EntryRef {
    const e = entry.create(
      args.bytes,
      args.view,
      args.start[index],
      args.size[index],
      keyHash,
      valueArea,
      withTtl,
    );
    this.keyspace.created(e);
    this.insert(e);
    const { events } = this.keyspace;
    if (events.tellsMade) events.made(this, args, index);
    this.keyspace.changing(this, e, event, kind);
    return e;
  }

  private insert(e: EntryRef): void {
    if (this.keyspace.keeper !== null) this.keyspace.keeper.making(this, e);
    dict.insert(this.keys, e);
  }

  /**
   * Links an entry that was made outside, with key, hash and value, and whose key is not here; it
   * then expires at `timeMs` (-1: it does not; see setExpiry). Announces nothing. Returns the
   * entry, which may have moved.
   */
  link(e: EntryRef, timeMs: number, farMs?: bigint): EntryRef {
    this.keyspace.created(e);
    this.insert(e);
    this.rescheduled(e);
    return timeMs < 0 ? e : this.setExpiry(e, timeMs, farMs);
  }

  /** Makes room for so many keys in a database that has none; 0: it is not known how many. */
  reserve(count: number): void {
    if (this.size > 0 || count === 0) return;
    dict.release(this.keys);
    this.keys = dict.create(count);
  }

  /** Whoever adds a key that others may wait for says so when its type is known. */
  appeared(e: EntryRef): void {
    this.keyspace.appeared(this, e);
  }

  /**
   * Makes room for `valueArea` bytes of value, of which the first `keep` are kept; returns the
   * entry, which may have moved. A block far too large is changed for a smaller one.
   */
  resize(e: EntryRef, valueArea: number, keep: number): EntryRef {
    const room = entry.valueRoom(e);
    if (room >= valueArea && room <= valueArea * 2 + ROOM_SLACK) return e;
    return this.reshape(e, valueArea, keep, entry.hasTtl(e));
  }

  private reshape(e: EntryRef, valueArea: number, keep: number, withTtl: boolean): EntryRef {
    return this.rehouse(e, entry.copyShaped(e, valueArea, keep, withTtl));
  }

  /** Puts a copy, which is as good, in the place of an entry, which is freed; returns the copy. */
  rehouse(e: EntryRef, moved: EntryRef): EntryRef {
    dict.replace(this.keys, e, moved);
    if (entry.hasTtl(moved)) this.expires.relocate(entry.expiryIndex(moved), moved);
    if (entry.partsExpire(moved)) {
      this.fieldExpires.relocate(hashValue.placeInOrder(moved), moved);
    }
    free(e);
    return moved;
  }

  /** Unix ms at which the key expires, or -1. */
  expiryOf(e: EntryRef): number {
    return entry.hasTtl(e) ? this.expires.timeAt(entry.expiryIndex(e)) : -1;
  }

  /** The time that `expiryOf` gives where a double is not exact for it; else undefined. */
  farExpiryOf(e: EntryRef): bigint | undefined {
    return entry.hasTtl(e) ? this.expires.farTimeAt(entry.expiryIndex(e)) : undefined;
  }

  /**
   * Gives the key a time to expire; returns the entry, which may have moved. A time that a double
   * is not exact for comes as `farMs` as well.
   */
  setExpiry(e: EntryRef, timeMs: number, farMs?: bigint): EntryRef {
    let home = e;
    if (entry.hasTtl(e)) {
      this.expires.move(entry.expiryIndex(e), timeMs);
    } else {
      const used = values.areaOf(e);
      if (entry.valueRoom(e) < used + EXPIRY_INDEX_SIZE) home = this.reshape(e, used, used, true);
      this.expires.add(home, timeMs);
    }
    if (farMs !== undefined) this.expires.noteFar(home, farMs);
    if (timeMs < this.deadlineMs) this.expireEarlier(timeMs);
    return home;
  }

  /** Takes the key's expiry away; false when it had none. */
  clearExpiry(e: EntryRef): boolean {
    if (!entry.hasTtl(e)) return false;
    this.expires.remove(entry.expiryIndex(e));
    entry.clearTtl(e);
    return true;
  }

  /**
   * Brings the expiry order up to date with the deadlines of a hash, whose fields' have changed:
   * to be called once by who changed them.
   */
  rescheduled(e: EntryRef): void {
    if (!entry.partsExpire(e)) return;
    const timeMs = hashValue.firstDeadline(e);
    const index = hashValue.placeInOrder(e);
    if (timeMs === Infinity) {
      if (index >= 0) this.fieldExpires.remove(index);
      hashValue.endExpiring(e);
      return;
    }
    if (index < 0) this.fieldExpires.add(e, timeMs);
    else if (this.fieldExpires.timeAt(index) !== timeMs) this.fieldExpires.move(index, timeMs);
    if (timeMs < this.deadlineMs) this.expireEarlier(timeMs);
  }

  /** Something expires before all else in here. */
  private expireEarlier(timeMs: number): void {
    this.keyspace.reorder(this, timeMs);
    if (timeMs < this.keyspace.alarmMs) this.keyspace.onEarlierExpiry(timeMs);
  }

  /** Removes the key as DEL does, which is a change of its own. */
  remove(e: EntryRef): void {
    this.keyspace.changing(this, e, "del");
    this.drop(e);
  }

  /** Removes the key of a collection that loses its last element, by a change that has counted. */
  removeEmpty(e: EntryRef): void {
    this.keyspace.changing(this, e, "del", ChangeKind.uncounted);
    this.drop(e);
  }

  /** Removes the key for another value to come in its place, which counts and is announced then. */
  makeWay(e: EntryRef): void {
    this.keyspace.changing(this, e, null, ChangeKind.uncounted);
    this.drop(e);
  }

  /**
   * Removes the key in an argument, whatever it holds, for what a command stores there. Returns
   * whether there was such a key.
   */
  vacate(args: Args, index: number, keyHash: number): boolean {
    const e = this.peek(args, index, keyHash);
    if (e === NIL) return false;
    this.makeWay(e);
    this.keyspace.events.replacesNext();
    return true;
  }

  /**
   * Removes the key in an argument, though its time may have come: as Redis where a command has
   * nothing to store, and has not looked what is there.
   */
  removeUnseen(args: Args, index: number): void {
    const e = this.entryAt(args, index);
    if (e !== NIL) this.remove(e);
  }

  /** Removes the key; the caller has called `changing`. */
  drop(e: EntryRef): void {
    this.unlink(e);
    this.keyspace.dispose(e);
  }

  /** Takes the key out of the database; the entry is the caller's. */
  unlink(e: EntryRef): void {
    this.clearExpiry(e);
    if (entry.partsExpire(e)) this.forgetFields(e);
    dict.remove(this.keys, e);
  }

  /**
   * Frees the value of a key that gets another at once, a large one in slices; the caller has
   * called `changing`.
   */
  dropValue(e: EntryRef): void {
    if (entry.partsExpire(e)) this.forgetFields(e);
    this.keyspace.disposeValue(e);
  }

  /** Takes a hash out of the expiry order of fields. */
  private forgetFields(e: EntryRef): void {
    this.fieldExpires.remove(hashValue.placeInOrder(e));
    hashValue.setPlaceInOrder(e, -1);
    // They are to be counted when the hash goes, and hidden anew where it comes to.
    hashValue.unhide(e);
  }

  /** Moves an entry of another database here, with its expiry; its key is not here. */
  moveFrom(from: Database, e: EntryRef): EntryRef {
    const timeMs = from.expiryOf(e);
    const farMs = from.farExpiryOf(e);
    if (this.keyspace.keeper !== null) this.keyspace.keeper.making(this, e);
    from.unlink(e);
    dict.insert(this.keys, e);
    this.rescheduled(e);
    return timeMs < 0 ? e : this.setExpiry(e, timeMs, farMs);
  }

  /**
   * Puts the key in an argument, which is not here, in the place of an entry's own: returns the
   * entry, which may move; value, expiry and access clock stay.
   */
  rekey(e: EntryRef, args: Args, index: number, keyHash: number): EntryRef {
    // Who keeps what keys are made may throw: then nothing has happened yet.
    const inPlace = this.keyspace.keeper === null && entry.fitsKey(e, args.size[index]);
    return inPlace
      ? this.rekeyInPlace(e, args, index, keyHash)
      : this.rekeyAnew(e, args, index, keyHash);
  }

  private rekeyInPlace(e: EntryRef, args: Args, index: number, keyHash: number): EntryRef {
    const { bytes, view, start, size } = args;
    const clock = entry.clock(e);
    dict.remove(this.keys, e);
    entry.changeKey(e, bytes, view, start[index], size[index], keyHash);
    this.keyspace.created(e);
    entry.setClock(e, clock);
    dict.insert(this.keys, e);
    return e;
  }

  private rekeyAnew(e: EntryRef, args: Args, index: number, keyHash: number): EntryRef {
    const timeMs = this.expiryOf(e);
    const farMs = this.farExpiryOf(e);
    const moved = entryLike(e, timeMs >= 0, args, index, keyHash);
    this.keyspace.created(moved);
    this.insert(moved);
    entry.copyValue(e, moved, values.areaOf(e));
    entry.setClock(moved, entry.clock(e));
    this.unlink(e);
    entry.release(e);
    this.rescheduled(moved);
    return timeMs < 0 ? moved : this.setExpiry(moved, timeMs, farMs);
  }

  /**
   * Adds a copy of an entry of another database (or this one), with its expiry, under the key in an
   * argument, which is not here; returns it.
   */
  copyFrom(from: Database, e: EntryRef, args: Args, index: number, keyHash: number): EntryRef {
    const timeMs = from.expiryOf(e);
    const twin = entryLike(e, timeMs >= 0, args, index, keyHash);
    values.duplicate(e, twin);
    this.keyspace.created(twin);
    this.insert(twin);
    const { events } = this.keyspace;
    if (events.tellsMade) events.made(this, args, index);
    this.rescheduled(twin);
    return timeMs < 0 ? twin : this.setExpiry(twin, timeMs, from.farExpiryOf(e));
  }

  /**
   * To be called by a command that replies which keys there are, or how many, or what is in all of
   * them.
   */
  lookAtAll(): void {
    const { looks } = this.keyspace;
    if (looks.active !== 0) looks.lookAtAll(this.id);
  }

  /** Some live key's entry, or NIL when there is none. */
  randomKey(): EntryRef {
    this.lookAtAll();
    for (;;) {
      const e = dict.randomEntry(this.keys, this.keyspace.randomBelow);
      if (e === NIL || !entry.isMortal(e) || this.living(e) !== NIL) return e;
      if (!this.keyspace.mayExpire) return NIL as EntryRef;
    }
  }

  /** Removes the key if its time has come; whether it has, so that readers must not see it. */
  expireIfOver(e: EntryRef): boolean {
    return entry.isMortal(e) && this.living(e) === NIL;
  }

  /** Whether the key's time has come, or that of all its fields. */
  isOver(e: EntryRef): boolean {
    if (!entry.isMortal(e)) return false;
    if (this.timeIsOver(e)) return true;
    return entry.partsExpire(e) && !this.keyspace.isReplaying && this.allFieldsOver(e);
  }

  /** Whether the time of a field has come, of a key that may be a hash, and nobody was told. */
  hasFieldsOver(e: EntryRef): boolean {
    const { clock, isReplaying } = this.keyspace;
    return entry.partsExpire(e) && hashValue.nextDue(e) <= clock.nowMs && !isReplaying;
  }

  /** Whether fields are hidden, of a key that may be a hash, or the time of one has come. */
  private isThinned(e: EntryRef): boolean {
    const { clock, isReplaying } = this.keyspace;
    if (!entry.partsExpire(e) || isReplaying) return false;
    return hashValue.hidesAny(e) || hashValue.nextDue(e) <= clock.nowMs;
  }

  private allFieldsOver(e: EntryRef): boolean {
    return hashValue.isOver(e, this.keyspace.clock.nowMs);
  }

  private timeIsOver(e: EntryRef): boolean {
    const { clock, isReplaying } = this.keyspace;
    const isOver = entry.hasTtl(e) && this.expires.timeAt(entry.expiryIndex(e)) <= clock.nowMs;
    return isOver && !isReplaying;
  }

  /** The entry of a key given as latin1 text, expired or not, or NIL. */
  entryOf(key: string): EntryRef {
    return this.entryAt(argsOf([key]), 0);
  }

  /** The entry of the key in an argument, expired or not, or NIL. */
  entryAt(args: Args, index: number): EntryRef {
    const { bytes, view, start, size } = args;
    const keyHash = this.hash(args, index);
    const { looks } = this.keyspace;
    if (looks.active !== 0) looks.look(this.id, keyHash);
    return dict.find(this.keys, bytes, view, start[index], size[index], keyHash);
  }

  /** The time at which the first key or field expires, or Infinity. */
  nextExpiry(): number {
    return Math.min(this.expires.firstTime(), this.fieldExpires.firstTime());
  }

  /** Removes keys and fields whose time has come, at most `limit`; returns how many. */
  expireDue(limit: number): number {
    const { nowMs } = this.keyspace.clock;
    let count = 0;
    while (count < limit && this.nextExpiry() <= nowMs) {
      if (this.expires.firstTime() <= this.fieldExpires.firstTime()) {
        this.expire(this.expires.entryAt(0));
        count++;
      } else {
        count += this.expireFields(this.fieldExpires.entryAt(0), limit - count);
      }
    }
    return count;
  }

  /** Exchanges all keys, with their expiry, for those of another database. */
  exchange(other: Database): void {
    [this.keys, other.keys] = [other.keys, this.keys];
    [this.expires, other.expires] = [other.expires, this.expires];
    [this.fieldExpires, other.fieldExpires] = [other.fieldExpires, this.fieldExpires];
  }

  /** Empties the database at once for readers; the memory is freed in slices. */
  clear(): void {
    this.keyspace.reclaim(this.keys);
    this.keys = dict.create();
    this.expires.release();
    this.fieldExpires.release();
    this.expires = new ExpiryHeap();
    this.fieldExpires = new FieldExpiryHeap();
  }

  /** Removes (or hides) a key, and fields, whose time has come; returns the entry if it lives. */
  private living(e: EntryRef): EntryRef {
    if (this.timeIsOver(e)) {
      if (this.keyspace.mayExpire) this.expire(e);
      return NIL as EntryRef;
    }
    return this.isThinned(e) ? this.livingHash(e) : e;
  }

  /**
   * Removes some fields of a hash whose time has come, and hides the others, which the timer
   * removes by and by; returns the entry if any is left that is not hidden.
   */
  private livingHash(e: EntryRef): EntryRef {
    const { keyspace } = this;
    const { mayExpire, clock } = keyspace;
    if (mayExpire && !hashValue.hidesAny(e)) {
      const total = hashValue.total(e);
      if (this.expireFields(e, FIELDS_AT_ONCE) === total) return NIL as EntryRef;
      if (!this.isThinned(e)) return e;
    }
    if (hashValue.hideDue(e, clock.nowMs))
      keyspace.changing(this, e, "hexpired", ChangeKind.uncounted);
    if (hashValue.count(e) > 0) return e;
    if (mayExpire) this.deleteHidden(e);
    return NIL as EntryRef;
  }

  /**
   * The place of the field in an argument of a live hash, or 0. One that is hidden goes now, so
   * that whoever carries the commands out again finds it gone as well.
   */
  field(e: EntryRef, args: Args, index: number): hashValue.Place {
    const at = hashValue.find(e, args, index);
    if (at === 0 && this.keyspace.mayExpire) {
      const hidden = hashValue.findHidden(e, args, index);
      if (hidden !== 0) this.expireHidden(e, hidden);
    }
    return at;
  }

  private expireHidden(e: EntryRef, at: hashValue.Place): void {
    const { keyspace } = this;
    keyspace.changing(this, e, null, ChangeKind.unseen);
    keyspace.expiryFeed?.fieldExpired(this, e, hashValue.nameAt(at));
    keyspace.stats.expiredFields++;
    hashValue.removeAt(e, at);
    this.rescheduled(e);
  }

  /** Removes a hash of which no field is left but such as are hidden. */
  deleteHidden(e: EntryRef): void {
    const { keyspace } = this;
    keyspace.stats.expiredFields += hashValue.hiddenCount(e);
    keyspace.changing(this, e, "del", ChangeKind.uncounted);
    keyspace.expiryFeed?.expired(this, e);
    this.drop(e);
  }

  private expire(e: EntryRef): void {
    const { keyspace } = this;
    const beganMs = keyspace.delays.begin();
    keyspace.stats.expired++;
    keyspace.changing(this, e, "expired", ChangeKind.uncounted);
    keyspace.expiryFeed?.expired(this, e);
    this.drop(e);
    keyspace.delays.end("expire-del", beganMs);
  }

  /**
   * Removes fields of a hash whose time has come, at most `limit`, and the key with the last;
   * returns how many.
   */
  private expireFields(e: EntryRef, limit: number): number {
    const { keyspace } = this;
    let most = limit;
    if (hashValue.hidesAny(e)) {
      // First those, which are the earliest: their end is told.
      most = Math.min(limit, hashValue.hiddenCount(e));
      keyspace.changing(this, e, null, ChangeKind.unseen);
    } else {
      keyspace.changing(this, e, "hexpired", ChangeKind.uncounted);
    }
    const count = hashValue.removeDue(e, keyspace.clock.nowMs, most, (field) =>
      keyspace.expiryFeed?.fieldExpired(this, e, field),
    );
    keyspace.stats.expiredFields += count;
    if (hashValue.total(e) > 0) {
      this.rescheduled(e);
    } else {
      this.removeEmpty(e);
    }
    return count;
  }
}

/** Fields removed when a hash is looked up; if more are due, they are hidden. */
const FIELDS_AT_ONCE = 64;
/** An entry may keep this many unused bytes, and as many again as it uses. */
const ROOM_SLACK = 64;
const EXPIRY_INDEX_SIZE = 4;

/** A new entry of the key in an argument, not linked, with room for a value as `e` has it. */
function entryLike(
  e: EntryRef,
  withTtl: boolean,
  args: Args,
  index: number,
  keyHash: number,
): EntryRef {
  const { bytes, view, start, size } = args;
  const area = values.areaOf(e);
  return entry.create(bytes, view, start[index], size[index], keyHash, area, withTtl);
}
