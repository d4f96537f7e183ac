/**
 * INFO: the server's state and counters, as a table of sections and their fields.
 *
 * Names, order and formats are those of Redis 7.0.15, since clients and tools read them. A field
 * that means nothing here (modules, replicas, copy on write) has the value that Redis shows while
 * nothing of that kind happens.
 */
import { ByteText } from "../../base/byte_text.ts";
import { humanSize } from "../../base/human_size.ts";
import { REDIS_VERSION, RUSK_VERSION } from "../../base/version.ts";
import type { Call } from "../../calls/call.ts";
import { meanPerCall } from "../../calls/command_stats.ts";
import { memoryUse, notCountedMemory, ratio } from "../../calls/memory_use.ts";
import type { ServerContext } from "../../calls/server_context.ts";
import type { Database } from "../../keyspace/database.ts";
import { type Field, FieldLines, shownValue } from "./field_lines.ts";

interface Section {
  readonly title: string;
  /** Whether INFO without arguments shows it. */
  readonly usual: boolean;
  readonly fields: (server: ServerContext) => Field[];
}

/** Seconds that LRU clocks count before they start anew: 24 bits. */
const LRU_CLOCK_MASK = 0xffffff;
const NO_REPLICATION_ID = "0".repeat(40);
/** Keys looked at to estimate the mean time to live. */
const TTL_SAMPLES = 128;

const SECTIONS: Readonly<Record<string, Section>> = {
  server: { title: "Server", usual: true, fields: serverFields },
  clients: { title: "Clients", usual: true, fields: clientFields },
  memory: { title: "Memory", usual: true, fields: memoryFields },
  persistence: { title: "Persistence", usual: true, fields: persistenceFields },
  stats: { title: "Stats", usual: true, fields: statFields },
  replication: { title: "Replication", usual: true, fields: replicationFields },
  cpu: { title: "CPU", usual: true, fields: cpuFields },
  modules: { title: "Modules", usual: true, fields: () => [] },
  commandstats: { title: "Commandstats", usual: false, fields: commandFields },
  errorstats: { title: "Errorstats", usual: true, fields: errorFields },
  latencystats: { title: "Latencystats", usual: false, fields: latencyFields },
  cluster: { title: "Cluster", usual: true, fields: () => [["cluster_enabled", 0]] },
  keyspace: { title: "Keyspace", usual: true, fields: keyspaceFields },
};

const NAMED_SECTIONS = Object.entries(SECTIONS).map(
  ([name, section]) => [name, section, new FieldLines()] as const,
);

/** INFO [section ...]: sections that do not exist are left out. */
export function info(call: Call): void {
  const wanted = new Set<string>();
  for (let i = 1; i < call.argc; i++) wanted.add(call.cText(i).toLowerCase());
  writeInfo(call.server, wanted);
  call.reply.verbatimBytes("txt", text.bytes, 0, text.size);
}

/** The fields of a section, named in lower case; none of one that does not exist. */
export function infoFields(server: ServerContext, section: string): [string, string | number][] {
  const fields = SECTIONS[section]?.fields(server) ?? [];
  return fields.map((field) => [field[0], shownValue(field)]);
}

/** What INFO shows to who asks for these sections, in lower case; without any, the usual ones. */
export function infoText(server: ServerContext, sections: ReadonlySet<string>): string {
  writeInfo(server, sections);
  return text.toString();
}

const text = new ByteText();

/** Writes what `infoText` gives to `text`. */
function writeInfo(server: ServerContext, sections: ReadonlySet<string>): void {
  const all = sections.has("all") || sections.has("everything");
  const usual = sections.size === 0 || sections.has("default");
  text.clear();
  for (const [name, section, lines] of NAMED_SECTIONS) {
    const isWanted = sections.has(name) || (name === "modules" && sections.has("module_list"));
    if (!(all || (usual && section.usual) || isWanted)) continue;
    text.add(text.size === 0 ? "# " : "\r\n# ");
    text.add(section.title);
    text.add("\r\n");
    lines.write(section.fields(server), text);
  }
}

function serverFields({ clock, config, figures, host }: ServerContext): Field[] {
  const uptime = Math.floor((clock.nowMs - figures.startMs) / 1000);
  return [
    ["redis_version", REDIS_VERSION],
    ["redis_git_sha1", "00000000"],
    ["redis_git_dirty", 0],
    ["redis_build_id", 0],
    ["redis_mode", "standalone"],
    ["os", host.os],
    ["arch_bits", 64],
    ["monotonic_clock", "POSIX clock_gettime"],
    ["multiplexing_api", "epoll"],
    ["atomicvar_api", "none"],
    ["gcc_version", "0.0.0"],
    ["process_id", host.pid],
    ["process_supervised", host.supervisor.name],
    ["run_id", figures.runId],
    ["tcp_port", config.number("port") || config.number("tls-port")],
    ["server_time_usec", clock.wallUs()],
    ["uptime_in_seconds", uptime],
    ["uptime_in_days", Math.floor(uptime / 86_400)],
    ["hz", config.number("hz")],
    ["configured_hz", config.number("hz")],
    ["lru_clock", clock.nowSeconds & LRU_CLOCK_MASK],
    ["executable", host.executable],
    ["config_file", config.file],
    ["io_threads_active", 0],
    ["rusk_version", RUSK_VERSION],
    ["rusk_runtime", host.runtimeName],
  ];
}

function clientFields({ clients, config, figures, tracking }: ServerContext): Field[] {
  let inputSize = 0;
  let outputSize = 0;
  for (const { connection } of clients.all()) {
    inputSize = Math.max(inputSize, connection.queryBufferSize + connection.queryBufferRoom);
    outputSize = Math.max(outputSize, connection.outputSize);
  }
  return [
    ["connected_clients", clients.count],
    ["cluster_connections", 0],
    ["maxclients", config.number("maxclients")],
    ["client_recent_max_input_buffer", inputSize],
    ["client_recent_max_output_buffer", outputSize],
    ["blocked_clients", figures.blockedClients],
    ["tracking_clients", tracking.clientCount],
    ["clients_in_timeout_table", figures.blockedWithTimeout],
  ];
}

/** In the terms of memory_use.ts; the allocator of the allocator_ fields is the arena. */
function memoryFields(server: ServerContext): Field[] {
  const memory = memoryUse(server);
  const { used, peak, resident, arenaUsed, arenaReserved, arenaResident, dataset } = memory;
  const aboveStartup = Math.max(dataset, used - memory.startup);
  const maxmemory = server.config.number("maxmemory");
  const total = server.host.systemMemorySize();
  return [
    ["used_memory", used],
    ["used_memory_human", used, humanSize],
    ["used_memory_rss", resident],
    ["used_memory_rss_human", resident, humanSize],
    ["used_memory_peak", peak],
    ["used_memory_peak_human", peak, humanSize],
    ["used_memory_peak_perc", ratio(used, peak), percents],
    ["used_memory_overhead", memory.overhead],
    ["used_memory_startup", memory.startup],
    ["used_memory_dataset", dataset],
    ["used_memory_dataset_perc", ratio(dataset, aboveStartup), percents],
    ["allocator_allocated", arenaUsed],
    ["allocator_active", arenaReserved],
    ["allocator_resident", arenaResident],
    ["total_system_memory", total],
    ["total_system_memory_human", total, humanSize],
    ...scriptMemoryFields(server),
    ["maxmemory", maxmemory],
    ["maxmemory_human", maxmemory, humanSize],
    ["maxmemory_policy", server.config.text("maxmemory-policy")],
    ["allocator_frag_ratio", ratio(arenaReserved, arenaUsed), hundredths],
    ["allocator_frag_bytes", arenaReserved - arenaUsed],
    ["allocator_rss_ratio", ratio(arenaResident, arenaReserved), hundredths],
    ["allocator_rss_bytes", arenaResident - arenaReserved],
    ["rss_overhead_ratio", ratio(resident, arenaResident), hundredths],
    ["rss_overhead_bytes", resident - arenaResident],
    ["mem_fragmentation_ratio", ratio(resident, used), hundredths],
    ["mem_fragmentation_bytes", resident - used],
    ["mem_not_counted_for_evict", notCountedMemory(server)],
    ["mem_replication_backlog", 0],
    ["mem_total_replication_buffers", 0],
    ["mem_clients_slaves", 0],
    ["mem_clients_normal", memory.clients],
    ["mem_cluster_links", 0],
    ["mem_aof_buffer", server.durability.appendLog.pendingSize],
    ["mem_allocator", "arena"],
    ["active_defrag_running", server.keyspace.compactingPercent],
    ["lazyfree_pending_objects", server.keyspace.reclaimCount],
    ["lazyfreed_objects", server.keyspace.stats.lazyFreed],
    ["rusk_data_limit", memory.arenaLimit],
    ["rusk_data_reserve", memory.arenaReserve],
    ["rusk_data_left", memory.arenaLeft],
    ["rusk_data_mapped", memory.arenaMapped],
    ["rusk_huge_pages", memory.hasHugePages ? 1 : 0],
  ];
}

function scriptMemoryFields({ scripts, functions }: ServerContext): Field[] {
  const { cache } = scripts;
  const compiled = cache.compiledSize + functions.compiledSize;
  const kept = cache.size + functions.size;
  return [
    ["used_memory_lua", cache.compiledSize],
    ["used_memory_vm_eval", cache.compiledSize],
    ["used_memory_lua_human", cache.compiledSize, humanSize],
    ["used_memory_scripts_eval", cache.size],
    ["number_of_cached_scripts", cache.count],
    ["number_of_functions", functions.functionCount],
    ["number_of_libraries", functions.libraryCount],
    ["used_memory_vm_functions", functions.compiledSize],
    ["used_memory_vm_total", compiled],
    ["used_memory_vm_total_human", compiled, humanSize],
    ["used_memory_functions", functions.size],
    ["used_memory_scripts", kept],
    ["used_memory_scripts_human", kept, humanSize],
  ];
}

const percentOf = (part: number, whole: number) =>
  (whole === 0 ? 100 : (100 * part) / whole).toFixed(2);

/** Below 0 is no time. */
const wholeSeconds = (ms: number) => (ms < 0 ? -1 : Math.floor(ms / 1000));

function persistenceFields(server: ServerContext): Field[] {
  const { stats } = server.keyspace;
  const { loading, snapshots } = server.durability;
  const { progress } = snapshots;
  return [
    ["loading", loading === null ? 0 : 1],
    ["async_loading", 0],
    ["current_cow_peak", 0],
    ["current_cow_size", 0],
    ["current_cow_size_age", 0],
    ["current_fork_perc", progress === null ? "0.00" : percentOf(progress.saved, progress.keys)],
    ["current_save_keys_processed", progress?.saved ?? 0],
    ["current_save_keys_total", progress?.keys ?? 0],
    ["rdb_changes_since_last_save", snapshots.changes],
    ["rdb_bgsave_in_progress", progress === null ? 0 : 1],
    ["rdb_last_save_time", Math.floor(snapshots.lastSaveMs / 1000)],
    ["rdb_last_bgsave_status", snapshots.lastFailed ? "err" : "ok"],
    ["rdb_last_bgsave_time_sec", wholeSeconds(snapshots.lastDurationMs)],
    ["rdb_current_bgsave_time_sec", progress === null ? -1 : wholeSeconds(progress.elapsedMs)],
    ["rdb_saves", snapshots.saveCount],
    ["rdb_last_cow_size", 0],
    ["rdb_last_load_keys_expired", stats.loadedExpired],
    ["rdb_last_load_keys_loaded", stats.loadedKeys],
    ...appendLogFields(server),
    ["module_fork_in_progress", 0],
    ["module_fork_last_cow_size", 0],
    ...appendLogSizes(server),
    ...loadingFields(server),
  ];
}

function appendLogFields({ clock, durability }: ServerContext): Field[] {
  const { appendLog } = durability;
  const { rewriteStartMs } = appendLog;
  const elapsedMs = rewriteStartMs < 0 ? -1 : clock.nowMs - rewriteStartMs;
  return [
    ["aof_enabled", appendLog.isEnabled ? 1 : 0],
    ["aof_rewrite_in_progress", appendLog.isRewriting ? 1 : 0],
    ["aof_rewrite_scheduled", appendLog.isRewriteScheduled ? 1 : 0],
    ["aof_last_rewrite_time_sec", wholeSeconds(appendLog.lastRewriteDurationMs)],
    ["aof_current_rewrite_time_sec", wholeSeconds(elapsedMs)],
    ["aof_last_bgrewrite_status", appendLog.lastRewriteFailed ? "err" : "ok"],
    ["aof_rewrites", appendLog.rewriteCount],
    ["aof_rewrites_consecutive_failures", appendLog.consecutiveFailures],
    ["aof_last_write_status", appendLog.problem === null ? "ok" : "err"],
    ["aof_last_cow_size", 0],
  ];
}

/** Shown while the log is in use. */
function appendLogSizes({ durability }: ServerContext): Field[] {
  const { appendLog } = durability;
  if (!appendLog.isEnabled) return [];
  return [
    ["aof_current_size", appendLog.size],
    ["aof_base_size", appendLog.baseSize],
    ["aof_pending_rewrite", 0],
    ["aof_buffer_length", appendLog.pendingSize],
    ["aof_pending_bio_fsync", appendLog.syncsInProgress],
    ["aof_delayed_fsync", appendLog.delayedSyncs],
  ];
}

/** Shown while data are loaded. */
function loadingFields({ clock, durability }: ServerContext): Field[] {
  const { loading } = durability;
  if (loading === null) return [];
  const { startMs, totalSize, loadedSize } = loading;
  const elapsedMs = clock.nowMs - startMs;
  const left = totalSize - loadedSize;
  return [
    ["loading_start_time", Math.floor(startMs / 1000)],
    ["loading_total_bytes", totalSize],
    // What the server that made the file used, if it says so: not looked at.
    ["loading_rdb_used_mem", 0],
    ["loading_loaded_bytes", loadedSize],
    ["loading_loaded_perc", percentOf(loadedSize, totalSize)],
    ["loading_eta_seconds", loadedSize === 0 ? 1 : wholeSeconds((elapsedMs * left) / loadedSize)],
  ];
}

function statFields(server: ServerContext): Field[] {
  const { clock, figures, keyspace, pubsub, scripts, targets, tracking } = server;
  const nowMs = clock.monotonicMs();
  const { hits, misses, expired, expiredFields, expiredInTimeCount, evicted, walks } =
    keyspace.stats;
  return [
    ["total_connections_received", figures.connectionsReceived],
    ["total_commands_processed", figures.commands.commandCount],
    ["instantaneous_ops_per_sec", figures.instantaneousOps()],
    ["total_net_input_bytes", figures.netInputSize],
    ["total_net_output_bytes", figures.netOutputSize],
    ["total_net_repl_input_bytes", 0],
    ["total_net_repl_output_bytes", 0],
    ["instantaneous_input_kbps", figures.instantaneousInputKbps(), hundredths],
    ["instantaneous_output_kbps", figures.instantaneousOutputKbps(), hundredths],
    ["instantaneous_input_repl_kbps", "0.00"],
    ["instantaneous_output_repl_kbps", "0.00"],
    ["rejected_connections", figures.connectionsRejected],
    ["sync_full", 0],
    ["sync_partial_ok", 0],
    ["sync_partial_err", 0],
    ["expired_keys", expired],
    ["expired_subkeys", expiredFields],
    ["expired_stale_perc", "0.00"],
    ["expired_time_cap_reached_count", expiredInTimeCount],
    ["expire_cycle_cpu_milliseconds", Math.floor(figures.expireMs)],
    ["evicted_keys", evicted],
    ["evicted_clients", figures.evictedClients],
    ["evicted_scripts", scripts.cache.evictedCount],
    ["total_eviction_exceeded_time", Math.floor(figures.aboveMaxmemory.total(nowMs))],
    ["current_eviction_exceeded_time", Math.floor(figures.aboveMaxmemory.current(nowMs))],
    ["keyspace_hits", hits],
    ["keyspace_misses", misses],
    ["pubsub_channels", pubsub.topicCount("channel")],
    ["pubsub_patterns", pubsub.topicCount("pattern")],
    ["pubsubshard_channels", pubsub.topicCount("shard")],
    ["latest_fork_usec", 0],
    // Nothing forks, but who watches this waits for a save or a rewriting to begin.
    ["total_forks", walks],
    ["migrate_cached_sockets", targets.count],
    ["slave_expires_tracked_keys", 0],
    ["active_defrag_hits", keyspace.stats.movedBlocks],
    ["active_defrag_misses", 0],
    ["active_defrag_key_hits", 0],
    ["active_defrag_key_misses", 0],
    ["total_active_defrag_time", 0],
    ["current_active_defrag_time", 0],
    ["tracking_total_keys", tracking.keyCount],
    ["tracking_total_items", tracking.pairCount],
    ["tracking_total_prefixes", tracking.prefixCount],
    ["unexpected_error_replies", 0],
    ["total_error_replies", figures.commands.errorCount],
    ["dump_payload_sanitizations", 0],
    ["total_reads_processed", figures.readsProcessed],
    ["total_writes_processed", figures.writesProcessed],
    ["io_threaded_reads_processed", 0],
    ["io_threaded_writes_processed", 0],
    ["reply_buffer_shrinks", 0],
    ["reply_buffer_expands", 0],
  ];
}

function replicationFields({ config, figures }: ServerContext): Field[] {
  return [
    ["role", "master"],
    ["connected_slaves", 0],
    ["master_failover_state", "no-failover"],
    ["master_replid", figures.replicationId],
    ["master_replid2", NO_REPLICATION_ID],
    ["master_repl_offset", 0],
    ["second_repl_offset", -1],
    ["repl_backlog_active", 0],
    ["repl_backlog_size", config.number("repl-backlog-size")],
    ["repl_backlog_first_byte_offset", 0],
    ["repl_backlog_histlen", 0],
  ];
}

/** What the system told last, and when; Unix ms. It adds the times of all threads up. */
const cpuTimes = {
  atMs: Number.NaN,
  all: { user: 0, system: 0 },
  thread: { user: 0, system: 0 },
};

function cpuFields({ clock, host }: ServerContext): Field[] {
  if (cpuTimes.atMs !== clock.nowMs) {
    cpuTimes.atMs = clock.nowMs;
    cpuTimes.all = host.cpuSeconds();
    cpuTimes.thread = host.threadCpuSeconds();
  }
  const { user, system } = cpuTimes.all;
  const { thread } = cpuTimes;
  return [
    ["used_cpu_sys", system, millionths],
    ["used_cpu_user", user, millionths],
    ["used_cpu_sys_children", "0.000000"],
    ["used_cpu_user_children", "0.000000"],
    ["used_cpu_sys_main_thread", thread.system, millionths],
    ["used_cpu_user_main_thread", thread.user, millionths],
  ];
}

function commandFields({ figures, table }: ServerContext): Field[] {
  const stats = figures.commands;
  stats.settle(table);
  const fields: Field[] = [];
  for (const { id, name } of table.all) {
    const calls = stats.calls[id];
    const rejected = stats.rejected[id];
    const failed = stats.failed[id];
    if (calls + rejected + failed === 0) continue;
    const us = Math.round(stats.microseconds[id]);
    const counts = `rejected_calls=${rejected},failed_calls=${failed}`;
    const times = `usec=${us},usec_per_call=${meanPerCall(us, calls)}`;
    fields.push([`cmdstat_${name}`, `calls=${calls},${times},${counts}`]);
  }
  return fields;
}

function errorFields({ figures }: ServerContext): Field[] {
  const stats = figures.commands;
  const codes = [...stats.errors.keys()].sort();
  return codes.map((code) => [`errorstat_${code}`, `count=${stats.errors.get(code)}`]);
}

function latencyFields({ config, figures, table }: ServerContext): Field[] {
  const stats = figures.commands;
  if (!stats.tracking) return [];
  stats.settle(table);
  const percents = config.value("latency-tracking-info-percentiles");
  const labels = config.text("latency-tracking-info-percentiles").split(" ");
  const fields: Field[] = [];
  for (const { id, name } of table.all) {
    const histogram = stats.histograms[id];
    if (histogram === null) continue;
    const shown = percents.map((percent, i) => {
      return `p${labels[i]}=${histogram.percentileUs(percent).toFixed(3)}`;
    });
    fields.push([`latency_percentiles_usec_${name}`, shown.join(",")]);
  }
  return fields;
}

function keyspaceFields({ clock, keyspace }: ServerContext): Field[] {
  for (const db of keyspace.databases) db.lookAtAll();
  return keyspace.databases
    .filter((db) => db.size > 0)
    .map((db) => {
      const ttl = meanTtl(db, clock.nowMs);
      const counts = `keys=${db.size},expires=${db.expires.count},avg_ttl=${ttl}`;
      // Redis 7.0 has no such fields, and its exporters take a fourth figure for another one.
      const hashes = db.fieldExpires.count;
      return [`db${db.id}`, hashes === 0 ? counts : `${counts},subexpiry=${hashes}`];
    });
}

/** The mean time to live in ms of the keys that expire, estimated from some spread evenly. */
export function meanTtl({ expires }: Database, nowMs: number): number {
  const samples = Math.min(expires.count, TTL_SAMPLES);
  let sum = 0;
  for (let i = 0; i < samples; i++) {
    const index = Math.floor((i * expires.count) / samples);
    sum += Math.max(0, expires.timeAt(index) - nowMs);
  }
  return Math.round(ratio(sum, samples));
}

const hundredths = (value: number) => value.toFixed(2);
const millionths = (value: number) => value.toFixed(6);
const percents = (part: number) => `${(part * 100).toFixed(2)}%`;
