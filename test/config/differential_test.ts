// Purpose: names, defaults, values, messages, files and command lines, compared with the real
// server's. What must differ is listed where it does.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Config } from "../../src/config/config.ts";
import { DIRECTIVES, NAMES, type Name } from "../../src/config/directives.ts";
import { ConfigError } from "../../src/config/file.ts";
import { rewriteConfig } from "../../src/config/rewrite.ts";
import { configOf, fakeHost, realHost } from "./fake_host.ts";
import { hasRedis, RedisServer, StartError } from "./redis_server.ts";

const ASKER = { isLocal: true, isLoading: false };

/** These are options of every server started here, so they cannot be compared. */
const GIVEN = ["port", "unixsocket"];
/** These have other defaults: memory is compacted unless it is turned off. */
const COMPACTION = [
  "activedefrag",
  "active-defrag-ignore-bytes",
  "active-defrag-threshold-lower",
  "active-defrag-cycle-max",
];

/** The items of rows that are separated by bars. */
const rows = (...lines: string[]) => lines.flatMap((line) => line.split("|"));

const traitsOf = (name: string) => DIRECTIVES[NAMES.get(name) as Name].traits;
const isHidden = (name: string) => traitsOf(name).hidden === true;

/** Directives of versions after 7.0, and of our own, which the real server here does not know. */
const NEWER = [...NAMES.keys()].filter(
  (name) => traitsOf(name).since !== undefined || traitsOf(name).own === true,
);
const isNewer = (name: string) => NEWER.includes(name);

describe.skipIf(!hasRedis)("compared with redis-server", () => {
  const redis = new RedisServer();

  beforeAll(async () => {
    await redis.start(["--enable-protected-configs", "yes"]);
  });
  afterAll(() => redis.stop());

  test("CONFIG GET * shows the same names and defaults", async () => {
    const fresh = new RedisServer();
    await fresh.start([]);
    const theirs = await fresh.config("*");
    const hidden = [...NAMES.keys()].filter((name) => isHidden(name) && !isNewer(name));
    Object.assign(theirs, await fresh.config(...hidden));
    await fresh.stop();
    const config = new Config({ ...fakeHost(), currentFolder: () => fresh.folder });
    const ours = Object.fromEntries(config.get(["*", ...hidden]));
    for (const name of [...GIVEN, ...COMPACTION, ...NEWER]) {
      delete theirs[name];
      delete ours[name];
    }
    expect(ours).toEqual(theirs);
  });

  test("CONFIG GET finds the same by patterns", async () => {
    const config = new Config(fakeHost());
    const patterns = [
      ["*max*", "hash*"],
      ["TIMEOUT", "timeout", "time*"],
      ["MaxMemory"],
      ["[s-t]*", "HZ"],
      ["*", "key-load-delay"],
      ["key-load-d*"],
      ["\\timeout"],
      ["t\\imeou?"],
      ["h[^a]", "[^h]z", "nosuch", "[\xff-z]z", "[\xfe-z]z", "[H-\xff]z", "h[\x80-z]"],
      ["*****a*****", "[a"],
    ];
    for (const each of patterns) {
      const theirs = Object.keys(await redis.config(...each)).sort();
      expect([
        each,
        config
          .get(each)
          .map(([name]) => name)
          .filter((name) => !isNewer(name))
          .sort(),
      ]).toEqual([each, theirs]);
    }
  });

  // Directives that a running server may refuse for reasons of its own (it cannot listen there),
  // or whose odd values would be expensive, or whose range is another here (proto-max-bulk-len:
  // no string is longer than 1 GiB): only their own values below are compared.
  const OWN_VALUES = "proto-max-bulk-len|port|bind|dir|maxclients|watchdog-period";
  // Debian's Redis cannot move what it has.
  const EFFECTS = new RegExp(`^(${OWN_VALUES}|tls-(port|replication|cluster)|activedefrag)$`);

  const ODD = [
    ...rows(
      "|0|1|-1|-0|+1|01| 1|1 |1\0|abc|yes|NO|no\0x|true|1kb|1MB|1.5gb|10k|5g|1tb|kb|0x10|%|50%|0%",
      '00%|101%|-5%|100%|1e3|1024|1023|1048575|a/b|a b|"x"|\xe9\n|.|..|default|local',
      "2147483647|2147483648|-2147483648|-2147483649|4294967295|4294967296|9223372036854775807",
      "9223372036854775808|-9223372036854775808|-9223372036854775809|18446744073709551615",
      "18446744073709551616|18446744073709551516|99999999999999999999kb",
    ),
    "x".repeat(300),
  ];

  /** Values that a directive with a grammar of its own can tell apart. */
  const SPECIAL: Record<string, string[]> = {
    save: rows(
      "1 1|1 1 2 2|0 1|1 -1| 1 1|1  1|+1 1|1 4294967297|99999999999999999999 1|1 1 |\0|1\0 1|1 1\0",
      "1 0|1 2147483648|\t1 1|1 9223372036854775808|1 1x",
    ),
    "client-output-buffer-limit": rows(
      "normal 1 2 3|NORMAL 1 2 3|replica 1 2 3|slave 4 5 6|master 0 0 0|pubsub 1mb 2kb 3",
      "normal 1 2 3 normal 4 5 6|normal 1 2|normal -1 0 0|normal 0 0 -1|normal 0 0 1x|normal 0 0 ",
      "bad 0 0 0|normal 1 1 99999999999999999999|normal  1 2|normal 0 0 0 pubsub 0 0 x",
      "normal 0 0 +5|normal kb 1 1|normal 0 0 \t1|normal 0 0 \t",
      "normal 18446744073709551615 18446744073709551616 4294967297",
    ),
    "oom-score-adj-values": rows(
      "1 2|1 2 3|3 2 1|2001 1 1|-2001 1 1|-2000 0 2000|a 1 1|1 1 |1  1|+1 1 1",
    ),
    "notify-keyspace-events": rows(
      "KEA|A|Ag|Kx|g$lshzxeKEtmdn|q|KEg$lshzxetd|AKEmn|n|K|KEAm\0q|gn$|$KEnmlshzxetd",
    ),
    "latency-tracking-info-percentiles": rows(
      "50|50 99|100.0 0.0|101|-1|-0|nan|inf|-inf|1e1|0x10|50 | 50|50  60|99.9999999|1e-7|.5|5.",
      "50.0000001|33.333333333|1e400|1e-400|12.5 abc|0.000001",
    ),
    "shutdown-on-sigint": rows(
      "save|save nosave|default save|nosave now|now nosave|save  now|SAVE|save x| save|save ",
      "force now nosave default",
    ),
    "proc-title-template": rows(
      "{title}|{bad}|{|}|{title|a\0{bad}|{{title}}|{config-file|{TITLE}| |{{|{server-mode} {title}",
      "{port}|{listen-addr}{|x{}y|{unixsocket}|{config-file}|a\nb",
    ),
    dir: rows("/nonexistent||/etc/passwd|/tmp\0x|/tmp/../etc"),
    bind: [Array(17).fill("127.0.0.1").join(" "), "127.0.0.1 -::1", ""],
    "cluster-announce-hostname": ["a.b-C9", "a_b", "x".repeat(255), "x".repeat(256)],
    "maxmemory-policy": ["allkeys-LFU"],
    "oom-score-adj": ["relative", "RELATIVE"],
    maxclients: ["0", "4294967296"],
    port: ["65536", "x", "-1"],
  };

  test("CONFIG SET takes and refuses the same values, in the same words", async () => {
    const config = configOf(realHost(redis.folder), "--enable-protected-configs", "yes");
    for (const [name, own] of NAMES) {
      if (isNewer(name)) continue;
      const values = EFFECTS.test(own) ? [] : ODD;
      const initial = (await redis.config(name))[name];
      if (COMPACTION.includes(name)) config.set([name, initial], ASKER);
      for (const value of [...values, ...(SPECIAL[own] ?? []), initial]) {
        const theirs = (await redis.call("config", "set", name, value)) as string;
        const ours = config.set([name, value], ASKER) ?? "OK";
        const printable = (text: string) => text.replace(/[\r\n]/g, " ");
        const shown = [name, value, printable(ours), config.get([name])[0][1]];
        const expected = [name, value, theirs, (await redis.config(name))[name]];
        const count = GIVEN.includes(name) ? 3 : 4;
        expect(shown.slice(0, count)).toEqual(expected.slice(0, count));
      }
    }
  });

  test("CONFIG SET of several directives fails in the same words and changes nothing", async () => {
    const config = configOf(realHost(redis.folder), "--enable-protected-configs", "yes");
    const requests = [
      ["timeout"],
      ["timeout", "1", "hz"],
      ["timeout", "1", "TIMEOUT", "2"],
      ["nosuch", "1", "daemonize", "x"],
      ["daemonize", "x", "nosuch", "1"],
      ["timeout", "1", "hz", "x", "daemonize", "x"],
      ["Daemonize", "x"],
      ["Timeout", "x"],
      ["timeout\0", "1"],
      ["maxmemory", "5", "lazyfree-lazy-expire", "bad", "timeout", "-1"],
      ["maxmemory", "5", "maxmemory-clients", "200%", "client-query-buffer-limit", "invalid"],
      ["slave-priority", "1", "replica-priority", "2"],
      ["hash-max-ziplist-entries", "7", "hash-max-listpack-entries", "x"],
      ["save", "7 7", "dir", "/", "hz", "x"],
      ["save", "7 7", "dir", "/nonexistent", "hz", "12"],
      ["timeout", "3", "hz", "12", "loglevel", "verbose"],
    ];
    for (const request of requests) {
      let theirs = await redis.call("config", "set", ...request);
      // The arity of the command is not the configuration's to check.
      if (request.length === 1) theirs = "ERR syntax error";
      expect([request, config.set(request, ASKER) ?? "OK"]).toEqual([request, theirs as string]);
      const values = await redis.config("*");
      const ours = Object.fromEntries(config.get(["*"]));
      for (const name of [...GIVEN, ...COMPACTION, ...NEWER, "enable-protected-configs"]) {
        delete values[name];
        delete ours[name];
      }
      expect([request, ours]).toEqual([request, values]);
    }
  });

  const FILES = rows(
    'foo|port|timeout 1 2|timeout abc|timeout \'5\'|timeout "5|timeout 5 # x|timeout "\\x35"',
    'TimeOut 7|"timeout" 7|timeout \'5\'x|""|  # x|\t timeout 5\r|timeout\t5|\vx',
    "save|save \"\"|save 1 2|save 1 2\nsave 3 4|save 1 2 3 4|save '1 2 3 4'|save ' '",
    "save 1 2\nsave ''|save ''\nsave 5 6|save '1  2'|save ' 1 2 '|save 1|save '\"1'",
    "save 1 2\nsave\nsave 3 4|save '\"1\" 2'|save 1 '2 3'|save '' ''|save 1 2\nsave ' '",
    "bind|bind ''|bind '127.0.0.1 -::1'|bind 127.0.0.1\nbind -::1|bind ' '|hz 1000|hz -1",
    "shutdown-on-sigint|shutdown-on-sigint nosave now|shutdown-on-sigint 'nosave now'",
    "shutdown-on-sigint 'nosave now' force|shutdown-on-sigint ''|shutdown-on-sigint ' '",
    "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit replica 4mb 5 6",
    "client-output-buffer-limit|client-output-buffer-limit ''|oom-score-adj-values 1 2",
    "client-output-buffer-limit normal 1|client-output-buffer-limit 'normal 1 2 3'",
    "oom-score-adj-values '1 2 3'|oom-score-adj-values|latency-tracking-info-percentiles",
    "latency-tracking-info-percentiles 1 2|latency-tracking-info-percentiles '1 2'",
    "notify-keyspace-events|notify-keyspace-events K E|dir /nonexistent|dir|dir a b",
    "replicaof|replicaof 127.0.0.1 1|slaveof 127.0.0.1 1|replicaof no one|replicaof a b",
    "replicaof a 65536|replicaof '127.0.0.1 7'|replicaof NO ONE|replicaof a -1|replicaof a ''",
    "rename-command|rename-command get|rename-command get ''|include|include a b|user",
    "include nonexist*.conf|user default on nopass ~* &* +@all|loadmodule|foo.bar|sentinel a b",
    "list-max-ziplist-entries 5|lua-replicate-commands yes|lua-replicate-commands",
    "unixsocketperm 777|unixsocketperm 1000|unixsocketperm 8|unixsocketperm ' 700'",
    "unixsocketperm ''|unixsocketperm -1|unixsocketperm +700|unixsocketperm ' '",
    "unixsocketperm 99999999999999999999999|databases 0|databases 2147483648|io-threads 0",
    "io-threads 129|tcp-backlog -1|cluster-port 65536|socket-mark-id -1|supervised x",
    "socket-mark-id 4294967296|syslog-facility x|enable-debug-command x",
    "enable-protected-configs LOCAL|appendfilename ''|appendfilename a/b|appenddirname ''",
    "appenddirname a/b|aclfile ''|pidfile ''|syslog-ident ''|daemonize maybe|port 0 ''",
    "masterauth ''|masterauth \"a\\x00b\\n\\r\\t\\b\\a\\q\"|masterauth 'a\\'b\\x41'",
    "masterauth a'b'|masterauth a\"b\"c|masterauth a\\x41|masterauth \"\\x4\"|masterauth '\\''",
    "masterauth \"\\|masterauth a\\|masterauth a\vb|masterauth \xe9\xff|masterauth '\\\\'",
    "masterauth '\\\\''|masterauth \"\\X41\"|masterauth 'a\"'|rdbchecksum yes yes",
    "cluster-enabled yes\nreplicaof a 1|proc-title-template ' {title} '",
  );
  const BANNER = /^\n\*\*\* FATAL CONFIG FILE ERROR \(Redis 7\.0\.15\) \*\*\*\n/;

  /** The values that a start gives, or what it prints. */
  async function startTheirs(args: string[], input: string, lastArgs: string[] = []) {
    const server = new RedisServer();
    try {
      await server.start(args, input, lastArgs);
      return await server.config("*");
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const unreadable = /Fatal error, can't open config file.*/.exec(error.message);
      return error.errors.replace(BANNER, "\n") || (unreadable?.[0] ?? error.message);
    } finally {
      await server.stop();
    }
  }

  function startOurs(args: string[], input = ""): Record<string, string> | string {
    try {
      return Object.fromEntries(configOf(realHost(redis.folder, input), ...args).get(["*"]));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const report = error.report("Redis 7.0.15").replace(BANNER, "\n");
      return report.replace(/(at line \d+) of .*/, "$1");
    }
  }

  function comparable(result: Record<string, string> | string) {
    if (typeof result === "string") return result.trimEnd();
    return Object.entries(result)
      .filter(([name]) => ![...GIVEN, ...COMPACTION, ...NEWER, "dir"].includes(name))
      .map(([name, value]) => `${name} ${value}`)
      .sort();
  }

  test("files mean the same, and fail at the same line with the same reason", async () => {
    for (const text of FILES) {
      const input = `# first\n\n${text}\ntimeout 8\n`;
      const theirs = comparable(await startTheirs(["-"], input));
      expect([text, comparable(startOurs(["-"], input))]).toEqual([text, theirs]);
    }
  });

  test("command lines mean the same", async () => {
    writeFileSync(join(redis.folder, "base.conf"), "timeout 3\nhz 33\nsave 900 1\n");
    writeFileSync(join(redis.folder, "more.conf"), "lfu-log-factor 3\n");
    const base = join(redis.folder, "base.conf");
    const more = join(redis.folder, "mo[q-r]*.conf");
    const lines = [
      ["--timeout"],
      ["--timeout", "5", "6"],
      ["--timeout 5", "--hz 20"],
      ["--timeout ", "5"],
      ["--save"],
      ["--SAVE"],
      ["--save", "--timeout", "4"],
      ["--save", "", "--timeout", "4"],
      ["--save", "1", "2", "3", "4"],
      ["--save", "1 2", "--save", "3 4"],
      ["--masterauth", '--x y"z\n'],
      ["--masterauth", "--timeout", "--timeout", "4"],
      ["--masterauth", "--timeout", "4"],
      ["--shutdown-on-sigint", "nosave force now", "--shutdown-on-sigterm", "nosave force"],
      ["--replicaof", "--127.0.0.1", "abc"],
      ["--replicaof", "--127.0.0.1", "--abc"],
      ["--logfile", "", "--loglevel", "--bla"],
      ["--port", "--loglevel", "verbose"],
      ["--", "5"],
      ["--", "timeout", "5"],
      ["--masterauth", ""],
      ['--timeout "5"'],
      ['--timeout "5'],
      ["--timeout", "5\n--hz 20"],
      ["--timeout 5\nhz 20"],
      ["--nosuch", "1"],
      ["--include", more],
      ["--include", "/nonexistent.conf"],
    ];
    for (const args of lines) {
      // Theirs counts the options it is started with here, ours counts them from 1.
      const strip = (result: string | string[]) =>
        typeof result === "string" ? result.replace(/at line \d+/, "at line N") : result;
      const theirs = strip(comparable(await startTheirs([], "", args)));
      expect([args, strip(comparable(startOurs(args)))]).toEqual([args, theirs]);
      const withFile = strip(comparable(await startTheirs([base], "", args)));
      expect([args, strip(comparable(startOurs([base, ...args])))]).toEqual([args, withFile]);
    }
  });

  const SIGNATURE = "# Generated by CONFIG REWRITE\n";
  const OLD_FILES = [
    "",
    "timeout 5",
    "# first\n\n\n  timeout 5  \n# second\nTIMEOUT 6\nhz 20\n\n\n# last\n",
    "save 1 2\nsave 3 4\nsave 5 6\n# rest\nsave 7 8\n",
    "slave-priority 5\nhash-max-ziplist-entries 9\nlua-time-limit 7\nslaveof 127.0.0.1 1\n",
    "client-output-buffer-limit replica 1mb 2mb 3\nclient-output-buffer-limit normal 1 2 3\n",
    'include other.conf\nrename-command flushall ""\nrename-command get fetch\nloglevel debug\n',
    "lua-replicate-commands yes\nbind * -::*\nappendfilename \"appendonly.aof\"\nlogfile ''\n",
    'bind 127.0.0.1\nproc-title-template "{title} {port}"\nmaxmemory 3000\n'.concat(SIGNATURE),
    "notify-keyspace-events KEA\noom-score-adj relative\nunixsocketperm 700\n",
    "maxmemory-clients 5%\nsocket-mark-id 0\n",
    "latency-tracking-info-percentiles 1 2.5\nshutdown-on-sigint now force\ndir .\n",
    "masterauth \"a\\x00b\\xff\\n\"\nmasteruser ''\npidfile ''\nsyslog-ident ''\n",
    "port 0\nport 0\nunixsocket nosuch\n\n\n\n#x\n\n\nmaxmemory 100mb\n",
  ];
  const CHANGES = [
    [],
    ["timeout", "9", "maxmemory", "1gb", "save", "", "hz", "10"],
    ["save", "1 1 2 2 3 3", "client-output-buffer-limit", "pubsub 1 2kb 3", "bind", ""],
    ["maxmemory-clients", "7%", "shutdown-on-sigint", "default", "repl-backlog-size", "1500kb"],
    ["masterauth", 'x y"\\\t\xe9', "latency-tracking-info-percentiles", "", "save", "60 1"],
    ["notify-keyspace-events", "Ex", "oom-score-adj-values", "1 2 3", "maxclients", "99"],
  ];

  /** The file up to what was appended, and that in order: the real one appends in any order. */
  function parts(text: string): { head: string; tail: string[] } {
    const [head, tail = ""] = text.split(SIGNATURE);
    const isLeftOut = (name: string) => isNewer(name) || COMPACTION.includes(name);
    const lines = tail.split("\n").filter((line) => !isLeftOut(line.split(" ")[0]));
    return { head, tail: lines.sort() };
  }

  test("CONFIG REWRITE writes the same file", async () => {
    for (const [index, old] of OLD_FILES.entries()) {
      const server = new RedisServer();
      const path = join(server.folder, "test.conf");
      const socket = ["--port", "0", "--unixsocket", join(server.folder, "socket")];
      writeFileSync(join(server.folder, "other.conf"), "lfu-log-factor 3\n");
      for (const changes of CHANGES) {
        writeFileSync(path, old, "latin1");
        await server.start([path, "--enable-debug-command", "yes"]);
        const config = configOf(
          realHost(server.folder),
          path,
          "--enable-debug-command",
          "yes",
          ...socket,
        );
        for (const all of [false, true]) {
          const before = readFileSync(path, "latin1");
          if (changes.length > 0) {
            expect(await server.call("config", "set", ...changes)).toBe("OK");
            expect(config.set(changes, ASKER)).toBeNull();
          }
          const command = all ? ["debug", "config-rewrite-force-all"] : ["config", "rewrite"];
          expect(await server.call(...command)).toBe("OK");
          const theirs = readFileSync(path, "latin1");
          const users = [...theirs.matchAll(/^user (.*)$/gm)].map((match) => match[1]);
          const ours = rewriteConfig(config, before, { all, users });
          const label = `${index} ${changes.join(" ")} ${all}`;
          expect([label, parts(ours)]).toEqual([label, parts(theirs)]);
        }
        await server.halt();
      }
      await server.stop();
    }
  });
});
