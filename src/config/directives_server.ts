/**
 * The directives of the server itself, section by section as in redis.conf. What each `does`, or
 * why it does nothing, is told by its Meaning.
 */
import { STRING_SIZE_MAX } from "../base/limits.ts";
import {
  ANY_INT,
  choice,
  choices,
  FROM_0,
  FROM_1,
  flag,
  integer,
  LONG_FROM_0,
  LONG_FROM_1,
  memory,
  memoryOrPercent,
  octal,
  PORT,
  text,
  UINT32,
  UINT64,
} from "./kinds.ts";
import {
  addresses,
  checkShutdown,
  checkTitleTemplate,
  eventClasses,
  folder,
  oomScores,
  outputLimits,
  percentiles,
} from "./specials.ts";

const STRING_SIZE = { min: 1024n * 1024n, max: BigInt(STRING_SIZE_MAX) };
const FROM_1_MB = { ...LONG_FROM_0, min: 1024n * 1024n };

const LOCAL = ["no", "yes", "local"];

const NO_PINNING = "Threads are not pinned to processors.";
const NO_MODULES = "There are no modules.";
const NO_FREEING = "Large values are always freed in slices, in the background.";

export const network = {
  bind: addresses({ does: "Addresses to listen on; a leading - allows one to be missing." }),
  "bind-source-addr": text(null, { kept: "There is no replication yet." }),
  "protected-mode": flag(true, {
    does: "While the default user has no password, refuses clients from other machines.",
  }),
  port: integer(6379, PORT, { does: "TCP port; 0 is none." }),
  "tcp-backlog": integer(511, FROM_0, {
    immutable: true,
    does: "Connections that may wait to be accepted.",
  }),
  unixsocket: text(null, { immutable: true, does: "Path of a Unix socket to listen on." }),
  unixsocketperm: octal(
    0,
    { min: 0n, max: 0o777n },
    {
      immutable: true,
      does: "Permissions of the Unix socket; 0 leaves them to the umask.",
    },
  ),
  timeout: integer(0, FROM_0, { does: "Seconds until an idle client is closed; 0 is never." }),
  "tcp-keepalive": integer(300, FROM_0, {
    does: "Seconds between probes of a silent connection; 0 is none.",
  }),
  "socket-mark-id": integer(0, UINT32, {
    immutable: true,
    kept: "Sockets are not marked.",
  }),
  "metrics-port": integer(0, PORT, {
    own: true,
    does: "TCP port for Prometheus, which gets its figures there at /metrics; 0 is none.",
  }),
  "metrics-bind": addresses(
    {
      own: true,
      does: "Addresses of metrics-port; a leading - allows one to be missing.",
    },
    ["127.0.0.1", "-::1"],
  ),
};

export const tls = {
  "tls-port": integer(0, PORT, { does: "TCP port for TLS; 0 is none." }),
  "tls-cert-file": text(null, {
    volatile: true,
    does: "The server's certificate, in PEM; set again, it is read again.",
  }),
  "tls-key-file": text(null, { volatile: true, does: "The key of tls-cert-file." }),
  "tls-key-file-pass": text(null, { sensitive: true, does: "The password of tls-key-file." }),
  "tls-client-cert-file": text(null, {
    volatile: true,
    does: "The certificate shown to other servers, in place of tls-cert-file.",
  }),
  "tls-client-key-file": text(null, {
    volatile: true,
    does: "The key of tls-client-cert-file.",
  }),
  "tls-client-key-file-pass": text(null, {
    sensitive: true,
    does: "The password of tls-client-key-file.",
  }),
  "tls-dh-params-file": text(null, {
    volatile: true,
    does: "Parameters of Diffie-Hellman, for old clients.",
  }),
  "tls-ca-cert-file": text(null, {
    volatile: true,
    does: "Certificates of who signs clients' certificates.",
  }),
  "tls-ca-cert-dir": text(null, {
    volatile: true,
    does: "A folder of such certificates, named by their hashes.",
  }),
  "tls-auth-clients": choice(["no", "yes", "optional"], "yes", {
    does: "Whether clients must show a certificate; with optional, they may.",
  }),
  "tls-replication": flag(false, { kept: "There is no replication yet." }),
  "tls-cluster": flag(false, { does: "MIGRATE speaks TLS to other servers." }),
  "tls-protocols": text(null, {
    does: "Versions of TLS, of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3; by default the last two.",
  }),
  "tls-ciphers": text(null, {
    does: "Ciphers up to TLS 1.2, in OpenSSL's grammar; by default OpenSSL's.",
  }),
  "tls-ciphersuites": text(null, { does: "Those of TLS 1.3." }),
  "tls-prefer-server-ciphers": flag(false, {
    does: "The server's order of ciphers counts, not the client's.",
  }),
  "tls-session-caching": flag(true, { does: "Clients that come again need not greet in full." }),
  "tls-session-cache-size": integer(20480, FROM_0, { does: "Sessions that are kept." }),
  "tls-session-cache-timeout": integer(300, FROM_0, { does: "For so many seconds." }),
};

export const general = {
  daemonize: flag(false, {
    immutable: true,
    does:
      "The server goes to the background, with /var/run/rusk.pid as its pidfile unless there is " +
      "another; not under a supervisor.",
  }),
  supervised: choice(["upstart", "systemd", "auto", "no"], "no", {
    immutable: true,
    does: "The service manager that is told of the start, of loading and of the end; auto: if any.",
  }),
  pidfile: text(null, { immutable: true, does: "File that holds the process id while running." }),
  loglevel: choice(["debug", "verbose", "notice", "warning"], "notice", {
    does: "The least grave messages that are logged.",
  }),
  logfile: text("", { immutable: true, does: "File to log to; empty is standard output." }),
  "syslog-enabled": flag(false, {
    immutable: true,
    does: "What is logged goes to the system's log, too; what that is too slow for is left out.",
  }),
  "syslog-ident": text("redis", {
    immutable: true,
    does: "How the system's log names the server.",
  }),
  "syslog-facility": choice(
    ["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
    "local0",
    { immutable: true, does: "The system log's kind of sender." },
  ),
  "crash-log-enabled": flag(true, {
    does: "A server that cannot go on writes a report of its state to the log.",
  }),
  "crash-memcheck-enabled": flag(true, { anyway: "Memory is not tested after a crash." }),
  "hide-user-data-from-log": flag(false, {
    since: "7.4",
    does: "Reports of crashes do not show what the last command was called with.",
  }),
  databases: integer(16, FROM_1, { immutable: true, does: "Number of databases." }),
  "always-show-logo": flag(false, {
    immutable: true,
    does: "Shows the logo even when standard output is no terminal.",
  }),
  "set-proc-title": flag(true, {
    immutable: true,
    does: "The title of the process, which ps shows, is made of proc-title-template.",
  }),
  "proc-title-template": text(
    "{title} {listen-addr} {server-mode}",
    {
      does: "The title; {title} is the program, others as {port} what their directives say.",
    },
    { check: checkTitleTemplate },
  ),
  dir: folder({
    protected: true,
    denyLoading: true,
    does: "Working folder, which relative paths start from.",
  }),
  hz: integer(
    10,
    { ...FROM_0, clamp: [1n, 500n] },
    {
      does: "Rounds of background work in a second.",
    },
  ),
  "dynamic-hz": flag(true, { anyway: "The rounds of background work are short at any rate." }),
  "ignore-warnings": text("", { anyway: "No warning stops the start." }),
  "watchdog-period": integer(0, FROM_0, {
    hidden: true,
    kept: "A command cannot be looked into while it runs; see SLOWLOG.",
  }),
  "use-exit-on-panic": flag(false, {
    hidden: true,
    does: "DEBUG PANIC and ASSERT end the process with a status, not by a signal.",
  }),
  "disable-thp": flag(true, {
    immutable: true,
    anyway: "It is for Redis's fork, and nothing forks here; see huge-pages.",
  }),
  "huge-pages": flag(true, {
    own: true,
    immutable: true,
    hidden: true,
    does:
      "Large data lie in huge pages (Linux), and take less CPU time so. What is small does not, " +
      "nor does anything where the system forbids it; the log says what is in force.",
  }),
  "jemalloc-bg-thread": flag(true, { anyway: "Memory is not managed by jemalloc." }),
};

export const security = {
  requirepass: text(
    null,
    { sensitive: true, does: "Password of the default user." },
    {
      binary: true,
    },
  ),
  aclfile: text("", {
    immutable: true,
    does: "File of users, which ACL LOAD and ACL SAVE read and write.",
  }),
  "acllog-max-len": integer(128, LONG_FROM_0, { does: "Entries of ACL LOG." }),
  "acl-pubsub-default": choice(["allchannels", "resetchannels"], "resetchannels", {
    does: "Channels of users that are made or reset: all of them, or none.",
  }),
  "enable-protected-configs": choice(LOCAL, "no", {
    immutable: true,
    does: "Whether CONFIG SET may change protected directives; local: on this machine only.",
  }),
  "enable-debug-command": choice(LOCAL, "no", {
    immutable: true,
    does: "Whether DEBUG may be used; local: from this machine only.",
  }),
  "enable-module-command": choice(LOCAL, "no", { immutable: true, kept: NO_MODULES }),
};

export const clients = {
  maxclients: integer(
    10000,
    { ...UINT32, min: 1n },
    {
      does: "Clients connected at the same time.",
    },
  ),
  "client-query-buffer-limit": memory(1073741824, FROM_1_MB, {
    does: "Bytes of a client's requests that may wait.",
  }),
  "client-output-buffer-limit": outputLimits({
    does:
      "Bytes of replies that may wait: a client above its limit is closed, in the midst of its " +
      "command if need be; without a limit, above half of the machine's memory.",
  }),
  "proto-max-bulk-len": memory(536870912, STRING_SIZE, {
    does: "Bytes in one argument, and in a string that grows.",
  }),
  "tracking-table-max-keys": integer(1000000, LONG_FROM_0, {
    does:
      "Keys of which the server remembers who has read them (CLIENT TRACKING); above it some are " +
      "forgotten, and who has read them is told so. 0 is no limit.",
  }),
};

export const memoryManagement = {
  maxmemory: memory(0, UINT64, {
    does:
      "Memory above which keys are evicted, as maxmemory-policy says, or commands that need more " +
      "are refused; 0 is no limit. What counts is used_memory less mem_not_counted_for_evict.",
  }),
  "maxmemory-policy": choice(
    [
      "volatile-lru",
      "volatile-lfu",
      "volatile-random",
      "volatile-ttl",
      "allkeys-lru",
      "allkeys-lfu",
      "allkeys-random",
      "noeviction",
    ],
    "noeviction",
    {
      does:
        "Which keys are evicted: those not looked up for longest (lru), those looked up most " +
        "rarely (lfu), any (random), or those that expire first (ttl); of all keys, or only of " +
        "those that expire (volatile).",
    },
  ),
  "maxmemory-samples": integer(5, FROM_1, {
    does: "Keys that are looked at, on average, for each that is evicted as lru or lfu has it.",
  }),
  "maxmemory-eviction-tenacity": integer(
    10,
    { min: 0n, max: 100n },
    {
      does:
        "How long a command may wait for eviction: up to 10 it is 0.05 ms for each, above 15 % " +
        "more than by the one before; 100 is without end.",
    },
  ),
  "maxmemory-clients": memoryOrPercent({
    does: "Memory of all clients; above it the largest are closed. 0 is no limit.",
  }),
  "active-expire-effort": integer(
    1,
    { min: 1n, max: 10n },
    {
      anyway: "Keys are removed in the order of their expiry, not by sampling.",
    },
  ),
  "lfu-log-factor": integer(10, FROM_0, { does: "How slowly the frequency counter grows." }),
  "lfu-decay-time": integer(1, FROM_0, {
    does: "Minutes after which the frequency counter is lowered.",
  }),
  activerehashing: flag(true, { does: "Whether tables are resized in idle time too." }),
  activedefrag: flag(true, {
    does: "Whether data are moved together in slices when much memory is unused; Redis: no.",
  }),
  "active-defrag-ignore-bytes": memory(16777216, LONG_FROM_1, {
    does: "So much memory must be unused for it to begin; Redis: 100mb.",
  }),
  "active-defrag-threshold-lower": integer(
    100,
    { min: 0n, max: 1000n },
    { does: "And so much, in per cent of what is used; Redis: 10." },
  ),
  "active-defrag-threshold-upper": integer(
    100,
    { min: 0n, max: 1000n },
    { does: "From so much on it takes active-defrag-cycle-max." },
  ),
  "active-defrag-cycle-min": integer(
    1,
    { min: 1n, max: 99n },
    { does: "Per cent of the time that it takes at the lower threshold." },
  ),
  "active-defrag-cycle-max": integer(
    10,
    { min: 1n, max: 99n },
    { does: "Per cent of the time that it takes from the upper threshold on; Redis: 25." },
  ),
  "active-defrag-max-scan-fields": integer(1000, LONG_FROM_1, {
    anyway: "Values of many elements are passed in small steps.",
  }),
};

export const lazyFreeing = {
  "lazyfree-lazy-eviction": flag(false, {
    does: "The log is told of evicted keys by UNLINK in place of DEL; all are freed the same way.",
  }),
  "lazyfree-lazy-expire": flag(false, {
    does: "The log is told of expired keys by UNLINK in place of DEL; all are freed in slices.",
  }),
  "lazyfree-lazy-server-del": flag(false, { anyway: NO_FREEING }),
  "lazyfree-lazy-user-del": flag(false, { anyway: NO_FREEING }),
  "lazyfree-lazy-user-flush": flag(false, { anyway: NO_FREEING }),
};

export const threadsAndKernel = {
  "io-threads": integer(
    1,
    { min: 1n, max: 128n },
    {
      immutable: true,
      kept: "One thread serves all clients.",
    },
  ),
  "io-threads-do-reads": flag(false, { immutable: true, kept: "One thread serves all clients." }),
  server_cpulist: text(null, { immutable: true, kept: NO_PINNING }),
  bio_cpulist: text(null, { immutable: true, kept: NO_PINNING }),
  aof_rewrite_cpulist: text(null, { immutable: true, kept: NO_PINNING }),
  bgsave_cpulist: text(null, { immutable: true, kept: NO_PINNING }),
  "oom-score-adj": choice(
    ["no", "yes", "relative", "absolute"],
    "no",
    {
      does:
        "Whether the kernel is told how soon it may end the process for want of memory; yes and " +
        "relative add to what it was told before, absolute does not.",
    },
    { relative: "yes" },
  ),
  "oom-score-adj-values": oomScores({
    does: "What it is told: the first number; the others are for replicas and children.",
  }),
};

const SHUTDOWN_NAMES = ["default", "save", "nosave", "now", "force"];

export const shutdown = {
  "shutdown-timeout": integer(10, FROM_0, { anyway: "There are no replicas to wait for yet." }),
  "shutdown-on-sigint": choices(
    SHUTDOWN_NAMES,
    { does: "How SIGINT ends the server." },
    checkShutdown,
  ),
  "shutdown-on-sigterm": choices(
    SHUTDOWN_NAMES,
    { does: "How SIGTERM ends the server." },
    checkShutdown,
  ),
};

export const scripting = {
  "busy-reply-threshold": integer(5000, LONG_FROM_0, {
    alias: "lua-time-limit",
    does:
      "Milliseconds after which others are told that a script runs (BUSY), and can end it; 0 is " +
      "never.",
  }),
  "script-time-limit": integer(0, LONG_FROM_0, {
    own: true,
    does: "Milliseconds after which a script is ended, and undone; 0 is never.",
  }),
  "script-memory-limit": memory(268435456, LONG_FROM_0, {
    own: true,
    does:
      "Bytes by which a script may make the server grow before it is ended, and which the " +
      "variables of libraries may hold together; 0 is no limit.",
  }),
  "script-undo-limit": memory(67108864, LONG_FROM_0, {
    own: true,
    does:
      "Bytes that may be kept so that what a script has done can be undone. Beyond it an atomic " +
      "script ends with an error, undone, and another cannot be ended by force.",
  }),
  "lua-enable-deprecated-api": flag(false, {
    immutable: true,
    hidden: true,
    kept: "Scripts are JavaScript, which has nothing of Lua's old API.",
  }),
};

export const monitoring = {
  "slowlog-log-slower-than": integer(
    10000,
    { ...LONG_FROM_0, min: -1n },
    {
      does: "Microseconds from which a command enters the slow log; -1 is never.",
    },
  ),
  "slowlog-max-len": integer(128, LONG_FROM_0, { does: "Entries of the slow log." }),
  "latency-monitor-threshold": integer(0, LONG_FROM_0, {
    does: "Milliseconds from which an event is recorded for LATENCY; 0 is never.",
  }),
  "latency-tracking": flag(true, { does: "Whether latencies of commands are counted." }),
  "latency-tracking-info-percentiles": percentiles({
    does: "Percentiles of the latencies in INFO.",
  }),
  "notify-keyspace-events": eventClasses({
    does: "What happens to keys is published: K and E are channels, other letters classes.",
  }),
};

export const collections = {
  "hash-max-listpack-entries": integer(512, LONG_FROM_0, {
    alias: "hash-max-ziplist-entries",
    does: "Fields above which a hash is no longer packed in one block.",
  }),
  "hash-max-listpack-value": memory(64, LONG_FROM_0, {
    alias: "hash-max-ziplist-value",
    does: "Size of a field or value above which a hash is no longer packed in one block.",
  }),
  "list-max-listpack-size": integer(-2, ANY_INT, {
    alias: "list-max-ziplist-size",
    does: "Elements of a block of a list; -1 to -5: its size, 1 to 16 KiB (in Redis 4 to 64 KiB).",
  }),
  "list-compress-depth": integer(0, FROM_0, {
    kept: "Lists are not compressed, on purpose: see above.",
  }),
  "set-max-intset-entries": integer(512, LONG_FROM_0, {
    does: "Members above which a set of integers is no longer an array of them.",
  }),
  "set-max-listpack-entries": integer(128, LONG_FROM_0, {
    since: "7.2",
    does: "Members above which any other set is no longer packed in one block.",
  }),
  "set-max-listpack-value": memory(64, LONG_FROM_0, {
    since: "7.2",
    does: "Size of a member above which a set is no longer packed in one block.",
  }),
  "zset-max-listpack-entries": integer(128, LONG_FROM_0, {
    alias: "zset-max-ziplist-entries",
    does: "Members above which a sorted set is no longer packed in one block.",
  }),
  "zset-max-listpack-value": memory(64, LONG_FROM_0, {
    alias: "zset-max-ziplist-value",
    does: "Size of a member above which a sorted set is no longer packed in one block.",
  }),
  "hll-sparse-max-bytes": memory(3000, LONG_FROM_0, {
    does: "Bytes from which a HyperLogLog is kept dense, in 12 KiB.",
  }),
  "stream-node-max-bytes": memory(4096, LONG_FROM_0, {
    does: "Bytes of a block of a stream from which the next entry begins another; 0: 1 GB.",
  }),
  "stream-node-max-entries": integer(100, LONG_FROM_0, {
    does: "Entries of a block of a stream, deleted ones too; 0 is no limit.",
  }),
};
