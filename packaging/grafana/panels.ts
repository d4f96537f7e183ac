/**
 * What the Grafana dashboard shows, row by row. `$instance` is the server chosen at its top; all
 * names are those of the endpoint (docs/monitoring.md), and but for those that begin with `rusk_`
 * redis_exporter's, too.
 */

export interface Panel {
  readonly title: string;
  /** A number, or lines over time. */
  readonly kind: "stat" | "timeseries";
  /** Grafana's name of the unit. */
  readonly unit: string;
  /** Of the 24 columns. */
  readonly width: number;
  /** What a reader has to know, or nothing. */
  readonly description?: string;
  /** Expressions, each with the name of its lines. */
  readonly lines: readonly (readonly [expression: string, legend: string])[];
}

export interface PanelRow {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const ONE = '{instance=~"$instance"}';
const rate = (name: string) => `rate(${name}${ONE}[$__rate_interval])`;

const stat = (title: string, unit: string, expression: string): Panel => ({
  title,
  kind: "stat",
  unit,
  width: 4,
  lines: [[expression, title]],
});

const graph = (
  title: string,
  unit: string,
  lines: Panel["lines"],
  description?: string,
): Panel => ({
  title,
  kind: "timeseries",
  unit,
  width: 12,
  lines,
  ...(description === undefined ? {} : { description }),
});

export const ROWS: readonly PanelRow[] = [
  {
    title: "At a glance",
    panels: [
      stat("Up for", "s", `redis_uptime_in_seconds${ONE}`),
      stat("Clients", "short", `redis_connected_clients${ONE}`),
      stat("Keys", "short", `sum(redis_db_keys${ONE})`),
      stat("Commands", "ops", `sum(${rate("redis_commands_processed_total")})`),
      stat("Memory used", "bytes", `redis_memory_used_bytes${ONE}`),
      stat(
        "Hit rate",
        "percentunit",
        `${rate("redis_keyspace_hits_total")} / (${rate("redis_keyspace_hits_total")} + ` +
          `${rate("redis_keyspace_misses_total")})`,
      ),
    ],
  },
  {
    title: "Commands",
    panels: [
      graph("Commands", "ops", [
        [`topk(10, sum by (cmd) (${rate("redis_commands_total")}))`, "{{cmd}}"],
      ]),
      graph("Mean time of a command", "s", [
        [
          `topk(10, sum by (cmd) (${rate("redis_commands_duration_seconds_total")}) / ` +
            `sum by (cmd) (${rate("redis_commands_total")}))`,
          "{{cmd}}",
        ],
      ]),
      graph(
        "99 of 100 calls are faster",
        "µs",
        [
          [
            'topk(10, redis_latency_percentiles_usec{instance=~"$instance",quantile="99"})',
            "{{cmd}}",
          ],
        ],
        "Since the start or CONFIG RESETSTAT; latency-tracking-info-percentiles has to have 99.",
      ),
      graph("Errors", "ops", [
        [`sum by (err) (${rate("redis_errors_total")})`, "{{err}}"],
        [`sum(${rate("redis_commands_rejected_calls_total")})`, "refused before they ran"],
        [`sum(${rate("redis_commands_failed_calls_total")})`, "failed"],
      ]),
      graph("Keys looked for", "ops", [
        [rate("redis_keyspace_hits_total"), "there"],
        [rate("redis_keyspace_misses_total"), "not there"],
      ]),
      graph(
        "Held up by",
        "s",
        [[`redis_latency_spike_duration_seconds${ONE}`, "{{event_name}}"]],
        "The last time of each event; latency-monitor-threshold has to be set.",
      ),
    ],
  },
  {
    title: "Memory",
    panels: [
      graph("Memory", "bytes", [
        [`redis_memory_used_bytes${ONE}`, "used"],
        [`redis_memory_used_dataset_bytes${ONE}`, "keys and values"],
        [`redis_memory_used_rss_bytes${ONE}`, "held by the process"],
        [`redis_memory_max_bytes${ONE} > 0`, "maxmemory"],
        [`redis_mem_clients_normal${ONE}`, "buffers of clients"],
      ]),
      graph("Room for data", "bytes", [
        [`rusk_data_left_bytes${ONE}`, "left"],
        [`rusk_data_limit_bytes${ONE}`, "limit"],
      ]),
    ],
  },
  {
    title: "Keys",
    panels: [
      graph("Keys", "short", [
        [`redis_db_keys${ONE} > 0`, "{{db}}"],
        [`redis_db_keys_expiring${ONE} > 0`, "{{db}}, expiring"],
      ]),
      graph("Keys that go", "ops", [
        [rate("redis_expired_keys_total"), "expired"],
        [rate("rusk_expired_subkeys_total"), "fields of hashes, expired"],
        [rate("redis_evicted_keys_total"), "evicted"],
      ]),
    ],
  },
  {
    title: "Clients and network",
    panels: [
      graph("Clients", "short", [
        [`redis_connected_clients${ONE}`, "connected"],
        [`redis_blocked_clients${ONE}`, "waiting in a command"],
        [`redis_tracking_clients${ONE}`, "with client-side caching"],
        [`redis_config_maxclients${ONE}`, "maxclients"],
      ]),
      graph("Connections", "cps", [
        [rate("redis_connections_received_total"), "come"],
        [rate("redis_rejected_connections_total"), "turned away"],
        [rate("rusk_evicted_clients_total"), "closed for maxmemory-clients"],
      ]),
      graph("Network", "Bps", [
        [rate("redis_net_input_bytes_total"), "in"],
        [rate("redis_net_output_bytes_total"), "out"],
      ]),
      graph("Processor", "percentunit", [
        [
          `${rate("redis_cpu_user_seconds_total")} + ${rate("redis_cpu_sys_seconds_total")}`,
          "all threads",
        ],
        [
          `${rate("redis_cpu_user_main_thread_seconds_total")} + ` +
            `${rate("redis_cpu_sys_main_thread_seconds_total")}`,
          "the one that runs commands",
        ],
      ]),
    ],
  },
  {
    title: "Persistence",
    panels: [
      graph("Not in a snapshot yet", "short", [
        [`redis_rdb_changes_since_last_save${ONE}`, "changes"],
      ]),
      graph("Since the last snapshot", "s", [
        [`time() - redis_rdb_last_save_timestamp_seconds${ONE}`, "age"],
      ]),
      graph("In progress", "short", [
        [`redis_rdb_bgsave_in_progress${ONE}`, "snapshot"],
        [`redis_aof_rewrite_in_progress${ONE}`, "rewriting of the log"],
        [`redis_loading_dump_file${ONE}`, "loading"],
      ]),
      graph("Failed", "short", [
        [`1 - redis_rdb_last_bgsave_status${ONE}`, "snapshot"],
        [`1 - redis_aof_last_bgrewrite_status${ONE}`, "rewriting of the log"],
        [`1 - redis_aof_last_write_status${ONE}`, "writing the log"],
      ]),
      graph("Append-only log", "bytes", [
        [`redis_aof_current_size_bytes${ONE}`, "size"],
        [`redis_aof_base_size_bytes${ONE}`, "size when last rewritten"],
        [`redis_aof_buffer_length${ONE}`, "not written yet"],
      ]),
      graph("Scripts and messages", "short", [
        [`redis_number_of_cached_scripts${ONE}`, "scripts"],
        [`rusk_functions${ONE}`, "functions"],
        [`redis_pubsub_channels${ONE}`, "channels"],
        [`redis_pubsub_patterns${ONE}`, "patterns"],
      ]),
    ],
  },
];
