// Purpose: bad input to every command on collections: whatever stands where another word belongs,
// the reply is the real server's byte for byte, and so is what both hold afterwards; what failed
// has changed nothing. Lines and keys are in bad_input_rows.ts.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { formatReply, typed, typedWords } from "../client/format.ts";
import { parseReply, plain, requestOf } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { exact } from "../fuzz/compare.ts";
import { readGrammar } from "../fuzz/grammar.ts";
import { policyOf } from "../fuzz/policies.ts";
import { EDGES, FAR_BITS, LATER_ROWS, PAIRED, ROWS, type Row, SETUP } from "./bad_input_rows.ts";
import { withoutTimes } from "./streams/stream_replies.ts";

/** So that no line makes a string of half a gigabyte; both servers speak of the same limit. */
const ARGS = "--enable-debug-command yes --proto-max-bulk-len 1mb".split(" ");

/** The groups of COMMAND DOCS whose commands all have a row. */
const GROUPS = ["list", "set", "hash", "sorted-set", "bitmap", "geo", "hyperloglog", "stream"];

/** Settings under which nothing is small. */
const LARGE = [
  "CONFIG SET hash-max-listpack-entries 0 zset-max-listpack-entries 0 set-max-intset-entries 0",
  "CONFIG SET list-max-listpack-size 1 hll-sparse-max-bytes 0 stream-node-max-entries 2",
];

/** Lines that succeed share keys in groups of so many: each changes them for the next. */
const GROUP_SIZE = 20;
/** Lines that the real server is asked about in one go. */
const BATCH_SIZE = 100;
/** Less than this, as a count of random elements, would fill memory. */
const SAMPLES_MOST = 100;

type Line = readonly Buffer[];

function wordsOf(line: string): Buffer[] {
  const words = typedWords(line);
  if (words === null) throw new Error(`unbalanced quotes: ${line}`);
  return words;
}

const EDGE_WORDS = EDGES.map((edge) => wordsOf(`"${edge}"`)[0]);
const PAIRED_WORDS = PAIRED.map((word) => Buffer.from(word));

/** Every line that is made of a row. */
function linesOf(row: Row): Line[] {
  const lines: Buffer[][] = [...row.good, ...(row.bad ?? [])].map(wordsOf);
  for (const good of row.good.map(wordsOf)) {
    for (let count = 1; count < good.length; count++) lines.push(good.slice(0, count));
    for (const more of ["extra", "1"]) lines.push([...good, Buffer.from(more)]);
    for (let at = 1; at < good.length; at++) {
      for (const word of EDGE_WORDS) {
        if (row.samples && Number(word.toString()) < -SAMPLES_MOST) continue;
        lines.push(good.with(at, word));
      }
      for (let second = at + 1; second < good.length; second++) {
        const pairs = PAIRED_WORDS.flatMap((a) => PAIRED_WORDS.map((b) => [a, b]));
        for (const [a, b] of pairs) lines.push(good.with(at, a).with(second, b));
      }
    }
  }
  const { except } = row;
  return except === undefined ? lines : lines.filter((line) => !except.test(shown(line)));
}

/** How a command's lines are sent: alone; after another; or, if they may wait, in a transaction. */
class Sender {
  private readonly name: string;
  private readonly before: Buffer[] = [];
  private readonly after: Buffer[] = [];
  /** Whether replies have times in them, which are not compared. */
  private readonly tellsTimes: boolean;

  constructor(name: string) {
    this.name = name;
    this.tellsTimes = /^xpending|^xinfo/.test(name);
    const { blocks, prepare } = policyOf(name);
    const before = prepare?.([]) ?? null;
    if (before !== null) this.before.push(requestOf(before));
    if (!blocks) return;
    this.before.push(requestOf(["MULTI"]));
    this.after.push(requestOf(["EXEC"]));
  }

  requests(line: Line): Buffer[] {
    return [...this.before, requestOf(line), ...this.after];
  }

  get replyCount(): number {
    return this.before.length + 1 + this.after.length;
  }

  /** Whether the last reply to a line says that it failed. */
  hasFailed(reply: Buffer): boolean {
    return /^(\*1\r\n)?-/.test(reply.toString("latin1"));
  }

  /** Whether replies to a line are equal, as far as chance and hash order let them be. */
  isSame(line: Line, ours: readonly Buffer[], real: readonly Buffer[]): boolean {
    const { compare = exact } = policyOf(this.name);
    const args = line.map((word) => word.toString("latin1"));
    return ours.every((bytes, index) => {
      if (bytes.equals(real[index])) return true;
      if (this.tellsTimes) return textOf([bytes], line) === textOf([real[index]], line);
      const [a, b] = [parseReply(real[index]).reply, parseReply(bytes).reply];
      return compare(a, b, { args, elapsedMs: 0 });
    });
  }
}

const SETUP_REQUESTS = SETUP.map((line) => requestOf(wordsOf(line)));
/** What is the same as long as nothing changes; a digest of all keys knows of no groups. */
const STATE = ["DBSIZE", "DEBUG DIGEST", "XINFO STREAM stream FULL"].map(wordsOf);
const STATE_REQUESTS = STATE.map(requestOf);

const shown = (line: Line) => line.map((word) => typed(word)).join(" ");

/** Replies to a line as they are shown, without times of today. */
const textOf = (replies: readonly Buffer[], line: Line) =>
  replies
    .map((bytes) => withoutTimes(formatReply(parseReply(bytes).reply), shown(line)))
    .join("\n        ");

/** The replies to STATE_REQUESTS. */
const stateOf = (replies: readonly Buffer[]) =>
  replies.map((bytes, index) => textOf([bytes], STATE[index])).join("\n        ");

/** Sends requests in one go. */
async function ask(client: Client, requests: readonly Buffer[]): Promise<Buffer[]> {
  client.wire.write(Buffer.concat(requests));
  return await client.wire.replies(requests.length);
}

describe.skipIf(redisBinary() === null)("bad input", () => {
  let servers: Server[] = [];
  let ours: Client;
  let real: Client;
  /** The replies to STATE_REQUESTS, with fresh keys. */
  let untouched = "";

  beforeAll(async () => {
    servers = await Promise.all([startServer({ args: ARGS }), startRedis({ args: ARGS })]);
    [ours, real] = await Promise.all(servers.map((server) => server.connect()));
  });

  afterAll(async () => {
    ours?.close();
    real?.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  const askBoth = (requests: readonly Buffer[]) =>
    Promise.all([ask(ours, requests), ask(real, requests)]);

  /** Sends lines to both, on fresh keys. What differs, in the replies or afterwards. */
  async function compare(sender: Sender, lines: readonly Line[]): Promise<string[]> {
    const requests = [
      ...SETUP_REQUESTS,
      ...lines.flatMap((line) => sender.requests(line)),
      ...STATE_REQUESTS,
    ];
    const [a, b] = await askBoth(requests);
    const differences: string[] = [];
    let at = SETUP_REQUESTS.length;
    let changes = false;
    for (const line of lines) {
      const [left, right] = [a, b].map((replies) => replies.slice(at, at + sender.replyCount));
      at += sender.replyCount;
      changes ||= !sender.hasFailed(left[left.length - 1]);
      if (sender.isSame(line, left, right)) continue;
      differences.push(
        `${shown(line)}\n  ours: ${textOf(left, line)}\n  real: ${textOf(right, line)}`,
      );
    }
    const after = [a, b].map((replies) => stateOf(replies.slice(at)));
    const which = () => `after ${lines.map(shown).join("\n  ")}`;
    if (after[0] !== after[1]) differences.push(`${which()}\n  ours: ${after.join("\n  real: ")}`);
    if (!changes && after[0] !== untouched) differences.push(`${which()}\n  something changed`);
    return differences;
  }

  /** The lines that a server refuses, and the others, each on fresh keys. */
  async function sorted(client: Client, sender: Sender, lines: readonly Line[]) {
    const failing: Line[] = [];
    const working: Line[] = [];
    for (let from = 0; from < lines.length; from += BATCH_SIZE) {
      const batch = lines.slice(from, from + BATCH_SIZE);
      const requests = batch.map((line) => [...SETUP_REQUESTS, ...sender.requests(line)]);
      const replies = await ask(client, requests.flat());
      let at = 0;
      for (const [index, line] of batch.entries()) {
        at += requests[index].length;
        (sender.hasFailed(replies[at - 1]) ? failing : working).push(line);
      }
    }
    return { failing, working };
  }

  test("every command has a row", async () => {
    const known = await readGrammar(real, ours);
    const missing = known.filter(({ name, group }) => GROUPS.includes(group) && !ROWS[name]);
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  describe.each([
    ["small values, RESP2", 2, []],
    ["large values, RESP3", 3, LARGE],
  ] as const)("%s", (_, protocol, settings) => {
    beforeAll(async () => {
      for (const line of [...settings, `HELLO ${protocol}`]) {
        const [a, b] = await Promise.all([ours, real].map((one) => one.command(...wordsOf(line))));
        expect([plain(a), plain(b)]).not.toContainEqual(expect.any(Error));
      }
      const states = await askBoth([...SETUP_REQUESTS, ...STATE_REQUESTS]);
      untouched = stateOf(states[0].slice(SETUP.length));
      expect(untouched).toBe(stateOf(states[1].slice(SETUP.length)));
    });

    test.each(Object.entries(ROWS))("%s", async (name, row) => {
      const sender = new Sender(name);
      const { failing, working } = await sorted(real, sender, linesOf(row));
      const differences = await compare(sender, failing);
      for (let from = 0; from < working.length; from += GROUP_SIZE) {
        const group = working.slice(from, from + GROUP_SIZE);
        differences.push(...(await compare(sender, group)));
      }
      expect(differences.join("\n")).toBe("");
    });

    test.each(Object.entries(LATER_ROWS))("%s, which Redis 7.0.15 has not", async (name, row) => {
      const { failing } = await sorted(ours, new Sender(name), linesOf(row));
      const requests = failing.map(requestOf);
      const replies = await ask(ours, [...SETUP_REQUESTS, ...requests, ...STATE_REQUESTS]);
      expect(failing.length).toBeGreaterThan(100);
      expect(stateOf(replies.slice(-STATE_REQUESTS.length))).toBe(untouched);
    });

    test("bits beyond the largest string", async () => {
      const limit = (size: string) => requestOf(["CONFIG", "SET", "proto-max-bulk-len", size]);
      await askBoth([limit("512mb")]);
      for (const line of FAR_BITS.map(wordsOf)) {
        const sender = new Sender(line[0].toString().toLowerCase());
        expect((await compare(sender, [line])).join("\n")).toBe("");
      }
      await askBoth([limit("1mb")]);
    });
  });
});
