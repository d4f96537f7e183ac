/** Directives in force: what each changes in the running server, at the start and by CONFIG SET. */

import { OUTPUT_MEMORY_PART } from "../base/limits.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { ServerGate } from "../dispatch/gates.ts";
import { NOT_SAVED } from "../dispatch/stations/safety.ts";
import type { EvictionPolicy } from "../keyspace/eviction.ts";
import { CommandError } from "../protocol/errors.ts";
import { adjustable } from "../scripting/limits.ts";
import { followThresholds } from "../values/thresholds.ts";
import type { Server } from "./server.ts";

/** Applies every directive in force now, and again whenever CONFIG SET changes it. */
export function applySettings(server: Server, log: Log): void {
  const { config } = server;
  const settings = [
    limitSettings,
    timingSettings,
    accessSettings,
    clientSettings,
    memorySettings,
    compactionSettings,
    diskSettings,
    logSettings,
    scriptSettings,
  ];
  for (const setting of settings) setting(server, config);
  followThresholds(config);
  config.follow(["loglevel"], () => {
    log.level = config.text("loglevel") as LogLevel;
  });
}

/** The most that any client's output may be, whatever is configured. */
function outputSizeMax({ host }: Server): number {
  // Where the system does not tell how much it has, 0.
  return host.systemMemorySize() * OUTPUT_MEMORY_PART || Infinity;
}

function limitSettings(server: Server, config: Config): void {
  config.follow(["proto-max-bulk-len", "client-query-buffer-limit"], () => {
    server.parser.bulkSizeMax = config.number("proto-max-bulk-len");
    server.queryBufferSizeMax = config.number("client-query-buffer-limit");
  });
  config.follow(["client-output-buffer-limit"], () => {
    const configured = config.value("client-output-buffer-limit");
    for (const name of ["normal", "pubsub"] as const) {
      const { hard, soft, softSeconds } = configured[name];
      const limit = server.outputLimits[name];
      limit.hardSize = Math.min(Number(hard) || Infinity, outputSizeMax(server));
      limit.softSize = Number(soft) || Infinity;
      limit.softSeconds = Number(softSeconds);
      limit.isConfigured = Number(hard) > 0 || Number(soft) > 0;
    }
  });
  config.follow(["maxclients"], () => {
    server.reception.maxClients = config.number("maxclients");
  });
  config.follow(["tracking-table-max-keys"], () => {
    server.tracking.limit(config.number("tracking-table-max-keys") || Infinity);
  });
  config.follow(["maxmemory-clients", "maxmemory"], () => {
    const size = config.number("maxmemory-clients");
    // Below zero it is a percentage of maxmemory.
    const max = size < 0 ? Math.floor((config.number("maxmemory") * -size) / 100) : size;
    server.clients.limitMemory(max);
  });
}

function timingSettings(server: Server, config: Config): void {
  const { dispatcher } = server;
  const { slowlog, latency, commands } = server.figures;
  config.follow(["slowlog-log-slower-than", "latency-monitor-threshold"], () => {
    slowlog.thresholdUs = config.number("slowlog-log-slower-than");
    latency.thresholdMs = config.number("latency-monitor-threshold");
    dispatcher.accounts.configure();
  });
  config.follow(["slowlog-max-len"], () => {
    slowlog.maxLength = config.number("slowlog-max-len");
  });
  config.follow(["latency-tracking"], () => {
    commands.tracking = config.flag("latency-tracking");
  });
}

function accessSettings(server: Server, config: Config): void {
  const { access, reception, users } = server;
  config.follow(["requirepass"], () => access.setPassword(config.text("requirepass")));
  config.follow(["protected-mode"], () => {
    reception.protectedMode = config.flag("protected-mode");
  });
  config.follow(["acl-pubsub-default"], () => {
    users.allChannelsByDefault = config.text("acl-pubsub-default") === "allchannels";
  });
  config.follow(["acllog-max-len"], () => {
    access.log.maxCount = config.number("acllog-max-len");
  });
}

function clientSettings(server: Server, config: Config): void {
  config.follow(["tcp-keepalive"], () => {
    server.reception.keepAliveSeconds = config.number("tcp-keepalive");
  });
}

function diskSettings({ dispatcher, snapshots, appendLog }: Server, config: Config): void {
  const apply = () => {
    const { refusal } = appendLog;
    const stops = config.flag("stop-writes-on-bgsave-error") && snapshots.isConfigured;
    const isUnsaved = stops && snapshots.lastFailed;
    dispatcher.setGate(ServerGate.disk, isUnsaved || refusal !== null);
    if (isUnsaved || refusal === null) dispatcher.stations.disk.problem = NOT_SAVED;
    else {
      dispatcher.stations.disk.problem = new CommandError(
        `MISCONF Errors writing to the AOF file: ${refusal}`,
      );
    }
  };
  snapshots.onOutcome = apply;
  appendLog.onProblem = apply;
  config.follow(["stop-writes-on-bgsave-error", "save"], apply);
}

function logSettings({ appendLog, feed, dispatcher, snapshots }: Server, config: Config): void {
  appendLog.configure();
  config.onChange(["appendfsync", "aof-timestamp-enabled"], () => appendLog.configure());
  config.follow(["lazyfree-lazy-expire"], () => {
    feed.unlinksExpired = config.flag("lazyfree-lazy-expire");
  });
  config.onChange(["appendonly"], () =>
    config.flag("appendonly") ? appendLog.turnOn(dispatcher.isNesting) : appendLog.turnOff(),
  );
  config.onChange(["dir"], () => {
    appendLog.leaveBehind();
    return null;
  });
  config.onChange(["dir", "dbfilename", "save", "appendonly"], () => {
    snapshots.settle();
    return null;
  });
  config.onChange(["aof-disable-auto-gc"], () => {
    appendLog.removeHistory();
    return null;
  });
}

function scriptSettings({ scripts }: Server, config: Config): void {
  config.follow(["busy-reply-threshold", "script-time-limit"], () => {
    scripts.thresholdMs = config.number("busy-reply-threshold") || Infinity;
    scripts.limitMs = config.number("script-time-limit") || Infinity;
  });
  config.follow(["script-memory-limit"], () => {
    adjustable.memorySize = config.number("script-memory-limit") || Infinity;
  });
  config.follow(["script-undo-limit"], () => {
    scripts.undoLimit = config.number("script-undo-limit");
  });
}

function memorySettings(server: Server, config: Config): void {
  const { keyspace, dispatcher, feed } = server;
  const { eviction } = server.evicting;
  config.follow(["maxmemory"], () => {
    server.evicting.limit(config.number("maxmemory"));
  });
  config.follow(["maxmemory-samples", "maxmemory-eviction-tenacity"], () => {
    eviction.samples = config.number("maxmemory-samples");
    eviction.tenacity = config.number("maxmemory-eviction-tenacity");
  });
  config.follow(["lazyfree-lazy-eviction"], () => {
    feed.unlinksEvicted = config.flag("lazyfree-lazy-eviction");
  });
  config.follow(["min-replicas-to-write", "min-replicas-max-lag"], () => {
    const needed = config.number("min-replicas-to-write") > 0;
    const checked = config.number("min-replicas-max-lag") > 0;
    dispatcher.setGate(ServerGate.replicas, needed && checked);
  });
  config.follow(["maxmemory-policy", "lfu-log-factor", "lfu-decay-time"], () => {
    server.evicting.follow(config.text("maxmemory-policy") as EvictionPolicy);
    keyspace.lfuLogFactor = config.number("lfu-log-factor");
    keyspace.lfuDecayMinutes = config.number("lfu-decay-time");
  });
  config.follow(["notify-keyspace-events"], () => {
    keyspace.events.configure(config.value("notify-keyspace-events"));
  });
}

function compactionSettings({ compaction }: Server, config: Config): void {
  config.follow(["activedefrag"], () => {
    compaction.isOn = config.flag("activedefrag");
  });
  config.follow(["active-defrag-ignore-bytes", "active-defrag-threshold-lower"], () => {
    compaction.limits = {
      wasteMin: config.number("active-defrag-ignore-bytes"),
      wastePercentMin: config.number("active-defrag-threshold-lower"),
    };
  });
  const cycle = ["active-defrag-cycle-min", "active-defrag-cycle-max"] as const;
  config.follow([...cycle, "active-defrag-threshold-upper"], () => {
    compaction.cycle = {
      min: config.number("active-defrag-cycle-min"),
      max: config.number("active-defrag-cycle-max"),
      maxFrom: config.number("active-defrag-threshold-upper"),
    };
  });
}
