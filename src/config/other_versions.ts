/**
 * Directives that other versions of Redis, from 2.0 to 8.x, and Valkey know and Redis 7.0 does not:
 * so that a file of theirs is read, and each line of it either has its effect, or is told of.
 */

/** What becomes of one. */
export type OtherDirective =
  /** Another name for one of ours. */
  | { readonly is: string }
  /** Read, and told of at the start: it is without effect, for this reason. */
  | { readonly kept: string }
  /** Stops the start, unless it has one of these values. */
  | { readonly refused: string; readonly unless: readonly string[] };

const NO_CLUSTER = "There is no cluster mode yet";
const NO_REPLICATION = "There is no replication yet";
const NO_THREADS = "Commands and connections are one thread's work";
const NO_VIRTUAL_MEMORY = "Values are in memory, always";
const OLD_ENCODING = "There is no such encoding any more";
const NO_LUA = "Scripts are not Lua";
const OWN_PACE = "It has a pace of its own";

const kept = (reason: string, names: string): [string, OtherDirective][] =>
  names.split(" ").map((name) => [name, { kept: reason }]);

const renamed = (pairs: Readonly<Record<string, string>>): [string, OtherDirective][] =>
  Object.entries(pairs).map(([name, is]) => [name, { is }]);

const refused = (reason: string, names: string, ...unless: string[]): [string, OtherDirective][] =>
  names.split(" ").map((name) => [name, { refused: reason, unless }]);

/** What Redis 7.0 reads without effect as well, and makes comments of. */
export const DEPRECATED: ReadonlySet<string> = new Set([
  "list-max-ziplist-entries",
  "list-max-ziplist-value",
  "lua-replicate-commands",
]);

/** By their names. */
export const OTHER_VERSIONS: ReadonlyMap<string, OtherDirective> = new Map([
  // Redis 2.0 to 6.2
  ...kept(NO_VIRTUAL_MEMORY, "vm-swap-file vm-max-memory vm-page-size vm-pages vm-max-threads"),
  ...refused(NO_VIRTUAL_MEMORY, "vm-enabled", "no"),
  ...kept("Replies go out together anyway", "glueoutputbuf"),
  ...renamed({
    "hash-max-zipmap-entries": "hash-max-listpack-entries",
    "hash-max-zipmap-value": "hash-max-listpack-value",
  }),
  ...kept(OLD_ENCODING, "list-max-ziplist-entries list-max-ziplist-value"),
  ...kept("Scripts are always logged by what they change", "lua-replicate-commands"),
  ...refused("There is no Gopher", "gopher-enabled", "no"),

  // Redis 7.2 to 8.x
  ...kept("Texts are compared by their bytes", "locale-collate"),
  ...kept(NO_CLUSTER, "cluster-announce-human-nodename cluster-compatibility-sample-ratio"),
  ...kept(NO_CLUSTER, "cluster-slot-stats-enabled cluster-slot-migration-write-pause-timeout"),
  ...kept(NO_CLUSTER, "cluster-slot-migration-handoff-max-lag-bytes"),
  ...kept(NO_REPLICATION, "replica-full-sync-buffer-limit repl-rdb-channel"),
  ...kept(OWN_PACE, "max-new-connections-per-cycle max-new-tls-connections-per-cycle lookahead"),
  ...kept("Sizes of keys are not gathered", "key-memory-histograms"),
  ...kept("There are no vector sets", "vset-force-single-threaded-execution"),
  ...kept("A log is cut as aof-load-truncated says", "aof-load-corrupt-tail-max-size"),
  ...kept("Streams do not know of producers", "stream-idmp-duration stream-idmp-maxsize"),
  ...refused("Users are not told from certificates", "tls-auth-clients-user", "off"),

  // Valkey
  ...renamed({
    primaryauth: "masterauth",
    primaryuser: "masteruser",
    "commandlog-execution-slower-than": "slowlog-log-slower-than",
    "commandlog-slow-execution-max-len": "slowlog-max-len",
  }),
  ...kept("Only slow commands are logged", "commandlog-request-larger-than"),
  ...kept("Only slow commands are logged", "commandlog-large-request-max-len"),
  ...kept("Only slow commands are logged", "commandlog-reply-larger-than"),
  ...kept("Only slow commands are logged", "commandlog-large-reply-max-len"),
  ...kept(NO_CLUSTER, "cluster-blacklist-ttl cluster-ping-interval cluster-databases"),
  ...kept(NO_CLUSTER, "cluster-manual-failover-timeout cluster-announce-client-ipv4"),
  ...kept(NO_CLUSTER, "cluster-announce-client-ipv6 cluster-slot-migration-log-max-len"),
  ...kept(NO_CLUSTER, "slot-migration-max-failover-repl-bytes availability-zone"),
  ...kept(NO_CLUSTER, "cluster-config-save-behavior"),
  ...kept(NO_REPLICATION, "dual-channel-replication-enabled repl-mptcp"),
  ...kept(NO_THREADS, "events-per-io-thread prefetch-batch-max-size io-threads-always-active"),
  ...kept(NO_THREADS, "min-io-threads-avoid-copy-reply min-string-size-avoid-copy-reply"),
  ...kept(NO_THREADS, "min-string-size-avoid-copy-reply-threaded io-threads-do-commands-offload"),
  ...kept("The server tells that it is compatible anyway", "extended-redis-compatibility"),
  ...kept(NO_LUA, "lua-enable-insecure-api"),
  ...kept("Memory is compacted in slices as it is", "active-defrag-cycle-us"),
  ...kept("The log has one form, Redis's", "log-format log-timestamp-format"),
  ...kept("Every version that is known is loaded", "rdb-version-check"),
  ...kept("The group is that of the process", "unixsocketgroup"),
  ...kept("TCP is used as it is", "mptcp"),
  ...kept("The seed is drawn anew at each start", "hash-seed"),
  ...kept("Certificates are read again by CONFIG SET", "tls-auto-reload-interval"),
  ...kept("Eviction begins at maxmemory", "maxmemory-reserved-scale"),
  ...refused("Keys that have expired are removed", "import-mode", "no"),
  ...refused("There is no RDMA", "rdma-port", "0"),
  ...kept("There is no RDMA", "rdma-bind rdma-rx-size rdma-completion-vector"),
]);

/** What the names of directives of modules begin with that Redis 8 ships. */
export const OF_MODULES = /^(search|ts|bf|cf|json|cms|topk|tdigest)-/;
