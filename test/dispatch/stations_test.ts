// Purpose: the stations (src/dispatch/stations/): in which order they are asked, by their gates, by
// the real server, and by stations of this test: one that refuses and one that keeps commands back.

import { beforeEach, describe, expect, test } from "bun:test";
import { type Client, Gate } from "../../src/calls/client.ts";
import { COMMAND_GATES, ServerGate } from "../../src/dispatch/gates.ts";
import { KEPT, type Station, type Verdict } from "../../src/dispatch/stations/station.ts";
import type { Args } from "../../src/protocol/args.ts";
import { CommandError } from "../../src/protocol/errors.ts";
import { Pair } from "../client/pair.ts";
import { redisBinary } from "../client/server.ts";
import { InnerServer } from "../persistence/inner_server.ts";

/** A gate that no station has. */
const STUB_GATE = 1 << 30;
const REFUSED = "-STUB not now\r\n";
const OUT_OF_MEMORY = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
const ABORTED = "-EXECABORT Transaction discarded because of previous errors.\r\n";

let inner: InnerServer;

beforeEach(() => {
  inner = new InnerServer(1);
});

/** Refuses commands on the key "refused"; `asked` are all it was asked about. */
class Stub implements Station {
  readonly name = "stub";
  readonly gate = STUB_GATE;
  readonly asked: string[] = [];
  readonly nested: boolean;
  private readonly verdict: Verdict;

  constructor(nested: boolean, verdict: Verdict = new CommandError("STUB not now")) {
    this.nested = nested;
    this.verdict = verdict;
  }

  ask(_client: Client, { name }: { name: string }, args: Args): Verdict {
    this.asked.push(name);
    return args.count > 1 && args.text(1) === "refused" ? this.verdict : null;
  }
}

/** Keeps such commands. */
class Keeper extends Stub {
  kept: Client | null = null;

  constructor() {
    super(false, KEPT);
  }

  keep(client: Client): void {
    this.kept = client;
    client.connection.suspend();
  }
}

const stationOf = (name: string) =>
  inner.server.dispatcher.stations.inOrder().find((station) => station.name === name);

/** Puts a stub before the station of that name, and sets its gate. */
function addStub<Kind extends Stub>(before: string, stub: Kind): Kind {
  const { dispatcher } = inner.server;
  dispatcher.stations.add(stub, stationOf(before));
  dispatcher.setGate(STUB_GATE, true);
  return stub;
}

/** The data take more than maxmemory. */
function useUp(): void {
  inner.server.evicting.limit(1);
}

/** The client goes on; what is replied. */
function goOn(): string {
  clientOf(inner).connection.resume();
  return inner.endTurn() + inner.endTurn();
}

function clientOf({ server }: InnerServer): Client {
  const [client] = server.clients.all();
  return client;
}

test("no two gates have the same bit, and each station has one", () => {
  const gates = [...Object.values(Gate), ...Object.values(ServerGate), COMMAND_GATES];
  let all = 0;
  for (const gate of gates) {
    expect(all & gate).toBe(0);
    all |= gate;
  }
  const stations = inner.server.dispatcher.stations.inOrder();
  for (const { name, gate } of stations) expect([name, gate & all]).toEqual([name, gate]);
  expect(new Set(stations.map(({ name }) => name)).size).toBe(stations.length);
});

test("what keeps commands is not asked about those inside another, and cannot be", () => {
  expect(() => addStub("space", Object.assign(new Stub(true), { keep() {} }))).toThrow("nothing");
  inner = new InnerServer(1);
  const stations = inner.server.dispatcher.stations.inOrder();
  expect(stations.filter(({ nested }) => nested).map(({ name }) => name)).toEqual([
    "permission",
    "space",
  ]);
  expect(stations.filter(({ keep }) => keep !== undefined).map(({ name }) => name)).toEqual([
    "pause",
    "backlog",
  ]);
});

describe("a station that refuses", () => {
  test("is asked in its place of the order", () => {
    addStub("memory", new Stub(false));
    useUp();
    expect(inner.run("SET", "refused", "value")).toBe(REFUSED);
    expect(inner.run("SET", "other", "value")).toBe(OUT_OF_MEMORY);
    clientOf(inner).setGate(Gate.auth, true);
    expect(inner.run("SET", "refused", "value")).toBe("-NOAUTH Authentication required.\r\n");
    clientOf(inner).setGate(Gate.auth, false);
    inner = new InnerServer(1);
    addStub("space", new Stub(false));
    useUp();
    expect(inner.run("SET", "refused", "value")).toBe(OUT_OF_MEMORY);
    expect(inner.run("GET", "refused")).toBe(REFUSED);
  });

  test("is not asked while its gate is off", () => {
    const stub = addStub("memory", new Stub(false));
    const { dispatcher } = inner.server;
    dispatcher.setGate(STUB_GATE, false);
    expect(inner.run("SET", "refused", "value")).toBe("+OK\r\n");
    // Other gates are no matter.
    dispatcher.setGate(ServerGate.replicas, true);
    expect(inner.run("GET", "refused")).toBe("$5\r\nvalue\r\n");
    dispatcher.setGate(ServerGate.replicas, false);
    expect(inner.run("SET", "refused", "value")).toBe("+OK\r\n");
    expect(stub.asked).toEqual([]);
    // A gate of the client's is as good as one of the server's.
    clientOf(inner).setGate(STUB_GATE, true);
    expect(inner.run("SET", "refused", "value")).toBe(REFUSED);
    expect(stub.asked).toEqual(["set"]);
  });

  test("counts as rejected, and the command has not run", () => {
    addStub("memory", new Stub(false));
    expect(inner.run("SET", "refused", "value")).toBe(REFUSED);
    expect(inner.run("EXISTS", "refused")).toBe(REFUSED);
    const { figures, table } = inner.server;
    const id = table.find("set")?.id as number;
    const { rejected, failed } = figures.commands;
    expect([rejected[id], failed[id]]).toEqual([1, 0]);
    expect(clientOf(inner).lastCommand?.name).toBe("exists");
  });

  test("fails the transaction that its command was meant for", () => {
    const stub = addStub("memory", new Stub(false));
    expect(inner.run("MULTI")).toBe("+OK\r\n");
    expect(inner.run("SET", "a", "1")).toBe("+QUEUED\r\n");
    expect(inner.run("SET", "refused", "value")).toBe(REFUSED);
    expect(inner.run("EXEC")).toBe(ABORTED);
    expect(stub.asked).toEqual(["multi", "set", "set", "exec"]);
  });

  test("is asked about nested commands if it is for such", () => {
    const stub = addStub("memory", new Stub(true));
    const { dispatcher } = inner.server;
    dispatcher.setGate(STUB_GATE, false);
    inner.run("MULTI");
    for (const key of ["a", "refused", "b"]) inner.run("SET", key, "1");
    dispatcher.setGate(STUB_GATE, true);
    expect(inner.run("EXEC")).toBe(`*3\r\n+OK\r\n${REFUSED}+OK\r\n`);
    expect(stub.asked).toEqual(["exec", "set", "set", "set"]);
  });

  test("is not asked about them otherwise", () => {
    const stub = addStub("memory", new Stub(false));
    const { dispatcher } = inner.server;
    dispatcher.setGate(STUB_GATE, false);
    inner.run("MULTI");
    inner.run("SET", "refused", "1");
    dispatcher.setGate(STUB_GATE, true);
    expect(inner.run("EXEC")).toBe("*1\r\n+OK\r\n");
    expect(stub.asked).toEqual(["exec"]);
  });

  test("learns what EXEC is going to run", () => {
    let effects = 0;
    addStub("memory", new Stub(false)).ask = (_client, { name }, _args, all = 0) => {
      if (name === "exec") effects = all;
      return null;
    };
    inner.run("MULTI");
    inner.run("GET", "a");
    inner.run("SET", "a", "1");
    inner.run("EXEC");
    const { table } = inner.server;
    const flagsOf = (name: string) => table.find(name)?.flags ?? 0;
    expect(effects).toBe(flagsOf("exec") | flagsOf("get") | flagsOf("set"));
  });
});

describe("a station that keeps commands", () => {
  test("has them run, after all that is asked anew, when the client goes on", () => {
    const stub = addStub("pause", new Keeper());
    expect(inner.run("SET", "refused", "value")).toBe("");
    expect(stub.kept).toBe(clientOf(inner));
    // What comes after it waits behind it.
    expect(inner.run("GET", "refused")).toBe("");
    expect(inner.keyspace.databases[0].size).toBe(0);
    expect(goOn()).toBe("");
    expect(stub.asked).toEqual(["set", "set"]);
    inner.server.dispatcher.setGate(STUB_GATE, false);
    expect(goOn()).toBe("+OK\r\n$5\r\nvalue\r\n");
  });

  test("is asked after those that refuse", () => {
    const stub = addStub("pause", new Keeper());
    useUp();
    expect(inner.run("SET", "refused", "value")).toBe(OUT_OF_MEMORY);
    expect(stub.kept).toBeNull();
  });
});

test.skipIf(redisBinary() === null)("refusals come in the real server's order", async () => {
  const args = ["--requirepass", "secret", "--maxmemory", "1", "--min-replicas-to-write", "1"];
  const pair = await Pair.start(args);
  const commands = [
    ...["DEBUG SLEEP 0", "SAVE", "SET a 1", "MULTI", "NOSUCH", "SET a", "AUTH secret"],
    ...["DEBUG SLEEP 0", "SET a 1", "DEL a", "GET a", "MULTI", "SAVE", "DEBUG SLEEP 0", "EXEC"],
    // Nothing is queued when there is no memory, be it only reading.
    ...["MULTI", "SET a 1", "EXEC", "MULTI", "DEL a", "GET a", "EXEC", "MULTI", "GET a", "EXEC"],
    ...["MULTI", "EXEC", "MULTI", "UNWATCH", "WATCH a", "MULTI", "PING", "DISCARD"],
    ...["MULTI", "RESET", "AUTH secret"],
    // A pause of all commands keeps none that is refused, nor those that there are not.
    ...["CLIENT PAUSE 100000", "SET a 1", "DEL a", "NOSUCH", "GET", "DEBUG SLEEP 0"],
  ];
  try {
    await pair.same(
      commands.map((command) => command.split(" ")),
      "in this order",
    );
  } finally {
    await pair.stop();
  }
});
