// Purpose: the append-only log on a disk that fills up, breaks and forgets: what the sweep does by
// chance, one thing after the other, with the exact replies.

import { afterEach, describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { counted } from "../../src/base/counted.ts";
import { Random } from "../fuzz/random.ts";
import { type Fault, SimDisk } from "./sim_disk.ts";
import { strayFiles } from "./sim_run.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

const FOLDER = "appendonlydir";
const FIRST_INCREMENT = `${FOLDER}/appendonly.aof.1.incr.aof`;
const MANIFEST = `${FOLDER}/appendonly.aof.manifest`;
const STARTED = "+Background append only file rewriting started\r\n";
const NO_ROOM = "-MISCONF Errors writing to the AOF file: No space left on device\r\n";

const time = new Timeline();
const random = new Random(1);
const running: SimServer[] = [];

afterEach(() => {
  for (const server of running.splice(0)) server.dispose();
});

/** Starts a server with the log on, unless the arguments say otherwise. */
function start(disk: SimDisk, ...args: string[]): SimServer {
  const server = new SimServer(disk, time, random, ["--appendonly", "yes", "--hz", "10", ...args]);
  running.push(server);
  expect(server.start()).toBeNull();
  return server;
}

/** What the server that `refusal` tried to start has logged. */
let lines = "";

/** What a server that can not be started says. */
function refusal(disk: SimDisk, ...args: string[]): string | null {
  const server = new SimServer(disk, time, random, ["--appendonly", "yes", ...args]);
  running.push(server);
  const problem = server.start();
  lines = server.lines.join("");
  return problem;
}

/** Runs commands, each in a turn of its own, and gives their replies. */
function run(server: SimServer, ...commands: string[]): string[] {
  const client = new SimClient(server);
  for (const command of commands) {
    client.send(command.split(" "));
    pass(server, 60);
  }
  return client.replies;
}

/** Lets time pass in small turns. */
function pass(server: SimServer, ms: number): void {
  for (let i = 0; i < ms; i += 10) server.turn(10);
}

const names = (disk: SimDisk) => [...disk.contents().keys()].sort();
const bytesOf = (disk: SimDisk, path: string) => disk.contents().get(path) as Uint8Array;
const textOf = (disk: SimDisk, path: string) => Buffer.from(bytesOf(disk, path)).toString("latin1");
/** What starts have cut off. */
const keptIn = (disk: SimDisk) =>
  names(disk)
    .filter((path) => path.includes(".cut-"))
    .map((path) => textOf(disk, path));

const keysOf = (server: SimServer) => [...server.state.keys()].sort();

function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

/** How much of the beginning of a log is commands, annotations and transactions that are whole. */
function wholeOf(text: string, transactions: readonly string[]): string {
  let size = 0;
  const pattern = /^(#[^\n]*\n|\*3(\r\n\$\d+\r\n\w*){3}\r\n)/;
  for (;;) {
    const rest = text.slice(size);
    const found = transactions.find((one) => rest.startsWith(one)) ?? pattern.exec(rest)?.[0];
    if (found === undefined) return text.slice(0, size);
    size += found.length;
  }
}

/** A disk with a log of one increment that holds this. */
function diskWith(text: string): SimDisk {
  const first = new SimDisk();
  start(first);
  const disk = first.afterKill();
  disk.put(FIRST_INCREMENT, fromLatin1(text));
  return disk;
}

describe("a tail of zero bytes, as after a power cut", () => {
  const sound = request("SET", "a", "1");
  const cuts: Record<string, string> = {
    "after a command": "",
    "within a size": "*3\r\n$3\r\nSET\r\n$1",
    "within a value": "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$40\r\nhalf of it",
    "after a value": "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$4\r\nfour",
    "within a transaction": request("MULTI") + request("SET", "b", "1"),
  };
  for (const [where, rest] of Object.entries(cuts)) {
    test(`${where} is cut off`, () => {
      const disk = diskWith(`${sound}${rest}${"\0".repeat(9000)}`);
      const server = start(disk);
      expect(keysOf(server)).toEqual(["a"]);
      expect(textOf(disk, FIRST_INCREMENT)).toBe(sound);
      expect(keptIn(disk)).toEqual([`${rest}${"\0".repeat(9000)}`]);
      expect(run(server, "SET c 1")).toEqual(["+OK\r\n"]);
      expect(keysOf(start(disk.afterKill()))).toEqual(["a", "c"]);
    });
  }

  test("that is all there is of a file is an error, and the file stays as it is", () => {
    for (const count of [1, 100, 5000]) {
      const zeros = "\0".repeat(count);
      const disk = diskWith(zeros);
      expect(refusal(disk)).toStartWith(
        "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup",
      );
      expect(lines).toContain(
        "The AOF file appendonly.aof.1.incr.aof holds nothing but zero bytes",
      );
      expect(textOf(disk, FIRST_INCREMENT)).toBe(zeros);
    }
  });

  test("is refused where a cut file is, under aof-load-truncated no", () => {
    const disk = diskWith(`${sound}${"\0".repeat(100)}`);
    expect(refusal(disk, "--aof-load-truncated", "no")).toStartWith(
      "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof.",
    );
    expect(bytesOf(disk, FIRST_INCREMENT).length).toBe(sound.length + 100);
  });

  test("is a value's own within a command", () => {
    const server = start(diskWith(request("SET", "a", "\0\0\0")));
    expect(run(server, "GET a")).toEqual(["$3\r\n\0\0\0\r\n"]);
  });
});

describe("a log that a start does not take", () => {
  const sound = request("SET", "a", "1");
  const set = request("SET", "b", "22");

  /** All that can be the beginning of a command, and of nothing else, is cut off and kept. */
  test("cut at every byte: what is a true prefix is cut off, and kept beside the log", () => {
    const all = `${request("MULTI")}${set}${request("EXEC")}#TS:1700000000\r\n${set}`;
    for (let cut = 0; cut < all.length; cut++) {
      const rest = all.slice(0, cut);
      const disk = diskWith(sound + rest);
      const server = start(disk);
      const whole = sound + wholeOf(rest, [`${request("MULTI")}${set}${request("EXEC")}`]);
      expect([cut, textOf(disk, FIRST_INCREMENT)]).toEqual([cut, whole]);
      const off = (sound + rest).slice(whole.length);
      expect(keptIn(disk)).toEqual(off === "" ? [] : [off]);
      if (off === "") continue;
      const [name] = names(disk).filter((path) => path.includes(".cut-"));
      const told = server.lines.join("");
      expect(told).toContain(
        `!!! Truncating the AOF appendonly.aof.1.incr.aof at offset ${whole.length} !!!`,
      );
      expect(told).toContain(`What is cut off, ${counted(off.length, "byte")}, is kept in ${name}`);
    }
  });

  const malformed: Record<string, [rest: string, at: number]> = {
    "lines that end with LF alone": ["*3\n$3\nSET\n$1\na\n$1\n1\n", 2],
    "a count that is none": ["*\x01\x02\x03\x04garbage", 1],
    "a count of letters, without an end": ["*abc", 1],
    "a count with something behind it": ["*3x", 2],
    "a count of 0": ["*0\r\n", 1],
    "a negative count": ["*-1\r\n", 1],
    "a count with a leading zero": ["*03\r\n$3\r\nSET", 1],
    "a count with a sign": [`*+3${set.slice(2)}`, 1],
    "a count that is too large": ["*2147483648", 10],
    "a count without a number": ["*\r\n", 1],
    "CR without LF after a count": [`*3\rX${set.slice(4)}`, 3],
    "no size": ["*3\r\nSET", 4],
    "a size of no number": ["*3\r\n$x", 5],
    "a negative size": ["*1\r\n$-1\r\n", 5],
    "a size that no command has": ["*1\r\n$2147483647", 14],
    "CR without LF after a size": ["*1\r\n$4\r$PING\r\n", 7],
    "an argument that is longer than its size": ["*2\r\n$3\r\nGETS\r\n", 11],
    "LF alone after an argument": ["*1\r\n$4\r\nPING\n", 12],
    "CR without LF after an argument": ["*1\r\n$4\r\nPING\rX", 13],
    "two other bytes after an argument": ["*1\r\n$4\r\nPINGxx", 12],
    "a line as people type them": ["FLUSHALL\r\n", 0],
    "a line without an end": ["SET b 1", 0],
    "an empty line": ["\r\n", 0],
    "an annotation that does not end": [`#${"x".repeat(1100)}`, 0],
    "something else": ["\x7f", 0],
  };
  for (const [what, [rest, at]] of Object.entries(malformed)) {
    test(`with ${what} is refused, and stays as it is`, () => {
      // Whatever follows, and wherever the reading of the file is interrupted.
      for (const more of ["", set, set.repeat(9), "\0".repeat(5), "x".repeat(300_000)]) {
        const disk = diskWith(sound + rest + more);
        const before = disk.contents();
        const problem = refusal(disk);
        expect(problem).toStartWith(
          "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup " +
            "of your AOF file, then use rusk check-aof --fix <filename.manifest> (at byte ",
        );
        expect(problem).toEndWith(`(at byte ${sound.length + at})`);
        expect(disk.contents()).toEqual(before);
      }
    });
  }

  test("is not cut when there is no room for what is cut off", () => {
    const disk = diskWith(`${sound}*3\r\n$3`);
    disk.isFull = true;
    expect(refusal(disk)).toBe(
      "Error truncating the AOF file appendonly.aof.1.incr.aof: No space left on device",
    );
    expect(textOf(disk, FIRST_INCREMENT)).toBe(`${sound}*3\r\n$3`);
    expect(keptIn(disk)).toEqual([]);
  });

  test("twice within a second leaves two files", () => {
    const first = diskWith(`${sound}*3\r\n$3`);
    const ms = time.ms;
    start(first);
    const second = first.afterKill();
    second.put(FIRST_INCREMENT, fromLatin1(`${sound}*4`));
    time.ms = ms;
    start(second);
    expect(keptIn(second).sort()).toEqual(["*3\r\n$3", "*4"]);
  });
});

describe("a full disk", () => {
  test("under everysec: writes are refused until there is room, and none is lost", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "everysec");
    run(server, "SET a 1");
    disk.isFull = true;
    // As Redis, which tells those that come after the first that fails.
    expect(run(server, "SET b 1", "SET c 1", "GET b", "PING")).toEqual([
      "+OK\r\n",
      NO_ROOM,
      "$1\r\n1\r\n",
      NO_ROOM,
    ]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a"]);
    disk.isFull = false;
    pass(server, 1500);
    expect(run(server, "SET d 1")).toEqual(["+OK\r\n"]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "d"]);
  });

  test("that does not let a part of a write be taken back either", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "everysec");
    disk.isFull = true;
    // The write, and then the cut.
    disk.fault = { at: disk.operations.length + 2, kind: "broken", isDone: false };
    expect(run(server, "SET a 1", "SET b 1")).toEqual(["+OK\r\n", NO_ROOM]);
    disk.isFull = false;
    pass(server, 1500);
    expect(run(server, "SET c 1")).toEqual(["+OK\r\n"]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "c"]);
  });

  test("under always: the server ends, and confirms nothing more", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "always");
    disk.isFull = true;
    expect(run(server, "SET a 1")).toEqual([]);
    expect(server.exitCode).toBe(1);
    disk.isFull = false;
    expect(keysOf(start(disk.afterKill()))).toEqual([]);
  });

  test("a rewriting fails, nothing is left of it, and it works once there is room", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "everysec");
    run(server, "SET a 1");
    const before = names(disk);
    disk.isFull = true;
    expect(run(server, "BGREWRITEAOF")).toEqual([
      "-ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
        "information.\r\n",
    ]);
    expect(names(disk)).toEqual(before);
    disk.isFull = false;
    expect(run(server, "SET b 1", "BGREWRITEAOF")).toEqual(["+OK\r\n", STARTED]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b"]);
  });

  test("BGSAVE fails, the old file is as it was, and nothing is left behind", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no");
    run(server, "SET a 1", "SAVE", "SET b 1");
    const before = textOf(disk, "dump.rdb");
    disk.isFull = true;
    expect(run(server, "BGSAVE")).toEqual(["-ERR\r\n"]);
    disk.isFull = false;
    // After a look at the old file, the rest of the new, which is written in one piece.
    disk.fault = { at: disk.operations.length + 4, kind: "broken", isDone: false };
    expect(run(server, "BGSAVE")).toEqual(["+Background saving started\r\n"]);
    expect(server.server.snapshots.lastFailed).toBe(true);
    expect(names(disk)).toEqual(["dump.rdb"]);
    expect(textOf(disk, "dump.rdb")).toBe(before);
  });
});

test("under always a sync that fails ends the server, and what waited for it is not told", () => {
  // The operation that fails: after the write; and after a base is begun as well.
  const cases = { "SET a 1": 2, "SET a 1; BGREWRITEAOF": 3 };
  for (const [commands, number] of Object.entries(cases)) {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "always");
    const client = new SimClient(server);
    disk.fault = { at: disk.operations.length + number, kind: "broken", isDone: false };
    for (const command of commands.split("; ")) client.send(command.split(" "));
    pass(server, 100);
    expect(disk.operations[disk.fault.at - 1]).toStartWith("sync");
    expect(client.replies).toEqual([]);
    expect(server.exitCode).toBe(1);
  }
});

test("a sync that goes on when the file changes is waited for", () => {
  const disk = new SimDisk();
  const server = start(disk, "--appendfsync", "always");
  const client = new SimClient(server);
  // The sync of the first is never heard of.
  disk.defer = () => {};
  client.send(["SET", "a", "1"]);
  pass(server, 20);
  expect(client.replies).toEqual([]);
  client.send(["BGREWRITEAOF"]);
  expect(client.replies).toEqual(["+OK\r\n"]);
  expect(keysOf(start(disk.afterPowerCut(null)))).toEqual(["a"]);
});

test("an increment is on the disk before anything reaches the next", () => {
  const disk = new SimDisk();
  const server = start(disk, "--appendfsync", "everysec");
  const client = new SimClient(server);
  client.send(["SET", "a", "1"]);
  client.send(["BGREWRITEAOF"]);
  // The base fails, so that both increments are needed.
  disk.fault = { at: disk.operations.length + 1, kind: "broken", isDone: false };
  pass(server, 100);
  expect(server.server.appendLog.lastRewriteFailed).toBe(true);
  client.send(["SET", "b", "1"]);
  pass(server, 2000);
  expect(client.replies).toEqual(["+OK\r\n", STARTED, "+OK\r\n"]);
  expect(keysOf(start(disk.afterPowerCut(null)))).toEqual(["a", "b"]);
});

test("DEBUG LOADAOF loads what waits to be written as well", () => {
  const disk = new SimDisk();
  const server = start(disk, "--appendfsync", "always");
  const client = new SimClient(server);
  disk.defer = () => {};
  client.send(["SET", "a", "1"]);
  pass(server, 20);
  client.send(["SET", "b", "1"]);
  client.send(["DEBUG", "LOADAOF"]);
  pass(server, 20);
  expect(client.replies).toEqual(["+OK\r\n", "+OK\r\n", "+OK\r\n"]);
  expect(keysOf(server)).toEqual(["a", "b"]);
  expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b"]);
});

test("after DEBUG LOADAOF nothing has changed since the last save", () => {
  const server = start(new SimDisk());
  const changes = () =>
    /rdb_changes_since_last_save:(\d+)/.exec(run(server, "INFO persistence")[0])?.[1];
  run(server, "SET a 1", "SET b 2");
  expect(changes()).toBe("2");
  expect(run(server, "DEBUG LOADAOF")).toEqual(["+OK\r\n"]);
  expect(changes()).toBe("0");
  run(server, "SET c 3");
  expect(changes()).toBe("1");
});

describe("WAITAOF", () => {
  const SYNCED = "*2\r\n:1\r\n:0\r\n";
  const afterPowerCut = (disk: SimDisk) => keysOf(start(disk.afterPowerCut(null)));

  /** A client that has sent commands, all in one turn. */
  function begin(server: SimServer, ...commands: string[]): SimClient {
    const client = new SimClient(server);
    for (const command of commands) client.send(command.split(" "));
    return client;
  }

  test("under everysec comes with the sync, within a second though nobody else writes", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "everysec");
    run(server, "SET a 1", "WAITAOF 1 0 0");
    const syncs: (() => void)[] = [];
    disk.defer = (sync) => void syncs.push(sync);
    const client = begin(server, "SET b 1", "WAITAOF 1 0 0");
    const beganMs = time.ms;
    while (syncs.length === 0) {
      server.turn(10);
      // The second, and the timer that looks whether it is over.
      expect(time.ms - beganMs).toBeLessThan(1150);
    }
    pass(server, 3000);
    expect(client.replies).toEqual(["+OK\r\n"]);
    expect(afterPowerCut(disk)).toEqual(["a"]);
    syncs[0]();
    server.turn();
    expect(client.replies).toEqual(["+OK\r\n", SYNCED]);
    expect(afterPowerCut(disk)).toEqual(["a", "b"]);
  });

  test("under always comes right after the reply that waits for the same sync", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "always");
    const syncs: (() => void)[] = [];
    disk.defer = (sync) => void syncs.push(sync);
    const client = begin(server, "SET a 1", "WAITAOF 1 0 0", "GET a");
    pass(server, 1000);
    expect(client.replies).toEqual([]);
    syncs[0]();
    pass(server, 20);
    expect(client.replies).toEqual(["+OK\r\n", SYNCED, "$1\r\n1\r\n"]);
  });

  test("does not come while the disk is full, nor for a sync that fails", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "everysec");
    run(server, "SET a 1", "WAITAOF 1 0 0");
    disk.isFull = true;
    const client = begin(server, "SET b 1", "WAITAOF 1 0 0");
    pass(server, 4000);
    expect(client.replies).toEqual(["+OK\r\n"]);
    while (disk.operations.at(-1) !== "sync at last") server.turn(10);
    disk.isFull = false;
    // The write goes well then, and the sync after it does not.
    disk.fault = { at: disk.operations.length + 2, kind: "broken", isDone: false };
    while (disk.operations.length < disk.fault.at) server.turn(10);
    pass(server, 500);
    expect(disk.operations[disk.fault.at - 1]).toBe("sync later");
    expect(client.replies).toEqual(["+OK\r\n"]);
    pass(server, 1500);
    expect(client.replies).toEqual(["+OK\r\n", SYNCED]);
    expect(afterPowerCut(disk)).toEqual(["a", "b"]);
  });

  test("comes when the log is rewritten under appendfsync no, even in vain", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", "no");
    const client = begin(server, "SET a 1", "WAITAOF 1 0 0");
    pass(server, 3000);
    expect(client.replies).toEqual(["+OK\r\n"]);
    begin(server, "BGREWRITEAOF");
    disk.fault = { at: disk.operations.length + 1, kind: "broken", isDone: false };
    pass(server, 100);
    expect(server.server.appendLog.lastRewriteFailed).toBe(true);
    expect(client.replies).toEqual(["+OK\r\n", SYNCED]);
    expect(afterPowerCut(disk)).toEqual(["a"]);
  });

  test("waits for the base of a log that is turned on", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no", "--appendfsync", "no");
    const client = begin(server, "SET a 1", "CONFIG SET appendonly yes", "WAITAOF 1 0 0");
    while (!names(disk).includes(MANIFEST)) {
      expect(client.replies.length).toBeLessThan(3);
      server.turn();
    }
    server.turn();
    expect(client.replies).toEqual(["+OK\r\n", "+OK\r\n", SYNCED]);
    expect(afterPowerCut(disk)).toEqual(["a"]);
  });
});

test("keys that expire right after the log was turned off and on are no open transaction", () => {
  const disk = new SimDisk();
  const server = start(disk);
  run(server, "SET a 1 PX 600", "SET b 1 PX 600", "SET c 1");
  // In a transaction it begins with a turn of the timer.
  run(server, "CONFIG SET appendonly no", "MULTI", "CONFIG SET appendonly yes", "EXEC");
  pass(server, 1000);
  expect(keysOf(server)).toEqual(["c"]);
  const increments = names(disk).filter((name) => name.endsWith(".incr.aof"));
  const texts = increments.map((name) => textOf(disk, name).replace(/\r\n[*$]\d+/g, ""));
  expect(texts.map((text) => text.replaceAll("\r\n", " "))).toEqual([
    expect.stringMatching(/^\*2 SELECT 0( DEL [ab]){2} $/),
  ]);
  expect(keysOf(start(disk.afterKill()))).toEqual(["c"]);
});

describe("CONFIG SET dir with the log on", () => {
  const manifestOf = (disk: SimDisk) => textOf(disk, `other/${MANIFEST}`);

  function begin(...args: string[]): { disk: SimDisk; server: SimServer } {
    const disk = new SimDisk();
    disk.addFolder("other");
    const server = start(disk, ...args);
    run(server, "SET a 1", "CONFIG SET dir other", "SET b 1");
    return { disk, server };
  }

  test("leaves it until it is rewritten; then it follows, and the old one stays whole", () => {
    const { disk, server } = begin();
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b"]);
    expect(run(server, "DEBUG LOADAOF", "BGREWRITEAOF")).toEqual(["+OK\r\n", STARTED]);
    pass(server, 500);
    expect(run(server, "SET c 1", "DEBUG LOADAOF")).toEqual(["+OK\r\n", "+OK\r\n"]);
    expect(manifestOf(disk)).toBe(
      "file appendonly.aof.1.base.rdb seq 1 type b\n" +
        "file appendonly.aof.1.incr.aof seq 1 type i\n",
    );
    expect(names(disk).filter((name) => name.startsWith("other/"))).toEqual([
      `other/${FOLDER}/appendonly.aof.1.base.rdb`,
      `other/${FIRST_INCREMENT}`,
      `other/${MANIFEST}`,
    ]);
    expect(keysOf(start(disk.afterKill(), "--dir", "other"))).toEqual(["a", "b", "c"]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b"]);
    run(server, "BGREWRITEAOF", "SET d 1");
    expect(manifestOf(disk)).toContain("appendonly.aof.2.base.rdb");
    expect(keysOf(start(disk.afterKill(), "--dir", "other"))).toEqual(["a", "b", "c", "d"]);
  });

  test("changes are in the old folder at every step until the new one has all of them", () => {
    for (let turns = 0; turns < 12; turns++) {
      const { disk, server } = begin("--appendfsync", "always");
      const client = new SimClient(server);
      client.send(["BGREWRITEAOF"]);
      for (let i = 0; i < turns; i++) server.turn(1);
      let isOver = !server.server.appendLog.isRewriting;
      client.send(["SET", "c", "1"]);
      while (client.replies.length < 2 && !isOver) {
        server.turn(1);
        isOver = !server.server.appendLog.isRewriting;
      }
      const home = isOver ? ["--dir", "other"] : [];
      pass(server, isOver ? 100 : 0);
      for (const left of [disk.afterKill(), disk.afterPowerCut(random)]) {
        const keys = keysOf(start(left, ...home));
        expect({ turns, keys }).toEqual({ turns, keys: ["a", "b", "c"] });
      }
    }
  });

  /** Which operation of a rewriting to a folder that is there syncs the log as it is. */
  const OWN_SYNC = 3;

  test("where the new folder can not be written to it stays, whole and without leftovers", () => {
    const { disk, server } = begin();
    let count = 0;
    for (let at = 1; at < 12; at++) {
      // When the log as it is cannot be synced, it takes no more.
      if (at === OWN_SYNC) continue;
      disk.fault = { at: disk.operations.length + at, kind: "broken", isDone: false };
      run(server, "BGREWRITEAOF");
      if (server.server.appendLog.folder !== `/${FOLDER}`) break;
      expect(run(server, "INCR n")).toEqual([`:${++count}\r\n`]);
      expect(names(disk).filter((name) => name.includes("temp-"))).toEqual([]);
      expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "n"]);
    }
  });
});

describe("a log that is turned on where its first base has no room", () => {
  const unkept = /The AOF has no base: changes are NOT kept until it can be written/;
  const status = (server: SimServer) => {
    const [info] = run(server, "INFO persistence");
    return info.match(/aof_last_(bgrewrite|write)_status:\w+|aof_enabled:\d/g);
  };

  function begin(policy: string): { disk: SimDisk; server: SimServer } {
    const disk = new SimDisk();
    const server = start(disk, "--appendfsync", policy);
    expect(run(server, "SET a 1", "CONFIG SET appendonly no")).toEqual(["+OK\r\n", "+OK\r\n"]);
    disk.fault = { at: disk.operations.length + 6, kind: "full", isDone: false };
    expect(run(server, "CONFIG SET appendonly yes")).toEqual(["+OK\r\n"]);
    pass(server, 5000);
    expect(disk.isFull).toBe(true);
    expect(server.server.progress.state).toBe("waiting");
    expect(server.lines.filter((line) => unkept.test(line)).length).toBe(1);
    return { disk, server };
  }

  for (const policy of ["everysec", "no", "always"]) {
    test(`under ${policy}: is tried again, says so, and is whole within a second of room`, () => {
      const { disk, server } = begin(policy);
      expect(status(server)).toEqual([
        "aof_enabled:1",
        "aof_last_bgrewrite_status:err",
        "aof_last_write_status:err",
      ]);
      const isRefused = policy === "always";
      expect(run(server, "SET b 1")).toEqual([isRefused ? NO_ROOM : "+OK\r\n"]);
      expect(run(server, "GET a")).toEqual(["$1\r\n1\r\n"]);
      disk.isFull = false;
      pass(server, 1500);
      expect(server.server.progress.state).toBe("on");
      expect(status(server)).toEqual([
        "aof_enabled:1",
        "aof_last_bgrewrite_status:ok",
        "aof_last_write_status:ok",
      ]);
      expect(run(server, "SET c 1")).toEqual(["+OK\r\n"]);
      const keys = isRefused ? ["a", "c"] : ["a", "b", "c"];
      expect(keysOf(start(disk.afterKill()))).toEqual(keys);
      expect(strayFiles(disk)).toEqual([]);
    });
  }

  test("follows appendfsync, and is over when it is turned off", () => {
    const { server } = begin("everysec");
    expect(run(server, "CONFIG SET appendfsync always", "SET b 1")).toEqual(["+OK\r\n", NO_ROOM]);
    expect(run(server, "CONFIG SET appendonly no", "SET b 1")).toEqual(["+OK\r\n", "+OK\r\n"]);
    expect(status(server)).toEqual([
      "aof_enabled:0",
      "aof_last_bgrewrite_status:err",
      "aof_last_write_status:ok",
    ]);
  });
});

test("DEBUG LOADAOF without a log that is whole leaves the data as they are", () => {
  const server = start(new SimDisk(), "--appendonly", "no");
  const refused = "-ERR There is no append only file to load\r\n";
  const replies = run(server, "SET a 1", "DEBUG LOADAOF", "GET a");
  expect(replies).toEqual(["+OK\r\n", refused, "$1\r\n1\r\n"]);
});

describe("SHUTDOWN while the first base of a log is written", () => {
  function begin(): SimServer {
    const server = start(new SimDisk(), "--appendonly", "no");
    const client = new SimClient(server);
    client.send(["SET", "a", "1"]);
    client.send(["CONFIG", "SET", "appendonly", "yes"]);
    return server;
  }

  test("is refused, and that goes on", () => {
    const server = begin();
    const replies = run(server, "SHUTDOWN NOSAVE", "SET b 1");
    expect(replies).toEqual(["-ERR Errors trying to SHUTDOWN. Check logs.\r\n", "+OK\r\n"]);
    expect(server.lines.slice(-4).map((line) => line.replace(/^.*?[#*] /, ""))).toEqual([
      "User requested shutdown...\n",
      "Writing initial AOF, can't exit.\n",
      "Errors trying to shut down the server. Check the logs for more information.\n",
      "Background AOF rewrite finished successfully\n",
    ]);
    expect(keysOf(start(server.disk.afterKill()))).toEqual(["a", "b"]);
  });

  test("is done by force, and leaves nothing behind", () => {
    const server = begin();
    expect(run(server, "SHUTDOWN FORCE")).toEqual([]);
    expect(server.exitCode).toBe(0);
    expect(server.lines.slice(-4).map((line) => line.replace(/^.*?[#*] /, ""))).toEqual([
      "User requested shutdown...\n",
      "Writing initial AOF. Exit anyway.\n",
      "There is a child rewriting the AOF. Killing it!\n",
      "Killing AOF child: the rewriting in the background is called off\n",
    ]);
    expect(names(server.disk).filter((name) => name.includes(".tmp-"))).toEqual([]);
  });
});

test("a SHUTDOWN that fails leaves the log on", () => {
  const disk = new SimDisk();
  const server = start(disk, "--appendfsync", "always");
  disk.fault = { at: disk.operations.length + 1, kind: "broken", isDone: false };
  expect(run(server, "SHUTDOWN SAVE", "SET a 1")).toEqual([
    "-ERR Errors trying to SHUTDOWN. Check logs.\r\n",
    "+OK\r\n",
  ]);
  expect(keysOf(start(disk.afterKill()))).toEqual(["a"]);
});

describe("a manifest whose folder cannot be synced may be in force after a crash", () => {
  test("where an increment is added, and where a base is replaced", () => {
    for (const isSynced of [false, true]) {
      for (let number = 1; number < 20; number++) {
        const disk = new SimDisk();
        const server = start(disk, "--appendfsync", "always");
        run(server, "SET a 1");
        disk.fault = { at: disk.operations.length + number, kind: "broken", isDone: false };
        const client = new SimClient(server);
        client.send(["BGREWRITEAOF"]);
        pass(server, 100);
        if (disk.operations[disk.fault.at - 1] !== "sync a folder") continue;
        const replies = run(server, "INCR b");
        if (isSynced) run(server, "BGREWRITEAOF", "INCR b");
        for (const left of [disk.afterKill(), disk.afterPowerCut(random)]) {
          const next = start(left);
          expect({ number, replies, keys: keysOf(next) }).toEqual({
            number,
            replies: [":1\r\n"],
            keys: ["a", "b"],
          });
          expect(run(next, "GET b")).toEqual([`$1\r\n${isSynced ? 2 : 1}\r\n`]);
        }
      }
    }
  });
});

describe("the log's folder whose name may not be on the disk", () => {
  test("where that failed, when the log is turned on", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no", "--appendfsync", "always");
    disk.fault = { at: disk.operations.length + 2, kind: "broken", isDone: false };
    expect(run(server, "CONFIG SET appendonly yes")[0]).toStartWith("-ERR");
    expect(disk.operations.slice(-2)).toEqual(["make a folder", "sync a folder"]);
    expect(run(server, "CONFIG SET appendonly yes", "SET a 1")).toEqual(["+OK\r\n", "+OK\r\n"]);
    expect(keysOf(start(disk.afterPowerCut(null)))).toEqual(["a"]);
  });

  test("where the server was killed before it was", () => {
    const disk = new SimDisk();
    disk.fault = { at: 2, kind: "stop", isDone: false };
    refusal(disk);
    expect(disk.operations).toEqual(["make a folder", "sync a folder"]);
    const left = disk.afterKill();
    start(left);
    expect(left.operations[0]).toBe("sync a folder");
  });
});

describe("turning the log on", () => {
  test("over an older log gives new names, and removes the old files", () => {
    const old = new SimDisk();
    run(start(old), "INCR a");
    const disk = old.afterKill();
    const server = start(disk, "--appendonly", "no");
    expect(run(server, "SET b 1", "CONFIG SET appendonly yes")).toEqual(["+OK\r\n", "+OK\r\n"]);
    pass(server, 100);
    expect(run(server, "SET c 1")).toEqual(["+OK\r\n"]);
    expect(names(disk)).toEqual([
      `${FOLDER}/appendonly.aof.2.base.rdb`,
      `${FOLDER}/appendonly.aof.2.incr.aof`,
      MANIFEST,
    ]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["b", "c"]);
  });

  test("does not give a name that a file has which waits to be removed", () => {
    const disk = new SimDisk();
    const server = start(disk, "--aof-disable-auto-gc", "yes");
    run(server, "SET a 1", "CONFIG SET appendonly no", "BGREWRITEAOF", "CONFIG SET appendonly yes");
    run(server, "SET b 2", "CONFIG SET aof-disable-auto-gc no", "SET c 3");
    expect(names(disk).filter((path) => path.endsWith(".incr.aof"))).toEqual([
      `${FOLDER}/appendonly.aof.2.incr.aof`,
    ]);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "c"]);
  });

  test("while a base is written for a log that is off begins one of its own, at every step", () => {
    for (let turns = 0; ; turns++) {
      const disk = new SimDisk();
      const server = start(disk, "--appendonly", "no");
      const client = new SimClient(server);
      client.send(["SET", "a", "1"]);
      client.send(["BGREWRITEAOF"]);
      for (let i = 0; i < turns; i++) server.turn(1);
      const wasRewriting = server.server.appendLog.isRewriting;
      client.send(["CONFIG", "SET", "appendonly", "yes"]);
      client.send(["SET", "b", "1"]);
      pass(server, 1000);
      expect(client.replies).toEqual(["+OK\r\n", STARTED, "+OK\r\n", "+OK\r\n"]);
      expect(server.server.progress.state).toBe("on");
      expect(run(server, "SET c 1")).toEqual(["+OK\r\n"]);
      expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "c"]);
      expect(strayFiles(disk)).toEqual([]);
      if (!wasRewriting) return;
    }
  });

  test("within a transaction, and behind a BGSAVE, comes when there is room for it", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no");
    const client = new SimClient(server);
    const lines = ["MULTI", "SET a 1", "CONFIG SET appendonly yes", "SET b 1", "EXEC"];
    for (const line of lines) client.send(line.split(" "));
    expect(server.server.progress.state).toBe("waiting");
    pass(server, 1000);
    expect(server.server.progress.state).toBe("on");
    expect(run(server, "CONFIG SET appendonly no", "SET c 1")).toEqual(["+OK\r\n", "+OK\r\n"]);
    for (const line of ["BGSAVE", "CONFIG SET appendonly yes"]) client.send(line.split(" "));
    expect(server.server.progress.state).toBe("waiting, saving");
    pass(server, 1000);
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "c"]);
    const logged = server.lines.filter((line) => line.includes("AOF was enabled"));
    expect(logged.map((line) => line.replace(/^.*?# /, ""))).toEqual([
      "AOF was enabled during a transaction. An AOF background was scheduled to start when " +
        "possible.\n",
      "AOF was enabled but there is already another background operation. An AOF background " +
        "was scheduled to start when possible.\n",
    ]);
  });

  test("and off before its first base is there leaves nothing", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no");
    const client = new SimClient(server);
    client.send(["CONFIG", "SET", "appendonly", "yes"]);
    client.send(["CONFIG", "SET", "appendonly", "no"]);
    pass(server, 100);
    expect(client.replies).toEqual(["+OK\r\n", "+OK\r\n"]);
    expect(names(disk)).toEqual([]);
  });
});

test("what a killed server had begun to write is removed, but that of a running one is not", () => {
  const disk = new SimDisk();
  disk.pid = 20;
  disk.put("dump.rdb.tmp-9", fromLatin1("half"));
  disk.put("dump.rdb.tmp-20", fromLatin1("half"));
  disk.put("other.rdb.tmp-9", fromLatin1("half"));
  disk.put(`${FOLDER}/appendonly.aof.manifest.tmp-9`, fromLatin1("file"));
  disk.put(`${FOLDER}/appendonly.aof.2.base.rdb.tmp-9`, fromLatin1("REDIS"));
  disk.put(`${FOLDER}/temp-appendonly.aof.incr`, fromLatin1("*"));
  start(disk);
  expect(names(disk)).toEqual([
    `${FOLDER}/appendonly.aof.1.base.rdb`,
    FIRST_INCREMENT,
    MANIFEST,
    "dump.rdb.tmp-20",
    "other.rdb.tmp-9",
  ]);
});

test("the single file of Redis before version 7 becomes a base, wherever the power goes", () => {
  const single = request("SELECT", "0") + request("SET", "a", "1");
  const begin = (fault: Fault | null) => {
    const disk = new SimDisk();
    disk.put("appendonly.aof", fromLatin1(single));
    disk.fault = fault;
    const server = new SimServer(disk, time, random, ["--appendonly", "yes"]);
    server.start();
    server.dispose();
    return disk;
  };
  const { operations } = begin(null);
  expect(operations.length).toBeGreaterThan(10);
  for (let at = 1; at <= operations.length; at++) {
    for (const isDone of [true, false]) {
      const disk = begin({ at, kind: "stop", isDone });
      for (const left of [disk.afterPowerCut(random), disk.afterKill()]) {
        const server = start(left);
        expect({ at, keys: keysOf(server) }).toEqual({ at, keys: ["a"] });
        server.dispose();
      }
    }
  }
});

describe("in a transaction", () => {
  const pair = [request("MULTI"), request("SET", "a", "1"), request("SET", "b", "2")];

  test("the database is selected before MULTI, as Redis has it", () => {
    const disk = new SimDisk();
    run(start(disk), "SELECT 9", "MULTI", "SET a 1", "SELECT 3", "SET b 2", "EXEC");
    expect(textOf(disk, FIRST_INCREMENT)).toBe(
      [
        request("SELECT", "9"),
        request("MULTI"),
        request("SET", "a", "1"),
        request("SELECT", "3"),
        request("SET", "b", "2"),
        request("EXEC"),
      ].join(""),
    );
  });

  test("a time is told before MULTI as well", () => {
    const disk = new SimDisk();
    run(start(disk, "--aof-timestamp-enabled", "yes"), "MULTI", "SET a 1", "SET b 2", "EXEC");
    const told = textOf(disk, FIRST_INCREMENT).replace(/^#TS:\d+\r\n/, "#TS\r\n");
    expect(told).toBe(`#TS\r\n${request("SELECT", "0")}${pair.join("")}${request("EXEC")}`);
  });

  test("a log that is turned on begins after it", () => {
    const disk = new SimDisk();
    const server = start(disk, "--appendonly", "no");
    const replies = run(server, "MULTI", "SET a 1", "CONFIG SET appendonly yes", "SET b 2", "EXEC");
    expect(replies.pop()).toBe("*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    expect(server.lines.join("\n")).toContain("An AOF background was scheduled");
    pass(server, 2000);
    expect(run(server, "SET c 3")).toEqual(["+OK\r\n"]);
    expect(textOf(disk, FIRST_INCREMENT)).toBe(request("SELECT", "0") + request("SET", "c", "3"));
    expect(keysOf(start(disk.afterKill()))).toEqual(["a", "b", "c"]);
  });
});

test("INFO counts as forks what is done without one", () => {
  const server = start(new SimDisk());
  const [started, saved, stats] = run(server, "BGREWRITEAOF", "BGSAVE", "INFO stats");
  expect([started, saved]).toEqual([STARTED, "+Background saving started\r\n"]);
  expect(stats).toContain("\r\ntotal_forks:2\r\n");
});
