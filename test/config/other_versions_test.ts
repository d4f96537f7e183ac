// Purpose: configuration files of Redis 2.0 to 8.x and of Valkey are read: each directive that any
// of them has is one of ours, has another name here, or is told of (src/config/other_versions.ts).

import { describe, expect, test } from "bun:test";
import { Config } from "../../src/config/config.ts";
import { DIRECTIVES, FILE_STATEMENTS, NAMES } from "../../src/config/directives.ts";
import { loadConfig } from "../../src/config/file.ts";
import { OTHER_VERSIONS } from "../../src/config/other_versions.ts";
import { fakeHost } from "./fake_host.ts";

/** Lines of files as people have them, by the version that they are of. */
const FILES: Readonly<Record<string, string>> = {
  "Redis 2.4": `daemonize no
timeout 300
loglevel verbose
databases 16
save 900 1
rdbcompression yes
slave-serve-stale-data yes
appendonly no
appendfsync everysec
no-appendfsync-on-rewrite no
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
slowlog-log-slower-than 10000
slowlog-max-len 1024
vm-enabled no
vm-swap-file /tmp/redis.swap
vm-max-memory 0
vm-page-size 32
vm-pages 134217728
vm-max-threads 4
hash-max-zipmap-entries 512
hash-max-zipmap-value 64
list-max-ziplist-entries 512
list-max-ziplist-value 64
set-max-intset-entries 512
zset-max-ziplist-entries 128
zset-max-ziplist-value 64
glueoutputbuf yes
activerehashing yes`,
  "Redis 2.8": `tcp-keepalive 0
stop-writes-on-bgsave-error yes
rdbchecksum yes
slave-read-only yes
repl-disable-tcp-nodelay no
slave-priority 100
lua-time-limit 5000
latency-monitor-threshold 0
notify-keyspace-events ""
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit slave 256mb 64mb 60
hz 10
aof-rewrite-incremental-fsync yes
min-slaves-to-write 0`,
  "Redis 3.2 to 6.2": `protected-mode yes
supervised no
hash-max-ziplist-entries 512
list-max-ziplist-size -2
list-compress-depth 0
hll-sparse-max-bytes 3000
cluster-slave-validity-factor 10
slave-lazy-flush no
aof-use-rdb-preamble yes
active-defrag-cycle-min 5
dynamic-hz yes
rdb-save-incremental-fsync yes
gopher-enabled no
io-threads 1
lua-replicate-commands yes
repl-diskless-load disabled
oom-score-adj no
disable-thp yes`,
  "Redis 7.2 to 8.x": `locale-collate ""
set-max-listpack-entries 128
max-new-connections-per-cycle 10
hide-user-data-from-log no
replica-full-sync-buffer-limit 0
tls-auth-clients-user off
lookahead 16
stream-idmp-duration 100`,
  "Valkey 8 and 9": `primaryauth secret
primaryuser ann
commandlog-execution-slower-than 20000
commandlog-slow-execution-max-len 64
commandlog-large-reply-max-len 128
import-mode no
rdma-port 0
prefetch-batch-max-size 16
log-format legacy
mptcp no
extended-redis-compatibility no`,
};

function loaded(text: string): Config {
  const config = new Config(fakeHost({ "/x.conf": text }));
  loadConfig(config, { file: "/x.conf", readsStandardInput: false, options: "" });
  return config;
}

const toldOf = (text: string) => Object.fromEntries(loaded(text).ignored);

describe("a file is read", () => {
  test.each(Object.entries(FILES))("of %s", (_version, text) => {
    const config = loaded(text);
    for (const line of text.split("\n")) {
      const name = line.split(" ")[0];
      const other = OTHER_VERSIONS.get(name);
      const isTold = config.ignored.has(name);
      expect([name, NAMES.has(name) || other !== undefined]).toEqual([name, true]);
      expect([name, isTold]).toEqual([name, other !== undefined && "kept" in other]);
    }
  });
});

test("other names have their effect", () => {
  const config = loaded(FILES["Valkey 8 and 9"]);
  expect(config.text("masterauth")).toBe("secret");
  expect(config.text("slowlog-log-slower-than")).toBe("20000");
  expect(config.text("slowlog-max-len")).toBe("64");
  expect(loaded("hash-max-zipmap-entries 7").text("hash-max-listpack-entries")).toBe("7");
});

test("what is without effect is told of, with its reason", () => {
  const config = loaded("mptcp yes\nlog-format logfmt\nlog-timestamp-format iso8601\n");
  expect(config.warningOfIgnored()).toBe(
    "Set, but without effect: mptcp (TCP is used as it is); " +
      "log-format, log-timestamp-format (The log has one form, Redis's)",
  );
  expect(loaded("port 1\n").warningOfIgnored()).toBe(null);
  expect(toldOf("glueoutputbuf no")).toEqual({ glueoutputbuf: "Replies go out together anyway" });
});

test.each([
  ["vm-enabled yes", "This cannot be had: values are in memory, always"],
  ["import-mode yes", "This cannot be had: keys that have expired are removed"],
  ["rdma-port 6380", "This cannot be had: there is no RDMA"],
  ["tls-auth-clients-user CN", "This cannot be had: users are not told from certificates"],
  ["search-threads 4", "This directive is a module's: there are no modules"],
  ["nosuch 1", "Bad directive or wrong number of arguments"],
  ["mptcp", "Bad directive or wrong number of arguments"],
])("%s stops the start, with the line", (line, reason) => {
  let report = "";
  try {
    loaded(`port 1\n${line}\n`);
  } catch (error) {
    report = (error as { report(server: string): string }).report("Redis");
  }
  expect(report).toEndWith(`at line 2 of /x.conf\n>>> '${line}'\n${reason}\n`);
});

test("no name is in two tables, and other names lead to ours", () => {
  for (const [name, other] of OTHER_VERSIONS) {
    expect([name, NAMES.has(name) || Object.hasOwn(FILE_STATEMENTS, name)]).toEqual([name, false]);
    if ("is" in other) expect(Object.hasOwn(DIRECTIVES, other.is)).toBe(true);
  }
});
