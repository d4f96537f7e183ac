/**
 * LATENCY: the delays that the server noticed, by event, and how long commands take.
 */
import { counted } from "../../base/counted.ts";
import { cString } from "../../base/words.ts";
import type { Call } from "../../calls/call.ts";
import type { Command } from "../../calls/command.ts";
import { helpEntry } from "../../calls/help.ts";
import type { LatencyEvent, LatencyMonitor } from "../../calls/latency_monitor.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";
import { latencyChart } from "./latency_chart.ts";

/** What helps against delays of these events. */
const ADVICE: readonly { readonly of: readonly string[]; readonly text: string }[] = [
  {
    of: ["command", "fast-command"],
    text: "SLOWLOG GET names the commands that took long; ask for less at a time.",
  },
  {
    of: ["command-unblocking"],
    text: "Large values go to clients that waited for them: move smaller ones.",
  },
  {
    of: ["expire-cycle"],
    text: "Many keys expire at one moment: spread their times over some seconds.",
  },
  { of: ["expire-del"], text: "Large values expire: keep several smaller ones in their place." },
  {
    of: ["fork", "save-slice"],
    text: "Saving and rewriting hold the server up: have it done more rarely, or in quiet hours.",
  },
  {
    of: ["aof-write", "aof-rename", "rdb-unlink-temp-file"],
    text: "The disk is slow to take what is written: see what else uses it, and iostat -x.",
  },
  {
    of: ["aof-write-pending-fsync", "aof-write-active-child"],
    text:
      "Writing waits for what goes to the disk already: no-appendfsync-on-rewrite yes helps " +
      "while the log is rewritten, appendfsync no always, at the price of what a power cut takes.",
  },
  {
    of: ["aof-fsync-always"],
    text:
      "Whoever writes waits for the disk, as appendfsync always says: with everysec a power cut " +
      "takes a second's changes at most.",
  },
];

export const latencyCommands = group("server", {
  LATENCY: {
    arity: -2,
    since: "2.8.13",
    complexity: "Depends on subcommand.",
    summary: "Watches for delays.",
    subcommands: {
      DOCTOR: {
        run: latencyDoctor,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Explains delays in words.",
        tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
      },
      GRAPH: {
        run: latencyGraph,
        arity: 3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "event",
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Draws the delays of an event.",
        tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
      },
      HISTOGRAM: {
        run: latencyHistogram,
        arity: -2,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "[command ...]",
        since: "7.0.0",
        complexity:
          "O(N) where N is the number of commands with latency information being retrieved.",
        summary: "Tells how the durations of commands are distributed.",
        tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
      },
      HISTORY: {
        run: latencyHistory,
        arity: 3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "event",
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Lists the delays of an event.",
        tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
      },
      LATEST: {
        run: latencyLatest,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Lists the latest delay of each event.",
        tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
      },
      RESET: {
        run: latencyReset,
        arity: -2,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "[event ...]",
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Forgets the delays of events, or of all.",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      HELP: helpEntry("2.8.13"),
    },
  },
});

function latencyLatest({ reply, server }: Call): void {
  const { events } = server.figures.latency;
  reply.array(events.size);
  for (const [name, { samples, maxMs }] of events) {
    const last = samples[samples.length - 1];
    reply.array(4);
    reply.bulkText(name);
    reply.integer(last.seconds);
    reply.integer(last.ms);
    reply.integer(maxMs);
  }
}

function latencyHistory(call: Call): void {
  const { reply, server } = call;
  const samples = server.figures.latency.events.get(call.text(2))?.samples ?? [];
  reply.array(samples.length);
  for (const { seconds, ms } of samples) {
    reply.array(2);
    reply.integer(seconds);
    reply.integer(ms);
  }
}

function latencyReset(call: Call): void {
  const { events } = call.server.figures.latency;
  let count = 0;
  if (call.argc === 2) {
    count = events.size;
    events.clear();
  }
  for (let i = 2; i < call.argc; i++) if (events.delete(call.text(i))) count++;
  call.reply.integer(count);
}

function latencyGraph(call: Call): void {
  const name = call.text(2);
  const event = call.server.figures.latency.events.get(name);
  if (event === undefined) {
    throw new CommandError(`ERR No samples available for event '${cString(name)}'`);
  }
  call.reply.verbatim("txt", latencyChart(name, event, call.server.clock.nowSeconds));
}

function latencyHistogram(call: Call): void {
  const { reply, server } = call;
  const commands: Command[] = [];
  if (call.argc === 2) commands.push(...server.table.all);
  for (let i = 2; i < call.argc; i++) {
    const command = server.table.find(call.text(i));
    if (command !== undefined) commands.push(command, ...(command.subcommands?.values() ?? []));
  }
  const { histograms } = server.figures.commands;
  server.figures.commands.settle(server.table);
  const called = commands.filter(({ id }) => histograms[id] !== null);
  reply.map(called.length);
  for (const command of called) replyHistogram(call, command);
}

function replyHistogram({ reply, server }: Call, command: Command): void {
  const histogram = server.figures.commands.histograms[command.id];
  const limits: [number, number][] = [];
  histogram?.forEachDoubling((limitUs, count) => limits.push([limitUs, count]));
  reply.bulkText(command.name);
  reply.map(2);
  reply.bulkText("calls");
  reply.integer(histogram?.count ?? 0);
  reply.bulkText("histogram_usec");
  reply.map(limits.length);
  for (const [limitUs, count] of limits) {
    reply.integer(limitUs);
    reply.integer(count);
  }
}

function latencyDoctor({ reply, server }: Call): void {
  const { latency, slowlog } = server.figures;
  const lines: string[] = [];
  if (latency.thresholdMs === 0) {
    lines.push(
      "Delays are not being watched: CONFIG SET latency-monitor-threshold <milliseconds> " +
        "tells from what length on they are worth noting.",
    );
  } else if (latency.events.size === 0) {
    lines.push(`No delay of ${latency.thresholdMs} ms or more since the start or last reset.`);
  } else {
    lines.push(`Delays of ${latency.thresholdMs} ms or more:`, "");
    for (const [name, event] of latency.events) lines.push(`- ${diagnosis(name, event)}`);
    lines.push("", "What may help:", "", ...advice(latency, slowlog.thresholdUs));
  }
  reply.verbatim("txt", `${lines.join("\n")}\n`);
}

function diagnosis(name: string, { samples, maxMs }: LatencyEvent): string {
  const mean = samples.reduce((sum, { ms }) => sum + ms, 0) / samples.length;
  const deviation = samples.reduce((sum, { ms }) => sum + Math.abs(ms - mean), 0) / samples.length;
  const seconds = samples[samples.length - 1].seconds - samples[0].seconds;
  const every =
    samples.length > 1 ? `, one in ${(seconds / (samples.length - 1)).toFixed(1)} s` : "";
  return (
    `${name}: ${counted(samples.length, "time")}${every}; ${mean.toFixed(0)} ms on average ` +
    `(mean deviation ${deviation.toFixed(0)} ms), ${maxMs} ms at worst.`
  );
}

function advice({ events, thresholdMs }: LatencyMonitor, slowlogUs: number): string[] {
  const lines: string[] = [];
  const isOfCommands = events.has("command") || events.has("fast-command");
  if (isOfCommands && (slowlogUs < 0 || slowlogUs > thresholdMs * 1000)) {
    lines.push(
      "- SLOWLOG misses some of these commands: " +
        `CONFIG SET slowlog-log-slower-than ${thresholdMs * 1000}.`,
    );
  }
  for (const { of, text } of ADVICE) {
    if (of.some((event) => events.has(event))) lines.push(`- ${text}`);
  }
  lines.push("- See whether other processes leave the server enough of the processor.");
  return lines;
}
