/**
 * Purpose: the few methods that the stream scenarios need, alike on ioredis and on node-redis, so
 * that each scenario is told once and runs with both. Underneath are the clients' own methods.
 */

import { Redis } from "ioredis";
import { createClient } from "redis";
import type { Server } from "../client/server.ts";

export type Fields = Record<string, string>;

/** An entry of a stream. One that was deleted while it was pending has no fields. */
export interface Entry {
  id: string;
  fields: Fields | null;
  /** Only where a read with `claimMs` tells them. */
  idleMs?: number;
  deliveries?: number;
}

/** What a read gives of one stream. */
export interface Batch {
  stream: string;
  entries: Entry[];
}

export interface ReadOptions {
  count?: number;
  /** Wait this long for something new; 0 waits without end. */
  blockMs?: number;
  /** For groups: what is delivered counts as acknowledged. */
  noAck?: boolean;
  /** For groups: first what is pending for so long, whoever has it. Since Redis 8.4. */
  claimMs?: number;
}

/** What becomes of the references that groups hold to a deleted entry. Since Redis 8.2. */
export type Policy = "KEEPREF" | "DELREF" | "ACKED";

/** An entry that was delivered and not acknowledged. */
export interface Pending {
  id: string;
  consumer: string;
  idleMs: number;
  deliveries: number;
}

export interface PendingSummary {
  count: number;
  first: string | null;
  last: string | null;
  consumers: Record<string, number>;
}

export interface ClaimOptions {
  retryCount?: number;
  idle?: number;
}

export interface Claimed {
  next: string;
  entries: Entry[];
  deleted: string[];
}

export interface Group {
  name: string;
  consumers: number;
  pending: number;
  lastDelivered: string;
  entriesRead: number | null;
  lag: number | null;
}

export interface TrimTo {
  maxLen?: number;
  minId?: string;
  /** Leave what costs less to leave. */
  about?: boolean;
}

/** From which ID of which streams. */
export type From = Readonly<Record<string, string>>;

/** A connection. Errors of the server reject with its text. */
export interface StreamClient {
  add(stream: string, fields: Fields, id?: string): Promise<string>;
  /** All at once, in one pipeline. */
  addAll(stream: string, messages: readonly Fields[]): Promise<string[]>;
  /** All in one transaction. */
  addTogether(stream: string, messages: readonly Fields[]): Promise<void>;
  addCapped(stream: string, fields: Fields, maxLen: number, about: boolean): Promise<string>;
  read(from: From, options?: ReadOptions): Promise<Batch[]>;
  readGroup(group: string, consumer: string, from: From, options?: ReadOptions): Promise<Batch[]>;
  /** The pending entries of a consumer, also those that were deleted since. */
  history(stream: string, group: string, consumer: string, from: string): Promise<Entry[]>;
  ack(stream: string, group: string, ids: readonly string[]): Promise<number>;
  createGroup(stream: string, group: string, from: string): Promise<void>;
  setGroup(stream: string, group: string, to: string): Promise<void>;
  destroyGroup(stream: string, group: string): Promise<number>;
  deleteConsumer(stream: string, group: string, consumer: string): Promise<number>;
  pendingSummary(stream: string, group: string): Promise<PendingSummary>;
  pending(stream: string, group: string, count: number, consumer?: string): Promise<Pending[]>;
  claim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    ids: readonly string[],
    options?: ClaimOptions,
  ): Promise<Entry[]>;
  autoClaim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    start: string,
    count: number,
  ): Promise<Claimed>;
  groups(stream: string): Promise<Group[]>;
  range(stream: string, first: string, last: string, count?: number): Promise<Entry[]>;
  length(stream: string): Promise<number>;
  trim(stream: string, to: TrimTo): Promise<number>;
  delete(stream: string, ids: readonly string[]): Promise<number>;
  /** For each ID: 1 when it was deleted, 2 when others still need it, -1 when there is none. */
  deleteBy(policy: Policy, stream: string, ids: readonly string[]): Promise<number[]>;
  ackDelete(
    policy: Policy,
    stream: string,
    group: string,
    ids: readonly string[],
  ): Promise<number[]>;
  /** Any command, its reply as the client gives it. */
  command(...words: string[]): Promise<unknown>;
  /** Ends the connection at once, as the death of its process would. */
  die(): void;
}

/** A client library in one of its ways to talk to the server. */
export interface Driver {
  name: string;
  open(server: Server): Promise<StreamClient>;
}

type RawEntry = [id: string, words: string[] | null, idleMs?: number, deliveries?: number];
type RawBatches = [stream: string, entries: RawEntry[]][] | null;
type Word = string | number;

/** The methods of ioredis, less the hundreds of signatures that their options make. */
interface Loose {
  xadd(...words: Word[]): Promise<string>;
  xread(...words: Word[]): Promise<RawBatches>;
  xreadgroup(...words: Word[]): Promise<RawBatches>;
  xack(...words: Word[]): Promise<number>;
  xgroup(...words: Word[]): Promise<unknown>;
  xpending(...words: Word[]): Promise<unknown>;
  xclaim(...words: Word[]): Promise<RawEntry[]>;
  xautoclaim(...words: Word[]): Promise<[string, RawEntry[], string[]]>;
  xinfo(...words: Word[]): Promise<unknown>;
  xrange(...words: Word[]): Promise<RawEntry[]>;
  xtrim(...words: Word[]): Promise<number>;
  xdel(...words: Word[]): Promise<number>;
  xdelex(...words: Word[]): Promise<number[]>;
  xackdel(...words: Word[]): Promise<number[]>;
}

function fieldsOf(words: readonly string[]): Fields {
  const fields: Fields = {};
  for (let at = 0; at < words.length; at += 2) fields[words[at]] = words[at + 1];
  return fields;
}

function entryOf([id, words, idleMs, deliveries]: RawEntry): Entry {
  const entry = { id, fields: words === null ? null : fieldsOf(words) };
  return idleMs === undefined ? entry : { ...entry, idleMs, deliveries };
}

function batchesOf(batches: RawBatches): Batch[] {
  return (batches ?? []).map(([stream, entries]) => ({ stream, entries: entries.map(entryOf) }));
}

function readWords({ count, blockMs, noAck, claimMs }: ReadOptions): Word[] {
  const words: Word[] = count === undefined ? [] : ["COUNT", count];
  if (blockMs !== undefined) words.push("BLOCK", blockMs);
  if (claimMs !== undefined) words.push("CLAIM", claimMs);
  if (noAck) words.push("NOACK");
  return words;
}

const streamWords = (from: From) => ["STREAMS", ...Object.keys(from), ...Object.values(from)];

class Ioredis implements StreamClient {
  private readonly redis: Redis;
  private readonly loose: Loose;

  constructor(redis: Redis) {
    this.redis = redis;
    this.loose = redis as unknown as Loose;
  }

  add(stream: string, fields: Fields, id = "*") {
    return this.loose.xadd(stream, id, ...Object.entries(fields).flat());
  }

  async addAll(stream: string, messages: readonly Fields[]) {
    const pipeline = this.redis.pipeline();
    for (const fields of messages) pipeline.xadd(stream, "*", ...Object.entries(fields).flat());
    return ((await pipeline.exec()) ?? []).map(([error, id]) => {
      if (error) throw error;
      return id as string;
    });
  }

  async addTogether(stream: string, messages: readonly Fields[]) {
    const multi = this.redis.multi();
    for (const fields of messages) multi.xadd(stream, "*", ...Object.entries(fields).flat());
    await multi.exec();
  }

  addCapped(stream: string, fields: Fields, maxLen: number, about: boolean) {
    const words = Object.entries(fields).flat();
    return this.loose.xadd(stream, "MAXLEN", about ? "~" : "=", maxLen, "*", ...words);
  }

  async read(from: From, options: ReadOptions = {}) {
    return batchesOf(await this.loose.xread(...readWords(options), ...streamWords(from)));
  }

  async readGroup(group: string, consumer: string, from: From, options: ReadOptions = {}) {
    const words = ["GROUP", group, consumer, ...readWords(options), ...streamWords(from)];
    return batchesOf(await this.loose.xreadgroup(...words));
  }

  async history(stream: string, group: string, consumer: string, from: string) {
    return (await this.readGroup(group, consumer, { [stream]: from }))[0].entries;
  }

  ack(stream: string, group: string, ids: readonly string[]) {
    return this.loose.xack(stream, group, ...ids);
  }

  async createGroup(stream: string, group: string, from: string) {
    await this.loose.xgroup("CREATE", stream, group, from, "MKSTREAM");
  }

  async setGroup(stream: string, group: string, to: string) {
    await this.loose.xgroup("SETID", stream, group, to);
  }

  async destroyGroup(stream: string, group: string) {
    return (await this.loose.xgroup("DESTROY", stream, group)) as number;
  }

  async deleteConsumer(stream: string, group: string, consumer: string) {
    return (await this.loose.xgroup("DELCONSUMER", stream, group, consumer)) as number;
  }

  async pendingSummary(stream: string, group: string) {
    type Raw = [number, string | null, string | null, [string, string][] | null];
    const [count, first, last, raw] = (await this.loose.xpending(stream, group)) as Raw;
    const consumers = (raw ?? []).map(([name, pending]) => [name, Number(pending)]);
    return { count, first, last, consumers: Object.fromEntries(consumers) };
  }

  async pending(stream: string, group: string, count: number, consumer?: string) {
    const words = [stream, group, "-", "+", count, ...(consumer === undefined ? [] : [consumer])];
    const raw = (await this.loose.xpending(...words)) as [string, string, number, number][];
    return raw.map(([id, owner, idleMs, deliveries]) => {
      return { id, consumer: owner, idleMs, deliveries };
    });
  }

  async claim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    ids: readonly string[],
    { retryCount, idle }: ClaimOptions = {},
  ) {
    const words: Word[] = [stream, group, consumer, minIdleMs, ...ids];
    if (idle !== undefined) words.push("IDLE", idle);
    if (retryCount !== undefined) words.push("RETRYCOUNT", retryCount);
    return (await this.loose.xclaim(...words)).map(entryOf);
  }

  async autoClaim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    start: string,
    count: number,
  ) {
    const words = [stream, group, consumer, minIdleMs, start, "COUNT", count];
    const [next, entries, deleted] = await this.loose.xautoclaim(...words);
    return { next, entries: entries.map(entryOf), deleted };
  }

  async groups(stream: string) {
    const raw = (await this.loose.xinfo("GROUPS", stream)) as (string | number | null)[][];
    return raw.map((words) => {
      const group: Record<string, unknown> = {};
      for (let at = 0; at < words.length; at += 2) group[words[at] as string] = words[at + 1];
      return groupOf(group);
    });
  }

  async range(stream: string, first: string, last: string, count?: number) {
    const words = count === undefined ? [] : ["COUNT", count];
    return (await this.loose.xrange(stream, first, last, ...words)).map(entryOf);
  }

  length(stream: string) {
    return this.redis.xlen(stream);
  }

  trim(stream: string, { maxLen, minId, about }: TrimTo) {
    const strategy = maxLen === undefined ? "MINID" : "MAXLEN";
    return this.loose.xtrim(stream, strategy, about ? "~" : "=", maxLen ?? minId ?? 0);
  }

  delete(stream: string, ids: readonly string[]) {
    return this.loose.xdel(stream, ...ids);
  }

  deleteBy(policy: Policy, stream: string, ids: readonly string[]) {
    return this.loose.xdelex(stream, policy, "IDS", ids.length, ...ids);
  }

  ackDelete(policy: Policy, stream: string, group: string, ids: readonly string[]) {
    return this.loose.xackdel(stream, group, policy, "IDS", ids.length, ...ids);
  }

  command(...[name, ...words]: string[]) {
    return this.redis.call(name, ...words);
  }

  die() {
    this.redis.disconnect();
    this.redis.stream?.destroy();
  }
}

function groupOf(raw: Record<string, unknown>): Group {
  return {
    name: raw.name as string,
    consumers: raw.consumers as number,
    pending: raw.pending as number,
    lastDelivered: raw["last-delivered-id"] as string,
    entriesRead: raw["entries-read"] as number | null,
    lag: raw.lag as number | null,
  };
}

function openNodeRedis(server: Server, RESP: 2 | 3) {
  const { host, port } = server;
  return createClient({ RESP, socket: { host, port, reconnectStrategy: false } });
}

interface Message {
  id: string;
  message: Record<string, string>;
  millisElapsedFromDelivery?: number;
  deliveriesCounter?: number;
}

function messageOf(raw: Message): Entry {
  const entry = { id: raw.id, fields: { ...raw.message } };
  const { millisElapsedFromDelivery: idleMs, deliveriesCounter: deliveries } = raw;
  return idleMs === undefined ? entry : { ...entry, idleMs, deliveries };
}

class NodeRedis implements StreamClient {
  private readonly redis: ReturnType<typeof openNodeRedis>;

  constructor(redis: ReturnType<typeof openNodeRedis>) {
    this.redis = redis;
  }

  add(stream: string, fields: Fields, id = "*") {
    return this.redis.xAdd(stream, id, fields);
  }

  addAll(stream: string, messages: readonly Fields[]) {
    // Commands of one tick are one pipeline.
    return Promise.all(messages.map((fields) => this.redis.xAdd(stream, "*", fields)));
  }

  async addTogether(stream: string, messages: readonly Fields[]) {
    const multi = this.redis.multi();
    for (const fields of messages) multi.xAdd(stream, "*", fields);
    await multi.exec();
  }

  addCapped(stream: string, fields: Fields, maxLen: number, about: boolean) {
    const strategyModifier = about ? "~" : "=";
    const TRIM = { strategy: "MAXLEN", strategyModifier, threshold: maxLen } as const;
    return this.redis.xAdd(stream, "*", fields, { TRIM });
  }

  async read(from: From, { count, blockMs }: ReadOptions = {}) {
    const options = { COUNT: count, BLOCK: blockMs };
    return this.batches(await this.redis.xRead(this.streams(from), options));
  }

  async readGroup(
    group: string,
    consumer: string,
    from: From,
    { count, blockMs, noAck, claimMs }: ReadOptions = {},
  ) {
    const options = { COUNT: count, BLOCK: blockMs, NOACK: noAck, CLAIM: claimMs };
    const streams = this.streams(from);
    return this.batches(await this.redis.xReadGroup(group, consumer, streams, options));
  }

  async history(stream: string, group: string, consumer: string, from: string) {
    // Its own method fails on entries without fields.
    const words = ["XREADGROUP", "GROUP", group, consumer, "STREAMS", stream, from];
    const reply: unknown = await this.redis.sendCommand(words);
    const entries = Array.isArray(reply) ? reply[0][1] : (reply as Record<string, unknown>)[stream];
    return (entries as RawEntry[]).map(entryOf);
  }

  ack(stream: string, group: string, ids: readonly string[]) {
    return this.redis.xAck(stream, group, [...ids]);
  }

  async createGroup(stream: string, group: string, from: string) {
    await this.redis.xGroupCreate(stream, group, from, { MKSTREAM: true });
  }

  async setGroup(stream: string, group: string, to: string) {
    await this.redis.xGroupSetId(stream, group, to);
  }

  destroyGroup(stream: string, group: string) {
    return this.redis.xGroupDestroy(stream, group);
  }

  deleteConsumer(stream: string, group: string, consumer: string) {
    return this.redis.xGroupDelConsumer(stream, group, consumer);
  }

  async pendingSummary(stream: string, group: string) {
    const { pending, firstId, lastId, consumers } = await this.redis.xPending(stream, group);
    const counts = (consumers ?? []).map(({ name, deliveriesCounter }) => {
      return [name, deliveriesCounter];
    });
    const byName = Object.fromEntries(counts);
    return { count: pending, first: firstId, last: lastId, consumers: byName };
  }

  async pending(stream: string, group: string, count: number, consumer?: string) {
    const options = consumer === undefined ? {} : { consumer };
    const raw = await this.redis.xPendingRange(stream, group, "-", "+", count, options);
    return raw.map((pending) => ({
      id: pending.id,
      consumer: pending.consumer,
      idleMs: pending.millisecondsSinceLastDelivery,
      deliveries: pending.deliveriesCounter,
    }));
  }

  async claim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    ids: readonly string[],
    { retryCount, idle }: ClaimOptions = {},
  ) {
    const options = { RETRYCOUNT: retryCount, IDLE: idle };
    const raw = await this.redis.xClaim(stream, group, consumer, minIdleMs, [...ids], options);
    return (raw as Message[]).map(messageOf);
  }

  async autoClaim(
    stream: string,
    group: string,
    consumer: string,
    minIdleMs: number,
    start: string,
    count: number,
  ) {
    const options = { COUNT: count };
    const raw = await this.redis.xAutoClaim(stream, group, consumer, minIdleMs, start, options);
    const entries = (raw.messages as Message[]).map(messageOf);
    return { next: raw.nextId, entries, deleted: raw.deletedMessages };
  }

  async groups(stream: string) {
    return (await this.redis.xInfoGroups(stream)).map((raw) => groupOf({ ...raw }));
  }

  async range(stream: string, first: string, last: string, count?: number) {
    const options = count === undefined ? undefined : { COUNT: count };
    return ((await this.redis.xRange(stream, first, last, options)) as Message[]).map(messageOf);
  }

  length(stream: string) {
    return this.redis.xLen(stream);
  }

  trim(stream: string, { maxLen, minId, about }: TrimTo) {
    const strategy = maxLen === undefined ? "MINID" : "MAXLEN";
    const strategyModifier = about ? "~" : "=";
    return this.redis.xTrim(stream, strategy, maxLen ?? minId ?? 0, { strategyModifier });
  }

  delete(stream: string, ids: readonly string[]) {
    return this.redis.xDel(stream, [...ids]);
  }

  deleteBy(policy: Policy, stream: string, ids: readonly string[]) {
    return this.redis.xDelEx(stream, [...ids], policy);
  }

  ackDelete(policy: Policy, stream: string, group: string, ids: readonly string[]) {
    return this.redis.xAckDel(stream, group, [...ids], policy);
  }

  command(...words: string[]) {
    return this.redis.sendCommand(words);
  }

  die() {
    if (this.redis.isOpen) this.redis.destroy();
  }

  private streams(from: From) {
    return Object.entries(from).map(([key, id]) => ({ key, id }));
  }

  private batches(batches: { name: unknown; messages: unknown }[] | null): Batch[] {
    return (batches ?? []).map(({ name, messages }) => {
      return { stream: name as string, entries: (messages as Message[]).map(messageOf) };
    });
  }
}

const ioredis: Driver = {
  name: "ioredis",
  async open({ host, port }) {
    const redis = new Redis({ host, port, retryStrategy: () => null });
    // Without a listener, ioredis prints each lost connection.
    redis.on("error", () => {});
    await redis.ping();
    return new Ioredis(redis);
  },
};

const nodeRedis = (RESP: 2 | 3): Driver => ({
  name: `node-redis, RESP${RESP}`,
  async open(server) {
    const redis = openNodeRedis(server, RESP);
    redis.on("error", () => {});
    await redis.connect();
    return new NodeRedis(redis);
  },
});

/** All that each scenario runs with. ioredis speaks RESP3 by itself. */
export const DRIVERS: readonly Driver[] = [ioredis, nodeRedis(2), nodeRedis(3)];
