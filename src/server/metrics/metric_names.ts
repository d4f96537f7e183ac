/**
 * Fields of INFO under the names that redis_exporter (1.45) gives them, so that dashboards and
 * alerts made for it work unchanged; what it does not show begins with `rusk_`.
 */

export type MetricKind = "gauge" | "counter";

export interface InfoMetric {
  /** Of INFO, in one of the sections below. */
  readonly field: string;
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  /** What the field is multiplied by. */
  readonly scale: number;
}

/** The sections of INFO that the fields are in. */
export const INFO_SECTIONS = [
  "server",
  "clients",
  "memory",
  "persistence",
  "stats",
  "replication",
  "cpu",
  "cluster",
] as const;

type Row = readonly [field: string, name: string, help: string, scale?: number];

const GAUGES: readonly Row[] = [
  ["uptime_in_seconds", "redis_uptime_in_seconds", "Seconds since the start."],
  ["process_id", "redis_process_id", "Number of the process."],
  ["io_threads_active", "redis_io_threads_active", "Always 0: there are no such threads."],

  ["connected_clients", "redis_connected_clients", "Clients that are connected."],
  ["blocked_clients", "redis_blocked_clients", "Clients that wait in a command, as BLPOP."],
  ["tracking_clients", "redis_tracking_clients", "Clients with CLIENT TRACKING on."],
  [
    "clients_in_timeout_table",
    "redis_clients_in_timeout_table",
    "Clients that wait in a command, and not for ever.",
  ],
  [
    "client_recent_max_input_buffer",
    "redis_client_recent_max_input_buffer_bytes",
    "The largest request that a client has sent a part of.",
  ],
  [
    "client_recent_max_output_buffer",
    "redis_client_recent_max_output_buffer_bytes",
    "The most that waits to be sent to a client.",
  ],
  ["cluster_connections", "redis_cluster_connections", "Always 0: there is no cluster."],

  ["allocator_active", "redis_allocator_active_bytes", "Segments of the arena."],
  ["allocator_allocated", "redis_allocator_allocated_bytes", "Blocks in use in the arena."],
  ["allocator_resident", "redis_allocator_resident_bytes", "Segments in memory."],
  ["allocator_frag_ratio", "redis_allocator_frag_ratio", "Segments to blocks in use."],
  ["allocator_frag_bytes", "redis_allocator_frag_bytes", "Segments less blocks in use."],
  ["allocator_rss_ratio", "redis_allocator_rss_ratio", "What is in memory to segments."],
  ["allocator_rss_bytes", "redis_allocator_rss_bytes", "What is in memory less segments."],
  ["used_memory", "redis_memory_used_bytes", "Memory in use: data, and all that serves them."],
  ["used_memory_rss", "redis_memory_used_rss_bytes", "Memory that the process holds."],
  ["used_memory_peak", "redis_memory_used_peak_bytes", "The most that was ever in use."],
  ["used_memory_lua", "redis_memory_used_lua_bytes", "Code of scripts that are cached."],
  ["used_memory_overhead", "redis_memory_used_overhead_bytes", "All that is not data."],
  ["used_memory_startup", "redis_memory_used_startup_bytes", "What was in use at the start."],
  ["used_memory_dataset", "redis_memory_used_dataset_bytes", "Keys and values."],
  ["used_memory_scripts", "redis_memory_used_scripts_bytes", "Texts of scripts and libraries."],
  ["number_of_cached_scripts", "redis_number_of_cached_scripts", "Scripts that are cached."],
  ["maxmemory", "redis_memory_max_bytes", "maxmemory; 0 is no limit."],
  ["total_system_memory", "redis_total_system_memory_bytes", "Memory of the machine."],
  ["mem_fragmentation_ratio", "redis_mem_fragmentation_ratio", "Memory held to memory in use."],
  ["mem_fragmentation_bytes", "redis_mem_fragmentation_bytes", "Memory held less that in use."],
  ["mem_clients_slaves", "redis_mem_clients_slaves", "Always 0: there are no replicas."],
  ["mem_clients_normal", "redis_mem_clients_normal", "Buffers of clients, in bytes."],
  [
    "mem_not_counted_for_evict",
    "redis_mem_not_counted_for_eviction_bytes",
    "Memory that does not count for maxmemory.",
  ],
  ["lazyfree_pending_objects", "redis_lazyfree_pending_objects", "Values that are to be freed."],
  ["active_defrag_running", "redis_active_defrag_running", "Per cent of the time spent on it."],

  ["loading", "redis_loading_dump_file", "1 while data are loaded."],
  [
    "rdb_changes_since_last_save",
    "redis_rdb_changes_since_last_save",
    "Changes that the last snapshot does not have.",
  ],
  ["rdb_bgsave_in_progress", "redis_rdb_bgsave_in_progress", "1 while a snapshot is made."],
  [
    "rdb_last_save_time",
    "redis_rdb_last_save_timestamp_seconds",
    "When the last snapshot was made, or the server was started.",
  ],
  ["rdb_last_bgsave_status", "redis_rdb_last_bgsave_status", "0 if the last snapshot failed."],
  [
    "rdb_last_bgsave_time_sec",
    "redis_rdb_last_bgsave_duration_sec",
    "Seconds that the last snapshot took; -1 is none.",
  ],
  [
    "rdb_current_bgsave_time_sec",
    "redis_rdb_current_bgsave_duration_sec",
    "Seconds that a snapshot has been in progress; -1 is none.",
  ],
  ["rdb_last_cow_size", "redis_rdb_last_cow_size_bytes", "Always 0: nothing forks."],
  ["aof_enabled", "redis_aof_enabled", "1 while there is an append-only log."],
  ["aof_rewrite_in_progress", "redis_aof_rewrite_in_progress", "1 while it is rewritten."],
  ["aof_rewrite_scheduled", "redis_aof_rewrite_scheduled", "1 when it is to be rewritten."],
  [
    "aof_last_rewrite_time_sec",
    "redis_aof_last_rewrite_duration_sec",
    "Seconds that the last rewriting took; -1 is none.",
  ],
  [
    "aof_current_rewrite_time_sec",
    "redis_aof_current_rewrite_duration_sec",
    "Seconds that a rewriting has been in progress; -1 is none.",
  ],
  ["aof_last_cow_size", "redis_aof_last_cow_size_bytes", "Always 0: nothing forks."],
  ["aof_current_size", "redis_aof_current_size_bytes", "Bytes of the log."],
  ["aof_base_size", "redis_aof_base_size_bytes", "Bytes of the log when last rewritten."],
  ["aof_pending_rewrite", "redis_aof_pending_rewrite", "1 when it is to be rewritten."],
  ["aof_buffer_length", "redis_aof_buffer_length", "Bytes that are to be written to it."],
  ["aof_pending_bio_fsync", "redis_aof_pending_bio_fsync", "Syncs of it that are in progress."],
  ["aof_delayed_fsync", "redis_aof_delayed_fsync", "Syncs of it that took too long."],
  [
    "aof_last_bgrewrite_status",
    "redis_aof_last_bgrewrite_status",
    "0 if the last rewriting failed.",
  ],
  ["aof_last_write_status", "redis_aof_last_write_status", "0 while it cannot be written."],
  ["module_fork_in_progress", "redis_module_fork_in_progress", "Always 0: no modules."],
  ["module_fork_last_cow_size", "redis_module_fork_last_cow_size", "Always 0: no modules."],

  ["expired_stale_perc", "redis_expired_stale_percentage", "Always 0: keys go when they expire."],
  [
    "expired_time_cap_reached_count",
    "redis_expired_time_cap_reached_total",
    "Times that expired keys were more than one slice of work removes.",
  ],
  ["pubsub_channels", "redis_pubsub_channels", "Channels that somebody listens to."],
  ["pubsub_patterns", "redis_pubsub_patterns", "Patterns that somebody listens to."],
  ["latest_fork_usec", "redis_latest_fork_seconds", "Always 0: nothing forks.", 1e-6],
  [
    "migrate_cached_sockets",
    "redis_migrate_cached_sockets_total",
    "Servers that MIGRATE is connected to.",
  ],
  ["active_defrag_hits", "redis_defrag_hits", "Blocks that were moved."],
  ["active_defrag_misses", "redis_defrag_misses", "Always 0: it is not counted."],
  ["active_defrag_key_hits", "redis_defrag_key_hits", "Always 0: it is not counted."],
  ["active_defrag_key_misses", "redis_defrag_key_misses", "Always 0: it is not counted."],
  [
    "tracking_total_keys",
    "redis_tracking_total_keys",
    "Keys of which it is remembered who has read them.",
  ],
  [
    "tracking_total_items",
    "redis_tracking_total_items",
    "Pairs of a key and a client that are remembered.",
  ],
  [
    "tracking_total_prefixes",
    "redis_tracking_total_prefixes",
    "Prefixes that clients with CLIENT TRACKING follow.",
  ],
  ["slave_expires_tracked_keys", "redis_slave_expires_tracked_keys", "Always 0: no replica."],
  ["sync_full", "redis_replica_resyncs_full", "Always 0: there are no replicas."],
  ["sync_partial_ok", "redis_replica_partial_resync_accepted", "Always 0: no replicas."],
  ["sync_partial_err", "redis_replica_partial_resync_denied", "Always 0: no replicas."],

  ["connected_slaves", "redis_connected_slaves", "Always 0: there are no replicas."],
  ["repl_backlog_size", "redis_replication_backlog_bytes", "repl-backlog-size."],
  ["repl_backlog_active", "redis_repl_backlog_is_active", "Always 0: no replicas."],
  ["repl_backlog_first_byte_offset", "redis_repl_backlog_first_byte_offset", "Always 0."],
  ["repl_backlog_histlen", "redis_repl_backlog_history_bytes", "Always 0."],
  ["master_repl_offset", "redis_master_repl_offset", "Always 0: there are no replicas."],
  ["second_repl_offset", "redis_second_repl_offset", "Always -1: no replicas."],

  ["cluster_enabled", "redis_cluster_enabled", "Always 0: there is no cluster."],

  ["mem_aof_buffer", "rusk_mem_aof_buffer_bytes", "Bytes that are to be written to the log."],
  ["number_of_functions", "rusk_functions", "Functions of libraries."],
  ["number_of_libraries", "rusk_libraries", "Libraries of functions."],
  ["pubsubshard_channels", "rusk_pubsubshard_channels", "Shard channels that are listened to."],
  ["rusk_data_limit", "rusk_data_limit_bytes", "The most that the arena can hold."],
  ["rusk_data_reserve", "rusk_data_reserve_bytes", "What it keeps for what has begun."],
  ["rusk_data_left", "rusk_data_left_bytes", "What is left of it."],
  ["rusk_data_mapped", "rusk_data_mapped_bytes", "Address space that is mapped for the arena."],
  ["rusk_huge_pages", "rusk_huge_pages", "Whether its pages may be huge."],
];

const COUNTERS: readonly Row[] = [
  ["total_connections_received", "redis_connections_received_total", "Clients that have come."],
  ["rejected_connections", "redis_rejected_connections_total", "Clients turned away."],
  ["total_commands_processed", "redis_commands_processed_total", "Commands carried out."],
  ["total_net_input_bytes", "redis_net_input_bytes_total", "Bytes that clients have sent."],
  ["total_net_output_bytes", "redis_net_output_bytes_total", "Bytes sent to clients."],
  ["total_reads_processed", "redis_total_reads_processed", "Times that clients were read from."],
  ["total_writes_processed", "redis_total_writes_processed", "Times that they were written to."],
  ["io_threaded_reads_processed", "redis_io_threaded_reads_processed", "Always 0."],
  ["io_threaded_writes_processed", "redis_io_threaded_writes_processed", "Always 0."],
  ["keyspace_hits", "redis_keyspace_hits_total", "Keys that were looked for and there."],
  ["keyspace_misses", "redis_keyspace_misses_total", "Keys that were looked for and not there."],
  ["expired_keys", "redis_expired_keys_total", "Keys removed when their time was over."],
  ["evicted_keys", "redis_evicted_keys_total", "Keys removed for maxmemory."],
  ["total_error_replies", "redis_total_error_replies", "Replies that were errors."],
  ["unexpected_error_replies", "redis_unexpected_error_replies", "Always 0: no replicas."],
  ["dump_payload_sanitizations", "redis_dump_payload_sanitizations", "Always 0: all are checked."],
  ["used_cpu_sys", "redis_cpu_sys_seconds_total", "CPU time in the system, all threads."],
  ["used_cpu_user", "redis_cpu_user_seconds_total", "CPU time of all threads."],
  ["used_cpu_sys_children", "redis_cpu_sys_children_seconds_total", "Always 0: nothing forks."],
  ["used_cpu_user_children", "redis_cpu_user_children_seconds_total", "Always 0: nothing forks."],
  [
    "used_cpu_sys_main_thread",
    "redis_cpu_sys_main_thread_seconds_total",
    "CPU time in the system of the thread that runs commands.",
  ],
  [
    "used_cpu_user_main_thread",
    "redis_cpu_user_main_thread_seconds_total",
    "CPU time of the thread that runs commands.",
  ],
  [
    "total_eviction_exceeded_time",
    "rusk_above_maxmemory_seconds_total",
    "How long more was in use than maxmemory allows.",
    1e-3,
  ],
  ["expired_subkeys", "rusk_expired_subkeys_total", "Fields of hashes removed in time."],
  ["evicted_clients", "rusk_evicted_clients_total", "Clients closed for maxmemory-clients."],
  ["evicted_scripts", "rusk_evicted_scripts_total", "Scripts that the cache has dropped."],
  ["lazyfreed_objects", "rusk_lazyfreed_objects_total", "Values freed in the background."],
  ["rdb_saves", "rusk_rdb_saves_total", "Snapshots made."],
  ["aof_rewrites", "rusk_aof_rewrites_total", "Times that the log was rewritten."],
  [
    "expire_cycle_cpu_milliseconds",
    "rusk_expire_cycle_seconds_total",
    "Time spent on removing expired keys.",
    1e-3,
  ],
];

const of = (kind: MetricKind, rows: readonly Row[]): InfoMetric[] =>
  rows.map(([field, name, help, scale = 1]) => ({ field, name, kind, help, scale }));

export const INFO_METRICS: readonly InfoMetric[] = [
  ...of("gauge", GAUGES),
  ...of("counter", COUNTERS),
];
