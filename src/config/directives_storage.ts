/**
 * The directives of snapshots, the append-only log, replication and the cluster, a table for each
 * section; directives.ts puts those of all files together.
 */
import {
  ANY_INT,
  baseName,
  choice,
  FROM_0,
  FROM_1,
  flag,
  integer,
  LONG_FROM_0,
  LONG_FROM_1,
  memory,
  PORT,
  text,
  UINT64,
} from "./kinds.ts";
import { checkHostName, primary, saveRules } from "./specials.ts";

const NO_PROCESS = "Snapshots are written without another process.";
const NO_REPLICAS = "There is no replication yet.";
const NO_CLUSTER = "There is no cluster mode yet.";

export const snapshots = {
  save: saveRules({
    does: "When a snapshot is written; with any, also by a shutdown and FLUSHALL.",
  }),
  "stop-writes-on-bgsave-error": flag(true, {
    does: "Writes are refused from when a snapshot has failed until one succeeds.",
  }),
  "snapshot-format": choice(["rusk", "rdb"], "rusk", {
    own: true,
    hidden: true,
    does: "What snapshots are written as: Rusk's own format, or Redis's. Either is loaded.",
  }),
  "load-incomplete": flag(false, {
    own: true,
    hidden: true,
    does: "A file with a module's keys or data, which cannot be kept, is loaded without them.",
  }),
  "load-foreign-functions": flag(true, {
    own: true,
    hidden: true,
    does:
      "A file with libraries of functions that do not run here is loaded; they are kept as they " +
      "are. If it is `no`, the server does not start with one.",
  }),
  rdbcompression: flag(true, { does: "Snapshots, and long strings in DUMP payloads, are packed." }),
  rdbchecksum: flag(true, { immutable: true, does: "RDB files end with a checksum." }),
  "sanitize-dump-payload": choice(["no", "yes", "clients"], "no", {
    anyway: "Payloads are always checked in depth.",
  }),
  dbfilename: text(
    "dump.rdb",
    { protected: true, does: "The snapshot, in `dir`: loaded at the start, written by SAVE." },
    {
      check: baseName("dbfilename", "filename", true),
    },
  ),
  "rdb-del-sync-files": flag(false, { kept: NO_PROCESS }),
  "rdb-save-incremental-fsync": flag(true, { anyway: NO_PROCESS }),
  "rdb-key-save-delay": integer(0, ANY_INT, {
    hidden: true,
    does: "A snapshot takes at least so many microseconds for each key: for tests.",
  }),
  "key-load-delay": integer(0, ANY_INT, {
    hidden: true,
    does: "Loading takes at least so many microseconds for each key or command: for tests.",
  }),
  "loading-process-events-interval-bytes": integer(
    2097152,
    { ...FROM_0, min: 1024n },
    {
      hidden: true,
      kept: NO_PROCESS,
    },
  ),
};

export const appendOnly = {
  appendonly: flag(false, {
    denyLoading: true,
    does: "Changes are written to a log before they are confirmed, and it is loaded at the start.",
  }),
  appendfilename: text(
    "appendonly.aof",
    { immutable: true, does: "How the names of the log's files begin." },
    {
      check: baseName("appendfilename", "filename", false),
    },
  ),
  appenddirname: text(
    "appendonlydir",
    { immutable: true, does: "The folder of the log's files, in `dir`." },
    {
      check: baseName("appenddirname", "dirname", false),
    },
  ),
  appendfsync: choice(["everysec", "always", "no"], "everysec", {
    does: "When the log is on the disk: before a change is confirmed, within a second, or later.",
  }),
  "no-appendfsync-on-rewrite": flag(false, {
    does: "The log waits for nothing, as with `appendfsync no`, while it is rewritten.",
  }),
  "auto-aof-rewrite-percentage": integer(100, FROM_0, {
    does: "The log is rewritten when it has grown by so many percent; 0: only by BGREWRITEAOF.",
  }),
  "auto-aof-rewrite-min-size": memory(67108864, LONG_FROM_0, {
    does: "It is not rewritten by itself while it is smaller.",
  }),
  "aof-load-truncated": flag(true, {
    does:
      "A log that ends too early, as after a crash, is loaded, and cut to what is whole; the " +
      "rest is kept beside it.",
  }),
  "aof-use-rdb-preamble": flag(true, {
    does: "A rewritten log begins with a snapshot in place of commands.",
  }),
  "aof-timestamp-enabled": flag(false, {
    does: "The log tells the time, so that it can be cut to a time.",
  }),
  "aof-disable-auto-gc": flag(false, {
    does: "Files of the log that are replaced are kept.",
  }),
  "aof-rewrite-incremental-fsync": flag(true, { anyway: NO_PROCESS }),
};

export const replication = {
  replicaof: primary({ immutable: true, alias: "slaveof", refused: NO_REPLICAS }),
  masterauth: text(null, { sensitive: true, kept: NO_REPLICAS }, { binary: true }),
  masteruser: text(null, { sensitive: true, kept: NO_REPLICAS }),
  "replica-serve-stale-data": flag(true, { alias: "slave-serve-stale-data", kept: NO_REPLICAS }),
  "replica-read-only": flag(true, { alias: "slave-read-only", kept: NO_REPLICAS }),
  "replica-lazy-flush": flag(false, { alias: "slave-lazy-flush", kept: NO_REPLICAS }),
  "replica-ignore-maxmemory": flag(true, { alias: "slave-ignore-maxmemory", kept: NO_REPLICAS }),
  "replica-ignore-disk-write-errors": flag(false, { kept: NO_REPLICAS }),
  "replica-priority": integer(100, FROM_0, { alias: "slave-priority", kept: NO_REPLICAS }),
  "replica-announced": flag(true, { kept: NO_REPLICAS }),
  "replica-announce-ip": text(null, { alias: "slave-announce-ip", kept: NO_REPLICAS }),
  "replica-announce-port": integer(0, PORT, { alias: "slave-announce-port", kept: NO_REPLICAS }),
  "repl-diskless-sync": flag(true, { kept: NO_REPLICAS }),
  "repl-diskless-sync-delay": integer(5, FROM_0, { kept: NO_REPLICAS }),
  "repl-diskless-sync-max-replicas": integer(0, FROM_0, { kept: NO_REPLICAS }),
  "repl-diskless-load": choice(["disabled", "on-empty-db", "swapdb"], "disabled", {
    denyLoading: true,
    kept: NO_REPLICAS,
  }),
  "repl-ping-replica-period": integer(10, FROM_1, {
    alias: "repl-ping-slave-period",
    kept: NO_REPLICAS,
  }),
  "repl-timeout": integer(60, FROM_1, { kept: NO_REPLICAS }),
  "repl-disable-tcp-nodelay": flag(false, { kept: NO_REPLICAS }),
  "repl-backlog-size": memory(
    1048576,
    { ...LONG_FROM_1, clamp: [16384n, LONG_FROM_1.max] },
    { kept: NO_REPLICAS },
  ),
  "repl-backlog-ttl": integer(3600, LONG_FROM_0, { kept: NO_REPLICAS }),
  "min-replicas-to-write": integer(0, FROM_0, {
    alias: "min-slaves-to-write",
    does: "Replicas without which writes are refused; there are none yet.",
  }),
  "min-replicas-max-lag": integer(10, FROM_0, {
    alias: "min-slaves-max-lag",
    does: "Seconds after which a silent replica does not count; 0 lets writes pass.",
  }),
  "propagation-error-behavior": choice(["ignore", "panic", "panic-on-replicas"], "ignore", {
    kept: NO_REPLICAS,
  }),
};

export const cluster = {
  "cluster-enabled": flag(false, { immutable: true, refused: NO_CLUSTER }),
  "cluster-config-file": text("nodes.conf", { immutable: true, kept: NO_CLUSTER }),
  "cluster-node-timeout": integer(15000, LONG_FROM_0, { kept: NO_CLUSTER }),
  "cluster-port": integer(0, PORT, { immutable: true, kept: NO_CLUSTER }),
  "cluster-replica-validity-factor": integer(10, FROM_0, {
    alias: "cluster-slave-validity-factor",
    kept: NO_CLUSTER,
  }),
  "cluster-migration-barrier": integer(1, FROM_0, { kept: NO_CLUSTER }),
  "cluster-allow-replica-migration": flag(true, { kept: NO_CLUSTER }),
  "cluster-require-full-coverage": flag(true, { kept: NO_CLUSTER }),
  "cluster-replica-no-failover": flag(false, {
    alias: "cluster-slave-no-failover",
    kept: NO_CLUSTER,
  }),
  "cluster-allow-reads-when-down": flag(false, { kept: NO_CLUSTER }),
  "cluster-allow-pubsubshard-when-down": flag(true, { kept: NO_CLUSTER }),
  "cluster-link-sendbuf-limit": memory(0, UINT64, { kept: NO_CLUSTER }),
  "cluster-announce-hostname": text(null, { kept: NO_CLUSTER }, { check: checkHostName }),
  "cluster-preferred-endpoint-type": choice(["ip", "hostname", "unknown-endpoint"], "ip", {
    kept: NO_CLUSTER,
  }),
  "cluster-announce-ip": text(null, { kept: NO_CLUSTER }),
  "cluster-announce-port": integer(0, PORT, { kept: NO_CLUSTER }),
  "cluster-announce-tls-port": integer(0, PORT, { kept: NO_CLUSTER }),
  "cluster-announce-bus-port": integer(0, PORT, { kept: NO_CLUSTER }),
};
