/** The page that Prometheus reads: figures of the server in its text format, version 0.0.4. */
import { RUSK_VERSION } from "../../base/version.ts";
import type { ServerContext } from "../../calls/server_context.ts";
import type { Field } from "../../commands/server/field_lines.ts";
import { infoFields, meanTtl } from "../../commands/server/info_command.ts";
import { INFO_METRICS, INFO_SECTIONS, type MetricKind } from "./metric_names.ts";

/** The pairs of a sample's labels. */
type Labels = Readonly<Record<string, string | number>>;

/** Words that INFO shows for 1 and 0. */
const WORDS: Readonly<Record<string, number>> = { ok: 1, err: 0 };

export function metricsPage(server: ServerContext): string {
  const page = new Page();
  const fields = new Map<string, Field[1]>(
    INFO_SECTIONS.flatMap((section) => infoFields(server, section)),
  );
  addInfo(page, fields);
  addServer(page, server, fields);
  addDatabases(page, server);
  addCommands(page, server);
  addPercentiles(page, server);
  addSlowCommands(page, server);
  return page.text();
}

class Page {
  private readonly lines: string[] = [];

  /** Begins a metric: its samples follow. */
  begin(name: string, kind: MetricKind | "summary", help: string): void {
    this.lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
  }

  sample(name: string, labels: Labels | null, value: number): void {
    this.lines.push(`${name}${labels === null ? "" : labelsOf(labels)} ${value}`);
  }

  /** A metric of one sample without labels. */
  one(name: string, kind: MetricKind, help: string, value: number): void {
    this.begin(name, kind, help);
    this.sample(name, null, value);
  }

  text(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(`${value}`)}"`);
  return `{${pairs.join(",")}}`;
}

const escaped = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function addInfo(page: Page, fields: ReadonlyMap<string, Field[1]>): void {
  for (const { field, name, kind, help, scale } of INFO_METRICS) {
    const shown = fields.get(field);
    // Those of the log are there while it is in use.
    if (shown === undefined) continue;
    page.one(name, kind, help, (WORDS[shown] ?? Number(shown)) * scale);
  }
}

function addServer(
  page: Page,
  { config, figures, host }: ServerContext,
  fields: ReadonlyMap<string, Field[1]>,
): void {
  const of = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, fields.get(name) ?? ""]));
  page.one("redis_up", "gauge", "Always 1: the server has answered.", 1);
  page.begin("redis_instance_info", "gauge", "What server it is.");
  const version = of("redis_version", "redis_build_id", "redis_mode", "os");
  const process = of("maxmemory_policy", "tcp_port", "run_id", "process_id");
  page.sample("redis_instance_info", { ...of("role"), ...version, ...process }, 1);
  page.begin("rusk_build_info", "gauge", "Which Rusk it is, on what it runs.");
  page.sample("rusk_build_info", { version: RUSK_VERSION, runtime: host.runtimeName }, 1);
  const startSeconds = Math.floor(figures.startMs / 1000);
  page.one("redis_start_time_seconds", "gauge", "When it was started.", startSeconds);
  for (const [directive, name] of [
    ["maxclients", "redis_config_maxclients"],
    ["maxmemory", "redis_config_maxmemory"],
    ["io-threads", "redis_config_io_threads"],
  ] as const) {
    page.one(name, "gauge", `The directive ${directive}.`, config.number(directive));
  }
}

function addDatabases(page: Page, { clock, keyspace }: ServerContext): void {
  const { databases } = keyspace;
  const used = databases.filter((db) => db.size > 0);
  const of = ({ id }: { id: number }) => ({ db: `db${id}` });
  page.begin("redis_db_keys", "gauge", "Keys of a database.");
  for (const db of databases) page.sample("redis_db_keys", of(db), db.size);
  page.begin("redis_db_keys_expiring", "gauge", "Those of them that expire.");
  for (const db of databases) page.sample("redis_db_keys_expiring", of(db), db.expires.count);
  page.begin("redis_db_avg_ttl_seconds", "gauge", "How long these have left, on the average.");
  for (const db of used) {
    page.sample("redis_db_avg_ttl_seconds", of(db), meanTtl(db, clock.nowMs) / 1000);
  }
  page.begin("rusk_db_hashes_expiring", "gauge", "Hashes of a database whose fields expire.");
  for (const db of used) page.sample("rusk_db_hashes_expiring", of(db), db.fieldExpires.count);
}

function addCommands(page: Page, { figures, table }: ServerContext): void {
  const stats = figures.commands;
  stats.settle(table);
  const { calls, rejected, failed, microseconds } = stats;
  const used = table.all.filter(({ id }) => calls[id] + rejected[id] + failed[id] > 0);
  const add = (name: string, help: string, figure: (id: number) => number) => {
    page.begin(name, "counter", help);
    for (const command of used) page.sample(name, { cmd: command.name }, figure(command.id));
  };
  add("redis_commands_total", "Calls of a command.", (id) => calls[id]);
  add("redis_commands_duration_seconds_total", "Time that they took.", (id) => {
    return Math.round(microseconds[id]) / 1e6;
  });
  add("redis_commands_rejected_calls_total", "Calls refused before the command ran.", (id) => {
    return rejected[id];
  });
  add("redis_commands_failed_calls_total", "Calls that ended in an error.", (id) => failed[id]);
  page.begin("redis_errors_total", "counter", "Errors by the first word of their replies.");
  for (const [err, count] of stats.errors) page.sample("redis_errors_total", { err }, count);
}

/** Has to come after what settles the times. */
function addPercentiles(page: Page, { config, figures, table }: ServerContext): void {
  const { tracking, histograms, calls, microseconds } = figures.commands;
  if (!tracking) return;
  const name = "redis_latency_percentiles_usec";
  const percents = config.value("latency-tracking-info-percentiles");
  page.begin(name, "summary", "Microseconds that so many percent of a command's calls are below.");
  for (const { id, name: cmd } of table.all) {
    const histogram = histograms[id];
    if (histogram === null) continue;
    for (const quantile of percents) {
      page.sample(name, { cmd, quantile }, Number(histogram.percentileUs(quantile).toFixed(3)));
    }
    page.sample(`${name}_sum`, { cmd }, Math.round(microseconds[id]));
    page.sample(`${name}_count`, { cmd }, calls[id]);
  }
}

function addSlowCommands(page: Page, { figures }: ServerContext): void {
  const { slowlog, latency } = figures;
  const last = slowlog.latest(1)[0];
  page.one("redis_slowlog_length", "gauge", "Entries of the slow log.", slowlog.length);
  page.one("redis_slowlog_last_id", "gauge", "The last one's number.", last?.id ?? 0);
  page.one(
    "redis_last_slow_execution_duration_seconds",
    "gauge",
    "How long the last slow command took.",
    (last?.durationUs ?? 0) / 1e6,
  );
  if (latency.events.size === 0) return;
  const samples = [...latency.events].map(([event, { samples }]) => {
    return [{ event_name: event }, samples[samples.length - 1]] as const;
  });
  const when = "redis_latency_spike_last";
  page.begin(when, "gauge", "When the server was last held up by this.");
  for (const [labels, { seconds }] of samples) page.sample(when, labels, seconds);
  const length = "redis_latency_spike_duration_seconds";
  page.begin(length, "gauge", "For how long that was.");
  for (const [labels, { ms }] of samples) page.sample(length, labels, ms / 1000);
}
