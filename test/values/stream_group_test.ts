// Purpose: consumer groups and what is pending in them against maps, verified after every change;
// copies of them, and how they are freed.

import { afterEach, beforeEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { DictRef } from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import * as idTree from "../../src/structures/id_tree.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import * as streamGroup from "../../src/values/stream_group.ts";
import * as stream from "../../src/values/stream_value.ts";
import * as values from "../../src/values/values.ts";
import { Random } from "../fuzz/random.ts";
import { World } from "../keyspace/worlds.ts";
import { idAt, idOf, integerOf, randomId } from "../structures/stream_ids.ts";

let world = new World();
let blocks = 0;

beforeEach(() => {
  world = new World();
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  world.verify();
  world.end();
  expect(arena.figures().blockCount).toBe(blocks);
});

function create(key: string): EntryRef {
  const args = argsOf([key]);
  return stream.create(world.db(), args, 0, world.db().hash(args, 0), "xgroup-create");
}

function copyOf(e: EntryRef, key: string): EntryRef {
  const args = argsOf([key]);
  return world.db().copyFrom(world.db(), e, args, 0, world.db().hash(args, 0));
}

function free(e: EntryRef): void {
  world.db().drop(e);
  while (world.keyspace.reclaimSlice());
}

interface Pending {
  consumer: string;
  ms: number;
  count: bigint;
}

interface Consumer {
  seen: number;
  active: number;
}

interface Group {
  last: bigint;
  read: bigint;
  consumers: Map<string, Consumer>;
  pending: Map<bigint, Pending>;
}

const GROUPS = ["g", "workers", "", "x".repeat(500)];
const CONSUMERS = ["a", "ann", "\0\xff", "y".repeat(300), "5"];
const TIMES = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1_700_000_000_000, 2 ** 53 - 1];
const COUNTS = [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];

const given = new StreamId();
const cursor = new idTree.IdCursor();
const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byId = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

class GroupsModel {
  readonly groups = new Map<string, Group>();
  readonly e: EntryRef;

  constructor(e: EntryRef) {
    this.e = e;
  }

  private find(names: DictRef, name: string): EntryRef {
    const e = streamGroup.find(names, argsOf(["", name]), 1);
    if (e !== NIL && entry.keyText(e) !== name) throw new Error("an entry of another name");
    return e;
  }

  ref(group: string, of = this.e): EntryRef {
    return this.find(stream.groupsOf(of), group);
  }

  private consumer(group: string, name: string): EntryRef {
    return this.find(streamGroup.consumersOf(this.ref(group)), name);
  }

  private model(group: string): Group {
    return this.groups.get(group) as Group;
  }

  createGroup(name: string, last: bigint, read = -1n): void {
    const groups = stream.madeGroups(this.e);
    streamGroup.create(groups, argsOf([name]), 0, idOf(last, given), read);
    this.groups.set(name, { last, read, consumers: new Map(), pending: new Map() });
  }

  createConsumer(group: string, name: string, ms = 5): EntryRef {
    this.model(group).consumers.set(name, { seen: ms, active: -1 });
    return streamGroup.createConsumer(this.ref(group), argsOf([name]), 0, ms);
  }

  deliver(group: string, consumer: string, id: bigint, ms: number): void {
    const e = this.ref(group);
    streamGroup.deliver(e, this.consumer(group, consumer), idOf(id, given), ms);
    this.model(group).pending.set(id, { consumer, ms, count: 1n });
  }

  /** As XCLAIM: to another consumer, with a time and count of its own. */
  assign(group: string, consumer: string, id: bigint, ms: number, count: bigint): void {
    const e = this.ref(group);
    const to = this.consumer(group, consumer);
    let row = streamGroup.findPending(e, idOf(id, given));
    expect(row !== NIL).toBe(this.model(group).pending.has(id));
    if (row === NIL) row = streamGroup.addPending(e, to, given, ms, count);
    else row = streamGroup.assign(e, row, to, given);
    streamGroup.setDeliveredMs(e, row, given, ms);
    streamGroup.setDeliveryCount(row, count);
    streamGroup.countDelivery(row);
    const counted = BigInt.asIntN(64, count + 1n);
    this.model(group).pending.set(id, { consumer, ms, count: counted });
  }

  acknowledge(group: string, id: bigint): void {
    const done = streamGroup.acknowledge(this.ref(group), idOf(id, given));
    expect(done).toBe(this.model(group).pending.delete(id));
  }

  removeConsumer(group: string, name: string): void {
    const model = this.model(group);
    let count = 0;
    for (const [id, { consumer }] of model.pending) {
      if (consumer === name && model.pending.delete(id)) count++;
    }
    const removed = streamGroup.removeConsumer(this.ref(group), this.consumer(group, name));
    expect(removed).toBe(count);
    model.consumers.delete(name);
  }

  removeGroup(name: string): void {
    streamGroup.remove(stream.groupsOf(this.e), this.ref(name));
    this.groups.delete(name);
  }

  private setFields(group: string, name: string, random: Random, id: bigint): void {
    const e = this.ref(group);
    const model = this.model(group);
    const consumer = model.consumers.get(name) as Consumer;
    consumer.seen = random.pick(TIMES);
    consumer.active = random.pick([-1, ...TIMES]);
    streamGroup.setSeenMs(this.consumer(group, name), consumer.seen);
    streamGroup.setActiveMs(this.consumer(group, name), consumer.active);
    model.last = id;
    streamGroup.setLastId(e, idOf(id, given));
    const read = random.pick(COUNTS);
    streamGroup.setEntriesRead(e, read);
    expect(streamGroup.isReadKnown(e)).toBe(read !== streamGroup.UNKNOWN);
    streamGroup.countRead(e, 1);
    model.read = BigInt.asIntN(64, read + 1n);
  }

  /** Changes something; with `isShrinking` more is removed than is added. */
  change(random: Random, some: () => bigint, isShrinking: boolean): void {
    const group = random.pick(GROUPS);
    const model = this.groups.get(group);
    if (model === undefined) {
      this.createGroup(group, some(), random.pick(COUNTS));
      return;
    }
    const name = random.pick(CONSUMERS);
    if (!model.consumers.has(name)) {
      this.createConsumer(group, name, random.pick(TIMES));
      return;
    }
    const kind = random.below(100);
    if (kind < 1) this.removeGroup(group);
    else if (kind < 4) this.removeConsumer(group, name);
    else if (kind < 13) this.setFields(group, name, random, some());
    else if (kind < 14) this.checkByTime(group);
    else if (kind < 30 || isShrinking) this.acknowledge(group, some());
    else if (kind < 65) this.deliver(group, name, some(), random.pick(TIMES));
    else this.assign(group, name, some(), random.pick(TIMES), random.pick(COUNTS));
  }

  /** From here on, the group keeps its pending entries by time as well. */
  private checkByTime(group: string): void {
    const seen = new Set<bigint>();
    let last = 0;
    streamGroup.seekOldest(this.ref(group), cursor);
    for (; cursor.row !== NIL; cursor.next()) {
      const ms = streamGroup.loadByTime(cursor.row, given);
      if (ms < last) throw new Error("not in the order of time");
      last = ms;
      seen.add(integerOf(given));
    }
    expect(seen).toEqual(new Set(this.model(group).pending.keys()));
    streamGroup.verifyAll(stream.groupsOf(this.e));
  }

  /** Compares all groups of a stream, this one or a copy of it. */
  check(e = this.e): void {
    const groups = stream.groupsOf(e);
    if (groups !== NIL) streamGroup.verifyAll(groups);
    const names = streamGroup.inOrder(groups).map(entry.keyText);
    expect(names).toEqual([...this.groups.keys()].sort(byBytes));
    for (const [name, model] of this.groups) this.checkGroup(this.ref(name, e), model);
  }

  private checkGroup(e: EntryRef, model: Group): void {
    streamGroup.loadLastId(e, given);
    if (integerOf(given) !== model.last) throw new Error("the last ID is wrong");
    if (streamGroup.entriesRead(e) !== model.read) throw new Error("the entries read are wrong");
    if (streamGroup.consumerCount(e) !== model.consumers.size) throw new Error("consumers");
    if (streamGroup.pendingCount(e) !== model.pending.size) throw new Error("pending entries");
    const consumers = streamGroup.consumersOf(e);
    for (const [name, { seen, active }] of model.consumers) {
      const consumer = this.find(consumers, name);
      if (streamGroup.seenMs(consumer) !== seen) throw new Error("a time seen is wrong");
      if (streamGroup.activeMs(consumer) !== active) throw new Error("a time active is wrong");
      let count = 0;
      for (const pending of model.pending.values()) if (pending.consumer === name) count++;
      if (streamGroup.consumerPendingCount(consumer) !== count) throw new Error("pending for one");
    }
    if (model.pending.size > 0) this.checkPending(e, model);
  }

  private checkPending(e: EntryRef, { pending }: Group): void {
    cursor.seek(streamGroup.pendingOf(e), idOf(0n, given));
    for (const id of [...pending.keys()].sort(byId)) {
      const { consumer, ms, count } = pending.get(id) as Pending;
      const { row } = cursor;
      given.load(row, 0);
      if (integerOf(given) !== id) throw new Error("another pending ID");
      if (streamGroup.findPending(e, given) !== row) throw new Error("the row is not found");
      if (entry.keyText(streamGroup.consumerOf(row)) !== consumer) throw new Error("the consumer");
      if (streamGroup.deliveredMs(row) !== ms) throw new Error("the time of delivery is wrong");
      if (streamGroup.deliveryCount(row) !== count) throw new Error("the count is wrong");
      cursor.next();
    }
    if (cursor.row !== NIL) throw new Error("more is pending");
  }
}

test.each([1, 2, 3])("random changes, seed %d", (seed) => {
  const random = new Random(seed);
  const e = create("key");
  const groups = new GroupsModel(e);
  const some = () => (random.chance(0.05) ? randomId(random) : idAt(random.below(40), seed));
  for (let step = 0; step < 700; step++) {
    groups.change(random, some, step % 350 > 260);
    groups.check();
    if (step % 100 !== 99) continue;
    stream.verify(e);
    const twin = copyOf(e, `twin ${step}`);
    stream.verify(twin);
    groups.check(twin);
    free(twin);
    groups.check();
  }
  const size = values.ownedSize(e) + arena.capacity(e);
  const used = arena.usedSize();
  free(e);
  expect(used - arena.usedSize()).toBe(size);
});

test("many pending entries, acknowledged by ranges and by consumers", () => {
  const random = new Random(8);
  const e = create("key");
  const groups = new GroupsModel(e);
  groups.createGroup("g", 0n);
  for (const name of ["a", "b", "c"]) groups.createConsumer("g", name);
  for (let i = 0; i < 3000; i++) {
    groups.deliver("g", random.pick(["a", "b", "c"]), idAt(1 + (i >> 3), i & 7), i);
  }
  groups.check();
  for (let i = 0; i < 1500; i++) groups.acknowledge("g", idAt(1 + (i >> 3), i & 7));
  groups.check();
  const twin = copyOf(e, "twin");
  groups.removeConsumer("g", "b");
  groups.check();
  streamGroup.verifyAll(stream.groupsOf(twin));
  groups.removeGroup("g");
  groups.check();
  stream.verify(twin);
  expect(streamGroup.consumerCount(streamGroup.inOrder(stream.groupsOf(twin))[0])).toBe(3);
});

test("a stream without groups has none to find", () => {
  const e = create("key");
  expect(stream.groupsOf(e) as number).toBe(NIL);
  expect(streamGroup.find(stream.groupsOf(e), argsOf(["g"]), 0) as number).toBe(NIL);
  expect(streamGroup.inOrder(stream.groupsOf(e))).toEqual([]);
  const groups = stream.madeGroups(e);
  expect(stream.madeGroups(e)).toBe(groups);
  expect(streamGroup.find(groups, argsOf(["g"]), 0) as number).toBe(NIL);
});
