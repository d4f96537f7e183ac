/** --bigkeys, --memkeys and --hotkeys: looks at every key, and tells of those that stand out. */
import { quoted } from "../base/quoted.ts";
import { askAll, connected, expectReply, scanSteps } from "./asking.ts";
import type { Link } from "./link.ts";
import type { Reply } from "./reply.ts";
import type { Session } from "./session.ts";

const HOT_KEYS = 16;
const FREQ_FAILED = "Warning: OBJECT freq on";

interface TypeFigures {
  readonly name: string;
  /** Asks how large a key is; null for types that nobody knows. */
  readonly sizeCommand: string | null;
  readonly unit: string;
  biggest: number;
  biggestKey: string | null;
  total: number;
  count: number;
}

const typeFigures = (name: string, sizeCommand: string | null, unit: string): TypeFigures => ({
  name,
  sizeCommand,
  unit,
  biggest: 0,
  biggestKey: null,
  total: 0,
  count: 0,
});

const heading = (what: string) => `
# Scanning the entire keyspace to find ${what} keys as well as
# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
# per 100 SCAN commands (not usually needed).

`;

export const bigKeys = (session: Session) => sampleSizes(session, false);
export const memoryKeys = (session: Session) => sampleSizes(session, true);

const percent = (part: number, whole: number) =>
  (whole === 0 ? 0 : (part / whole) * 100).toFixed(2).padStart(5, "0");

/** All keys, step by step, with what tells how far that is, by how many have been sampled. */
async function* keysOf(session: Session, link: Link) {
  const total = await expectReply(link, "DBSIZE");
  const done = (sampled: number) => percent(sampled, Number(total.text));
  for await (const keys of scanSteps(session, link)) yield { keys, done };
}

async function sampleSizes(session: Session, byMemory: boolean): Promise<number> {
  const link = await connected(session);
  const types = new Map(
    [
      typeFigures("list", "LLEN", "items"),
      typeFigures("hash", "HLEN", "fields"),
      typeFigures("string", "STRLEN", "bytes"),
      typeFigures("stream", "XLEN", "entries"),
      typeFigures("set", "SCARD", "members"),
      typeFigures("zset", "ZCARD", "members"),
    ].map((type) => [type.name, type]),
  );
  session.print(heading("biggest"));
  let sampled = 0;
  let namesSize = 0;
  for await (const { keys, done } of keysOf(session, link)) {
    const names = await askAll(
      link,
      keys.map((key) => ["TYPE", key]),
    );
    const kinds = names.map((reply) => typeNamed(types, reply));
    const sizes = await sizesOf(link, keys, kinds, byMemory, session.options.memorySamples);
    const progress = done(sampled);
    keys.forEach((key, i) => {
      const type = kinds[i];
      if (type === null) return;
      type.total += sizes[i];
      type.count++;
      namesSize += key.length;
      sampled++;
      if (sizes[i] <= type.biggest) return;
      type.biggest = sizes[i];
      type.biggestKey = key;
      const unit = byMemory ? "bytes" : type.unit;
      session.print(
        `[${progress}%] Biggest ${type.name.padEnd(6)} found so far ` +
          `'${quoted(key)}' with ${sizes[i]} ${unit}\n`,
      );
    });
  }
  session.print(summaryOf([...types.values()], sampled, namesSize, byMemory));
  return 0;
}

/** The figures of a type, made for one that is new; null if the key is gone. */
function typeNamed(types: Map<string, TypeFigures>, reply: Reply): TypeFigures | null {
  if (reply.kind !== "status") throw new Error(`Error: ${"text" in reply ? reply.text : ""}`);
  if (reply.text === "none") return null;
  const known = types.get(reply.text);
  if (known !== undefined) return known;
  const made = typeFigures(reply.text, null, "?");
  types.set(made.name, made);
  return made;
}

async function sizesOf(
  link: Link,
  keys: readonly string[],
  kinds: readonly (TypeFigures | null)[],
  byMemory: boolean,
  samples: number,
): Promise<number[]> {
  const commands = keys.map((key, i) => {
    const type = kinds[i];
    if (type === null || (type.sizeCommand === null && !byMemory)) return null;
    if (!byMemory) return [type.sizeCommand as string, key];
    return ["MEMORY", "USAGE", key, ...(samples < 0 ? [] : ["SAMPLES", String(samples)])];
  });
  const replies = await askAll(
    link,
    commands.filter((words) => words !== null),
  );
  // A key that is gone, or of another type by now, has no size.
  return commands.map((words) => {
    const reply = words === null ? undefined : replies.shift();
    return reply?.kind === "integer" ? Number(reply.text) : 0;
  });
}

function summaryOf(
  types: readonly TypeFigures[],
  sampled: number,
  namesSize: number,
  byMemory: boolean,
): string {
  const unit = (type: TypeFigures) => (byMemory ? "bytes" : type.unit);
  const average = (sum: number, count: number) => (count === 0 ? 0 : sum / count).toFixed(2);
  const lines = [
    "\n-------- summary -------\n\n",
    `Sampled ${sampled} keys in the keyspace!\n`,
    `Total key length in bytes is ${namesSize} (avg len ${average(namesSize, sampled)})\n\n`,
  ];
  for (const type of types) {
    if (type.biggestKey === null) continue;
    const name = type.name.padStart(6);
    const key = quoted(type.biggestKey);
    lines.push(`Biggest ${name} found '${key}' has ${type.biggest} ${unit(type)}\n`);
  }
  lines.push("\n");
  for (const type of types) {
    const { count, name, total } = type;
    lines.push(
      `${count} ${name}s with ${total} ${unit(type)} ` +
        `(${percent(count, sampled)}% of keys, avg size ${average(total, count)})\n`,
    );
  }
  return lines.join("");
}

export async function hotKeys(session: Session): Promise<number> {
  const link = await connected(session);
  const hottest: { key: string; count: number }[] = [];
  session.print(heading("hot"));
  let sampled = 0;
  for await (const { keys, done } of keysOf(session, link)) {
    const progress = done(sampled);
    const counts = await askAll(
      link,
      keys.map((key) => ["OBJECT", "FREQ", key]),
    );
    keys.forEach((key, i) => {
      sampled++;
      const count = countOf(counts[i], key, session);
      if (count === 0 || (hottest.length === HOT_KEYS && count <= hottest[HOT_KEYS - 1].count)) {
        return;
      }
      hottest.push({ key, count });
      hottest.sort((a, b) => b.count - a.count);
      hottest.splice(HOT_KEYS);
      session.print(`[${progress}%] Hot key '${quoted(key)}' found so far with counter ${count}\n`);
    });
  }
  session.print(`\n-------- summary -------\n\nSampled ${sampled} keys in the keyspace!\n`);
  for (const { key, count } of hottest) {
    session.print(`hot key found with counter: ${count}\tkeyname: ${quoted(key)}\n`);
  }
  return 0;
}

function countOf(reply: Reply, key: string, session: Session): number {
  if (reply.kind === "integer") return Number(reply.text);
  if (reply.kind !== "error") return 0;
  if (reply.text.includes("LFU")) throw new Error(reply.text);
  session.parts.writeError(
    `${FREQ_FAILED} ${quoted(key)} failed (may have been deleted): ${reply.text}\n`,
  );
  return 0;
}
