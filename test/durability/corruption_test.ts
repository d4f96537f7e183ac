// Purpose: a log in which something was changed by chance loads, or is refused with the file and
// the place; nothing else happens. CORRUPTIONS=10000 tries so many changes.

import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { runSteps } from "../../src/durability/loading.ts";
import { ownCpuMs } from "../client/process.ts";
import { Random } from "../fuzz/random.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

setDefaultTimeout(600_000);

const CORRUPTIONS = Number(process.env.CORRUPTIONS ?? 100);
const seed = Number(process.env.DURABILITY_SEED ?? 1);
const FOLDER = "appendonlydir";
/** Far above what loading a file of some KiB takes, on any machine. */
const LIMIT_MS = 10_000;

const time = new Timeline();
let sound: Map<string, Uint8Array>;

/** A disk with a log of a base, an increment and their manifest. */
function writeLog(isSnapshot: boolean): Map<string, Uint8Array> {
  const disk = new SimDisk();
  const args = ["--appendonly", "yes", "--aof-use-rdb-preamble", isSnapshot ? "yes" : "no"];
  const writer = new SimServer(disk, time, new Random(1), args);
  expect(writer.start()).toBeNull();
  const client = new SimClient(writer);
  const write = (n: number) => {
    const words = [
      ["SET", `s${n}`, "value"],
      ["RPUSH", `l${n}`, "a", "b", "c"],
      ["MULTI"],
      ["HSET", `h${n}`, "field", "value"],
      ["ZADD", `z${n}`, "1.5", "member"],
      ["EXEC"],
      ["XADD", `x${n}`, "1-1", "field", "value"],
    ];
    for (const command of words) client.send(command);
    writer.turn(10);
  };
  for (let n = 0; n < 8; n++) write(n);
  client.send(["BGREWRITEAOF"]);
  for (let n = 8; n < 12; n++) write(n);
  for (let i = 0; i < 50; i++) writer.turn(10);
  const files = disk.contents();
  writer.dispose();
  return files;
}

/** What is wrong with a log of these files, or null when it loads. */
function load(files: ReadonlyMap<string, Uint8Array>, cuts: boolean): string | null {
  const disk = new SimDisk();
  for (const [path, bytes] of files) disk.put(path, bytes);
  const args = ["--appendonly", "yes", "--aof-load-truncated", cuts ? "yes" : "no"];
  const loader = new SimServer(disk, time, new Random(1), args);
  try {
    return loader.server.appendLog.find() ?? runSteps(loader.server.appendLog.load());
  } finally {
    loader.dispose();
  }
}

/** The bytes with something changed. */
function corrupted(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const copy = bytes.slice();
  const size = random.between(1, 9);
  const kinds = [
    () => {
      for (let i = random.between(1, 3); i > 0; i--) {
        copy[random.below(copy.length)] ^= 1 << random.below(8);
      }
      return copy;
    },
    () => bytes.slice(0, at),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]),
    () => Buffer.concat([bytes.subarray(0, at), garbage(size, random), bytes.subarray(at)]),
    () => Buffer.concat([bytes, garbage(size, random)]),
    () => copy.fill(0, at, at + size),
    () =>
      fromLatin1(
        Buffer.from(bytes)
          .toString("latin1")
          .replace(/\d/, String(at * 1_000_003)),
      ),
  ];
  return kinds[random.below(kinds.length)]();
}

const garbage = (size: number, random: Random) =>
  Uint8Array.from({ length: size }, () => random.below(256));

/** What names no file is of the manifest, or says which of its lines is wrong in the log. */
const REFUSALS = [
  /appendonly\.aof\.\d+\.(base\.(rdb|aof)|incr\.aof).*(at byte \d+|Unexpected end)/s,
  /Can't open the append log file .+: No such file or directory/s,
  /^Unexpected end of file reading the append only file appendonly/,
  /^Fatal error: the truncated file appendonly.* is not the last file$/,
  /^(Found|The AOF manifest|Invalid AOF manifest|Unknown AOF|File can't be a path)/,
];

for (const isSnapshot of [true, false]) {
  describe(`a log whose base is ${isSnapshot ? "a snapshot" : "of commands"}`, () => {
    beforeAll(() => {
      sound = writeLog(isSnapshot);
      expect(sound.size).toBe(3);
      expect(load(sound, true)).toBeNull();
    });

    test("loads or is refused, when it was changed by chance", () => {
      const random = new Random(seed, Number(isSnapshot));
      const paths = [...sound.keys()].filter((path) => path.startsWith(FOLDER));
      let refused = 0;
      for (let i = 0; i < CORRUPTIONS / 2; i++) {
        const files = new Map(sound);
        const path = paths[random.below(paths.length)];
        files.set(path, corrupted(sound.get(path) as Uint8Array, random));
        const startMs = ownCpuMs();
        const problem = load(files, random.chance(0.5));
        expect(ownCpuMs() - startMs).toBeLessThan(LIMIT_MS);
        if (problem === null) continue;
        refused++;
        const isClear = REFUSALS.some((pattern) => pattern.test(problem));
        expect({ seed, i, path, problem, isClear }).toEqual({
          seed,
          i,
          path,
          problem,
          isClear: true,
        });
      }
      expect(refused).toBeGreaterThan(CORRUPTIONS / 20);
    });
  });
}

test("a size that no file can have is refused, or cut off, without room for it", () => {
  for (const size of ["536870911", "99999999999999999999", "-7"]) {
    const files = new Map([
      [`${FOLDER}/appendonly.aof.manifest`, fromLatin1("file a.incr.aof seq 1 type i\n")],
      [`${FOLDER}/a.incr.aof`, fromLatin1(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$${size}\r\nvalue\r\n`)],
    ]);
    const problem = load(files, true);
    if (size === "536870911") expect(problem).toBeNull();
    else expect(problem).toStartWith("Bad file format reading the append only file a.incr.aof");
  }
});
