// Purpose: CONFIG GET and SET: values, messages, permissions, listeners and their objections.

import { describe, expect, test } from "bun:test";
import { Config } from "../../src/config/config.ts";
import { configOf, fakeHost } from "./fake_host.ts";

const LOCAL = { isLocal: true, isLoading: false };
const REMOTE = { isLocal: false, isLoading: false };
const LOADING = { isLocal: true, isLoading: true };

const failed = (name: string, reason: string) =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;

test("values have their types", () => {
  const config = configOf(fakeHost(), "--timeout", "5", "--maxmemory", "1gb");
  expect(config.number("timeout")).toBe(5);
  expect(config.number("maxmemory")).toBe(1073741824);
  expect(config.flag("protected-mode")).toBe(true);
  expect(config.value("loglevel")).toBe("notice");
  expect(config.value("requirepass")).toBeNull();
  expect(config.value("bind")).toEqual(["*", "-::*"]);
  expect(config.value("shutdown-on-sigterm")).toEqual([]);
  expect(config.value("latency-tracking-info-percentiles")).toEqual([50, 99, 99.9]);
  expect(config.value("client-output-buffer-limit").replica).toEqual({
    hard: 268435456n,
    soft: 67108864n,
    softSeconds: 60,
  });
  expect(config.value("save")[0]).toEqual({ seconds: 3600n, changes: 1 });
  expect(config.text("save")).toBe("3600 1 300 100 60 10000");
  expect(config.text("maxmemory")).toBe("1073741824");
  expect(config.text("dir")).toBe("/home");
});

describe("CONFIG GET", () => {
  const config = new Config(fakeHost());

  test("shows a name as it was given, and each once", () => {
    expect(config.get(["TimeOut", "timeout", "time*"])).toEqual([["TimeOut", "0"]]);
    expect(config.get(["time*", "TIMEOUT"])).toEqual([["timeout", "0"]]);
    expect(config.get(["nosuch", "nosuch*"])).toEqual([]);
  });

  test("shows names and aliases", () => {
    expect(config.get(["*-priority"]).sort()).toEqual([
      ["replica-priority", "100"],
      ["slave-priority", "100"],
    ]);
  });

  test("shows a hidden directive by its name only", () => {
    expect(config.get(["key-load-dela?"])).toEqual([]);
    expect(config.get(["key-load-delay"])).toEqual([["key-load-delay", "0"]]);
  });
});

describe("CONFIG SET", () => {
  test("what a directive is already changes nothing, or is refused as ever", () => {
    const config = new Config(fakeHost());
    let heard = 0;
    config.follow(["timeout", "dir"], () => heard++);
    expect(config.set(["timeout", "0"], LOCAL)).toBeNull();
    expect(heard).toBe(1);
    expect(config.set(["timeout", "7"], LOCAL)).toBeNull();
    expect(config.set(["timeout", "7"], LOCAL)).toBeNull();
    expect([heard, config.text("timeout"), config.number("timeout")]).toEqual([2, "7", 7]);
    expect(config.set(["databases", "16"], LOCAL)).toBe(
      failed("databases", "can't set immutable config"),
    );
    expect(config.set(["dbfilename", "dump.rdb"], REMOTE)).toBe(
      failed("dbfilename", "can't set protected config"),
    );
    expect(config.set(["enable-protected-configs", "yes"], LOCAL)).not.toBeNull();
  });

  test.each([
    [["timeout"], "ERR syntax error"],
    [
      ["nosuch", "1", "timeout", "x"],
      "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'",
    ],
    [["Daemonize", "yes"], failed("Daemonize", "can't set immutable config")],
    [["timeout", "1", "TIMEOUT", "2"], failed("TIMEOUT", "duplicate parameter")],
    [["timeout", "x"], failed("timeout", "argument couldn't be parsed into an integer")],
    [["TIMEOUT", "-1"], failed("timeout", "argument must be between 0 and 2147483647 inclusive")],
    [["maxmemory", "x"], failed("maxmemory", "argument must be a memory value")],
    [
      ["maxmemory-clients", "x"],
      failed("maxmemory-clients", "argument must be a memory or percent value"),
    ],
    [
      ["maxmemory-clients", "101%"],
      failed("maxmemory-clients", "percentage argument must be less or equal to 100"),
    ],
    [["dynamic-hz", "1"], failed("dynamic-hz", "argument must be 'yes' or 'no'")],
    [
      ["loglevel", "x"],
      failed(
        "loglevel",
        "argument(s) must be one of the following: debug, verbose, notice, warning",
      ),
    ],
    [
      ["shutdown-on-sigint", "save nosave"],
      failed("shutdown-on-sigint", "shutdown options SAVE and NOSAVE can't be used simultaneously"),
    ],
    [["save", "1"], failed("save", "Invalid save parameters")],
    [["oom-score-adj-values", "1"], failed("oom-score-adj-values", "wrong number of arguments")],
    [
      ["notify-keyspace-events", "q"],
      failed("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
    ],
    [
      ["slave-priority", "x"],
      failed("slave-priority", "argument couldn't be parsed into an integer"),
    ],
  ])("%p is refused", (args, error) => {
    const config = new Config(fakeHost());
    const before = config.get(["*"]);
    expect(config.set(args as string[], LOCAL)).toBe(error as string);
    expect(config.get(["*"])).toEqual(before);
  });

  test("refuses a proto-max-bulk-len above the longest string that there can be", () => {
    const range = "argument must be between 1048576 and 1073741824 inclusive";
    const problem = failed("proto-max-bulk-len", range);
    const config = new Config(fakeHost());
    expect(config.set(["proto-max-bulk-len", "1gb"], LOCAL)).toBeNull();
    expect(config.set(["proto-max-bulk-len", "1073741825"], LOCAL)).toBe(problem);
    expect(config.set(["proto-max-bulk-len", "2gb"], LOCAL)).toBe(problem);
    expect(config.number("proto-max-bulk-len")).toBe(2 ** 30);
  });

  test("sets all or nothing", () => {
    const host = fakeHost();
    const config = configOf(host, "--enable-protected-configs", "yes");
    expect(config.set(["timeout", "5", "hz", "600", "save", ""], LOCAL)).toBeNull();
    expect([config.number("timeout"), config.number("hz"), config.text("save")]).toEqual([
      5,
      500,
      "",
    ]);
    const args = ["timeout", "6", "dir", "/elsewhere", "maxmemory", "x"];
    expect(config.set(args, LOCAL)).toBe(failed("maxmemory", "argument must be a memory value"));
    expect([config.number("timeout"), config.text("dir"), host.folder]).toEqual([
      5,
      "/home",
      "/home",
    ]);
    expect(config.set(["dir", "/nowhere"], LOCAL)).toBe(failed("dir", "No such file or directory"));
    expect(config.set(["dir", "elsewhere"], LOCAL)).toBeNull();
    expect([config.text("dir"), host.folder]).toEqual(["/home/elsewhere", "/home/elsewhere"]);
  });

  test("changes protected directives only for whom that is allowed", () => {
    const change = ["dbfilename", "x"];
    const error = failed("dbfilename", "can't set protected config");
    const allowing = (who: string) => configOf(fakeHost(), "--enable-protected-configs", who);
    expect(allowing("no").set(change, LOCAL)).toBe(error);
    expect(allowing("local").set(change, LOCAL)).toBeNull();
    expect(allowing("local").set(change, REMOTE)).toBe(error);
    expect(allowing("yes").set(change, REMOTE)).toBeNull();
  });

  test("changes what loading depends on only after it", () => {
    const config = new Config(fakeHost());
    const error = "LOADING Redis is loading the dataset in memory";
    expect(config.set(["timeout", "1", "appendonly", "yes"], LOADING)).toBe(error);
    expect(config.set(["loglevel", "debug"], LOADING)).toBeNull();
  });
});

describe("listeners", () => {
  /** A configuration that records which listeners ran with which values. */
  function recording() {
    const config = new Config(fakeHost());
    const calls: string[] = [];
    const objections = new Map<string, string>();
    const listen = (label: string, names: Parameters<Config["onChange"]>[0]) =>
      config.onChange(names, () => {
        calls.push(`${label}: ${names.map((name) => config.text(name)).join(" ")}`);
        return objections.get(label) ?? null;
      });
    listen("sockets", ["port", "timeout"]);
    listen("log", ["loglevel"]);
    listen("also log", ["loglevel"]);
    return { config, calls, objections };
  }

  test("hear of changes once, after all values are set, in the order of the arguments", () => {
    const { config, calls } = recording();
    const args = ["loglevel", "debug", "port", "1", "hz", "20", "timeout", "2"];
    expect(config.set(args, LOCAL)).toBeNull();
    expect(calls).toEqual(["log: debug", "also log: debug", "sockets: 1 2"]);
  });

  test("do not hear of values that stay the same, or are refused", () => {
    const { config, calls } = recording();
    expect(config.set(["port", "6379", "hz", "20"], LOCAL)).toBeNull();
    expect(config.set(["loglevel", "debug", "hz", "x"], LOCAL)).not.toBeNull();
    expect(calls).toEqual([]);
  });

  test("may object, and then hear of the old values again", () => {
    const { config, calls, objections } = recording();
    objections.set("sockets", "Unable to listen on this port. Check server logs.");
    const error = config.set(["hz", "20", "loglevel", "debug", "port", "1", "timeout", "2"], LOCAL);
    expect(error).toBe(failed("port", "Unable to listen on this port. Check server logs."));
    expect(calls).toEqual([
      "log: debug",
      "also log: debug",
      "sockets: 1 2",
      "log: notice",
      "also log: notice",
      "sockets: 6379 0",
    ]);
    expect([config.number("hz"), config.number("port")]).toEqual([10, 6379]);
  });
});
