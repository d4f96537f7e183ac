// Purpose: commands that run others inside (src/dispatch/nesting.ts), three deep and within EXEC:
// each finds its own call as it was, whatever the inner ones did or threw, and all that is told of
// a command (reply, figures, slow log, last command, changes) is told of each.

import { beforeEach, describe, expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import type { Call } from "../../src/calls/call.ts";
import type { Client } from "../../src/calls/client.ts";
import { CommandTable, group } from "../../src/calls/table.ts";
import { clientCommands } from "../../src/commands/connection/client_commands.ts";
import { connectionCommands } from "../../src/commands/connection/connection_commands.ts";
import { transactionCommands } from "../../src/commands/connection/transaction_commands.ts";
import { genericCommands } from "../../src/commands/keys/generic_commands.ts";
import { objectCommands } from "../../src/commands/keys/object_commands.ts";
import { stringCommands } from "../../src/commands/strings/string_commands.ts";
import { ServerGate } from "../../src/dispatch/gates.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { CommandError } from "../../src/protocol/errors.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { InnerServer } from "../persistence/inner_server.ts";

/** What is no mistake of a client's. */
class Accident extends Error {}

let inner: InnerServer;
/** The calls of stub commands, in the order in which they began. */
let calls: Call[] = [];

beforeEach(() => {
  inner = new InnerServer(1, table);
  calls = [];
});

/** The command in the arguments from `index` on, run inside; its reply goes to `reply`. */
function runInside(call: Call, index: number, reply: Reply): void {
  const words = Array.from({ length: call.argc - index }, (_, i) => call.text(index + i));
  call.server.enter(call.client, reply);
  try {
    call.server.execute(call.client, argsOf(words));
  } finally {
    call.server.leave(call.client);
  }
}

/** Does so, and looks whether the call is still what it was. */
function checked(call: Call, index: number, reply = call.reply): void {
  const { args, client, command } = call;
  const words = Array.from({ length: call.argc }, (_, i) => call.text(i));
  const own = call.reply;
  try {
    runInside(call, index, reply);
  } finally {
    expect(call.args).toBe(args);
    expect(Array.from({ length: call.argc }, (_, i) => call.text(i))).toEqual(words);
    expect(call.client).toBe(client);
    expect(call.command).toBe(command);
    expect(call.reply).toBe(own);
  }
}

/** `run` after the call was noted, and so many ms have passed, which argument 1 tells. */
function stub(run: (call: Call) => void) {
  return {
    run(call: Call): void {
      calls.push(call);
      inner.wait(call.integer(1));
      run(call);
    },
    arity: -2,
    since: "1.0.0",
    summary: "Takes ms, and a command to run inside.",
  };
}

const stubs = group("server", {
  /** Replies its ms and what the command inside replies. */
  NEST: stub((call) => {
    call.reply.array(2);
    call.reply.bulk(call.args.bytes, call.args.start[1], call.args.size[1]);
    if (call.argc === 2) call.reply.nil();
    else checked(call, 2);
  }),
  /** Has the command inside write elsewhere, and shows what it wrote. */
  SCRIPT: stub((call) => {
    const reply = new Reply();
    checked(call, 2, reply);
    call.reply.bulkText(latin1(reply.bytes, 0, reply.position));
  }),
  /** Throws when the command inside has replied. */
  FAIL: stub((call) => {
    if (call.argc > 2) checked(call, 2);
    throw new CommandError("FAILED on purpose");
  }),
  /** Throws what goes through all around it. */
  ACCIDENT: stub(() => {
    throw new Accident();
  }),
  /** Lives on when it comes by. */
  CATCH: stub((call) => {
    const from = call.reply.position;
    try {
      checked(call, 2);
    } catch (error) {
      if (!(error instanceof Accident)) throw error;
      call.reply.truncate(from);
      call.reply.simple("caught");
    }
  }),
  /** Has told what it did, before the command inside tells the same of itself. */
  TELL: {
    ...stub((call) => {
      call.feed.tellInstead(call.db, 1).bulkText("TOLD");
      checked(call, 2);
    }),
    flags: ["write"],
  },
});

const table = new CommandTable([
  stubs,
  stringCommands,
  genericCommands,
  objectCommands,
  connectionCommands,
  clientCommands,
  transactionCommands,
]);

/** A line of words is sent; the reply, with blanks in place of line ends. */
function run(line: string): string {
  return inner
    .run(...line.split(" "))
    .trim()
    .replace(/\r\n/g, " ");
}

function theClient(): Client {
  const [client] = inner.server.clients.all();
  return client;
}

describe("a command that runs others inside", () => {
  test("finds its own call as it was, three deep", () => {
    run("SET key value");
    const deep = "NEST 1 NEST 2 NEST 3 GET key";
    expect(run(deep)).toBe("*2 $1 1 *2 $1 2 *2 $1 3 $5 value");
    expect(new Set(calls).size).toBe(3);
    expect(calls.map(({ nested }) => nested)).toEqual([false, true, true]);
    const first = calls;
    calls = [];
    run("MULTI");
    for (const line of [deep, "GET key", "NEST 4 GET none"]) run(line);
    expect(run("EXEC")).toBe("*3 *2 $1 1 *2 $1 2 *2 $1 3 $5 value $5 value *2 $1 4 $-1");
    // Each depth has one, whoever is there.
    expect(calls.map(({ nested }) => nested)).toEqual([true, true, true, true]);
    expect(calls[0]).toBe(first[1]);
    expect(calls[1]).toBe(first[2]);
    expect(calls[3]).toBe(calls[0]);
  });

  test("can have them reply elsewhere", () => {
    run("SET key value");
    expect(run("SCRIPT 0 GET key")).toBe("$11 $5 value");
    expect(run("NEST 1 SCRIPT 0 NEST 2 SCRIPT 3 GET key")).toBe("*2 $1 1 $29 *2 $1 2 $11 $5 value");
    expect(run("SCRIPT 0 FAIL 0 GET key")).toBe("$20 -FAILED on purpose");
    // Nor do errors of look-up go to the client.
    expect(run("SCRIPT 0 GET")).toMatch(/^\$\d+ -ERR wrong number of arguments for 'get' command$/);
    expect(run("SCRIPT 0 NOSUCH x")).toMatch(/^\$\d+ -ERR unknown command 'NOSUCH', with args/);
    expect(run("SCRIPT 0 POST x")).toMatch(/^\$\d+ -ERR unknown command 'POST', with args/);
  });

  test("goes on when one fails, at any depth", () => {
    run("SET key value");
    expect(run("NEST 1 NEST 2 FAIL 3")).toBe("*2 $1 1 *2 $1 2 -FAILED on purpose");
    // What was replied inside is taken back, and nothing else.
    expect(run("NEST 1 FAIL 2 NEST 3 GET key")).toBe("*2 $1 1 -FAILED on purpose");
    expect(run("FAIL 1 NEST 2 FAIL 3 GET key")).toBe("-FAILED on purpose");
    expect(inner.server.dispatcher.isNesting).toBe(false);
  });

  test.each([
    "CATCH 0 ACCIDENT 0",
    "CATCH 0 NEST 1 ACCIDENT 0",
    "CATCH 0 NEST 1 SCRIPT 2 ACCIDENT 0",
  ])("is itself again after what was thrown through it: %s", (line) => {
    const outer = line.replace("CATCH", "NEST 9 CATCH");
    expect(run(line)).toBe("+caught");
    expect(inner.server.dispatcher.isNesting).toBe(false);
    expect(theClient().lastCommand?.name).toBe("catch");
    calls = [];
    expect(run(outer)).toEndWith("+caught");
    expect(run("NEST 1 NEST 2 GET none")).toBe("*2 $1 1 *2 $1 2 $-1");
  });

  test("is not failed, within a transaction, by what cannot be run inside", () => {
    run("MULTI");
    for (const line of ["NEST 1 NOSUCH", "NEST 2 EXEC too many", "SET key value"]) run(line);
    expect(run("EXEC")).toBe(
      "*3 *2 $1 1 -ERR unknown command 'NOSUCH', with args beginning with:  " +
        "*2 $1 2 -ERR wrong number of arguments for 'exec' command +OK",
    );
    expect(theClient().queue).toBeNull();
  });
});

describe("what is told of commands inside others", () => {
  const figuresOf = (name: string) => {
    const { calls: counts, microseconds, failed, rejected } = inner.server.figures.commands;
    const id = table.find(name)?.id ?? -1;
    return [counts[id], microseconds[id] / 1000, failed[id], rejected[id]];
  };

  test("each call counts once, and its time is part of that around it", () => {
    run("NEST 1 NEST 2 GET none");
    expect(figuresOf("nest")).toEqual([2, 1 + 2 + 2, 0, 0]);
    expect(figuresOf("get")).toEqual([1, 0, 0, 0]);
    run("MULTI");
    for (const line of ["SCRIPT 5 FAIL 7", "SCRIPT 1 GET"]) run(line);
    run("EXEC");
    expect(figuresOf("script")).toEqual([2, 5 + 7 + 1, 0, 0]);
    expect(figuresOf("fail")).toEqual([1, 7, 1, 0]);
    expect(figuresOf("get")).toEqual([1, 0, 0, 1]);
    expect(figuresOf("exec")).toEqual([1, 13, 0, 0]);
  });

  test("an accident inside leaves the time of those around it theirs", () => {
    run("NEST 1 CATCH 2 ACCIDENT 4");
    expect(figuresOf("nest")).toEqual([1, 7, 0, 0]);
    expect(figuresOf("catch")).toEqual([1, 6, 0, 0]);
  });

  test("the slow log has each, the inner ones first", () => {
    const { slowlog } = inner.server.figures;
    slowlog.thresholdUs = 0;
    inner.server.dispatcher.accounts.configure();
    run("NEST 1 NEST 2 GET none");
    const lines = [...slowlog.latest(10)].map(({ args, durationUs }) => [
      args.join(" "),
      durationUs,
    ]);
    expect(lines).toEqual([
      ["NEST 1 NEST 2 GET none", 3000],
      ["NEST 2 GET none", 2000],
      ["GET none", 0],
    ]);
  });

  test("the client's last command is the one it has sent", () => {
    for (const line of ["NEST 1 NEST 2 GET none", "NEST 1 NOSUCH", "NEST 1 GET"]) {
      run(line);
      expect([line, theClient().lastCommand?.name]).toEqual([line, "nest"]);
    }
    run("MULTI");
    run("NEST 1 GET none");
    run("EXEC");
    expect(theClient().lastCommand?.name).toBe("exec");
  });

  test("changes are told of each, whatever was told of the one around it", () => {
    const { feed } = inner.server;
    let told = "";
    const cursor = feed.attach({ told() {} });
    run("TELL 0 NEST 0 SET key value");
    cursor.show((bytes, offset, size) => {
      told += latin1(bytes, offset, size);
      return false;
    });
    cursor.detach();
    expect(told.replace(/\r\n/g, " ").trim()).toBe(
      "*2 $6 SELECT $1 0 *1 $5 MULTI *1 $4 TOLD *3 $3 SET $3 key $5 value *1 $4 EXEC",
    );
  });

  test("CLIENT NO-TOUCH hides what each looks at, but not from TOUCH", () => {
    const idle = () => run("OBJECT IDLETIME key");
    run("SET key value");
    inner.wait(100_000);
    run("CLIENT NO-TOUCH ON");
    run("NEST 0 NEST 0 GET key");
    expect(idle()).toBe(":100");
    run("NEST 0 NEST 0 TOUCH key");
    expect(idle()).toBe(":0");
    inner.wait(100_000);
    // Who touches does not show what is looked at after it.
    run("CLIENT NO-TOUCH OFF");
    run("MULTI");
    for (const line of ["CLIENT NO-TOUCH ON", "GET key", "CLIENT NO-TOUCH OFF"]) run(line);
    run("EXEC");
    expect(idle()).toBe(":100");
    run("CLIENT NO-TOUCH ON");
    run("MULTI");
    for (const line of ["CLIENT NO-TOUCH OFF", "GET key", "CLIENT NO-TOUCH ON"]) run(line);
    run("EXEC");
    expect(idle()).toBe(":0");
    expect(() => run("ACCIDENT 0")).toThrow(Accident);
    expect(inner.keyspace.accessHidden).toBe(false);
  });

  test("an accident in a transaction ends it", () => {
    for (const line of ["MULTI", "ACCIDENT 0"]) run(line);
    expect(() => run("EXEC")).toThrow(Accident);
    expect(theClient().queue).toBeNull();
    expect(run("GET none")).toBe("$-1");
  });

  test("stations for nested commands are asked at every depth", () => {
    const { dispatcher } = inner.server;
    const asked: string[] = [];
    dispatcher.stations.add({
      name: "stub",
      gate: ServerGate.replicas,
      nested: true,
      ask(_client, { name }, args) {
        asked.push(name);
        return args.text(1) === "3" ? new CommandError("STUB no three") : null;
      },
    });
    dispatcher.setGate(ServerGate.replicas, true);
    expect(run("NEST 1 NEST 2 NEST 3 GET none")).toBe("*2 $1 1 *2 $1 2 -STUB no three");
    expect(asked).toEqual(["nest", "nest", "nest"]);
    expect(figuresOf("nest")).toEqual([2, 5, 1, 0]);
  });
});
