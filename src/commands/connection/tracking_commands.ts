/** Subcommands of CLIENT for client-side caching: who wants to be told of keys that change. */
import { cString } from "../../base/words.ts";
import type { Call } from "../../calls/call.ts";
import type { Client } from "../../calls/client.ts";
import type { ClientTracking } from "../../calls/client_tracking.ts";
import type { CommandEntry } from "../../calls/table.ts";
import type { TrackingOptions } from "../../calls/tracking.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";

const REDIRECTED_TWICE = new CommandError(
  "ERR A client can only redirect to a single other client",
);
const NO_SUCH_TARGET = new CommandError("ERR The client ID you want redirect to does not exist");
const PREFIX_WITHOUT_BCAST = new CommandError(
  "ERR PREFIX option requires BCAST mode to be enabled",
);
const OTHER_MODE = new CommandError(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
    "re-enabling it with a different mode.",
);
const BCAST_WITH_OPT = new CommandError("ERR OPTIN and OPTOUT are not compatible with BCAST");
const BOTH_OPTS = new CommandError("ERR You can't specify both OPTIN mode and OPTOUT mode");
const OTHER_OPT = new CommandError(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
    "re-enabling it with a different mode.",
);
const CACHING_WITHOUT_TRACKING = new CommandError(
  "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or " +
    "OPTOUT mode enabled",
);
const YES_WITHOUT_OPTIN = new CommandError(
  "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
);
const NO_WITHOUT_OPTOUT = new CommandError(
  "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
);

const NONE: ReadonlySet<string> = new Set();
/** What CLIENT GETREDIR replies, and others, where tracking is off. */
const NO_TRACKING = -1;

export const trackingCommands: Readonly<Record<string, CommandEntry>> = {
  CACHING: {
    run: clientCaching,
    arity: 3,
    flags: ["noscript", "loading", "stale"],
    args: "mode:{YES | NO}",
    since: "6.0.0",
    complexity: "O(1)",
    summary: "Says whether the keys of the next command, or transaction, are followed.",
  },
  GETREDIR: {
    run: clientGetredir,
    arity: 2,
    flags: ["noscript", "loading", "stale"],
    since: "6.0.0",
    complexity: "O(1)",
    summary: "Tells which connection receives this one's tracking messages.",
  },
  TRACKING: {
    run: clientTracking,
    arity: -3,
    flags: ["noscript", "loading", "stale"],
    args:
      "status:{ON | OFF} [REDIRECT client-id:integer] [PREFIX prefix]... [BCAST] [OPTIN] " +
      "[OPTOUT] [NOLOOP]",
    since: "6.0.0",
    complexity: "O(1). Some options may introduce additional complexity.",
    summary: "Has the connection told when keys change of which it keeps copies.",
  },
  TRACKINGINFO: {
    run: clientTrackinginfo,
    arity: 2,
    flags: ["noscript", "loading", "stale"],
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Tells what the connection is told of changed keys.",
  },
};

/** What a client has while tracking is on; null while it is off. */
const trackingOf = ({ tracking }: Client) => (tracking?.isOn === true ? tracking : null);

function clientTracking(call: Call): void {
  const { client, server } = call;
  const options = trackingOptions(call);
  if (call.is(2, "on")) {
    checkOptions(options, trackingOf(client));
    server.tracking.enable(client, options);
  } else if (call.is(2, "off")) {
    server.tracking.disable(client);
  } else {
    throw SYNTAX;
  }
  call.reply.ok();
}

function trackingOptions(call: Call): TrackingOptions {
  const { argc } = call;
  const prefixes: string[] = [];
  let redirect = 0;
  let isBroadcast = false;
  let isOptIn = false;
  let isOptOut = false;
  let noLoop = false;
  for (let i = 3; i < argc; i++) {
    const hasMore = i + 1 < argc;
    if (call.is(i, "redirect") && hasMore) redirect = redirectTarget(call, ++i, redirect);
    else if (call.is(i, "bcast")) isBroadcast = true;
    else if (call.is(i, "optin")) isOptIn = true;
    else if (call.is(i, "optout")) isOptOut = true;
    else if (call.is(i, "noloop")) noLoop = true;
    else if (call.is(i, "prefix") && hasMore) prefixes.push(call.text(++i));
    else throw SYNTAX;
  }
  return { redirect, isBroadcast, isOptIn, isOptOut, noLoop, prefixes };
}

/** The client in an argument, which must be connected now, though it may leave later. */
function redirectTarget(call: Call, index: number, before: number): number {
  if (before !== 0) throw REDIRECTED_TWICE;
  const id = Number(call.int64(index));
  if (call.server.clients.byId(id) === undefined) throw NO_SUCH_TARGET;
  return id;
}

/** Throws when the options contradict each other, or what the client has on already. */
function checkOptions(options: TrackingOptions, before: ClientTracking | null): void {
  const { isBroadcast, isOptIn, isOptOut, prefixes } = options;
  if (!isBroadcast && prefixes.length > 0) throw PREFIX_WITHOUT_BCAST;
  if (before !== null && before.isBroadcast !== isBroadcast) throw OTHER_MODE;
  if (isBroadcast && (isOptIn || isOptOut)) throw BCAST_WITH_OPT;
  if (isOptIn && isOptOut) throw BOTH_OPTS;
  if (before !== null && ((isOptIn && before.isOptOut) || (isOptOut && before.isOptIn))) {
    throw OTHER_OPT;
  }
  if (isBroadcast) checkPrefixes(prefixes, before?.prefixes ?? NONE);
}

/** A key must not belong to two prefixes of a client: it would be told of it twice. */
function checkPrefixes(wanted: readonly string[], before: ReadonlySet<string>): void {
  for (const [i, prefix] of wanted.entries()) {
    const existing = [...before].filter((other) => overlap(prefix, other)).sort();
    if (existing.length > 0) throw overlapping(prefix, "an existing prefix", existing[0]);
    const other = wanted.slice(i + 1).find((later) => overlap(prefix, later));
    if (other !== undefined) throw overlapping(prefix, "another provided prefix", other);
  }
}

const overlap = (a: string, b: string) => a.startsWith(b) || b.startsWith(a);

function overlapping(prefix: string, what: string, other: string): CommandError {
  return new CommandError(
    `ERR Prefix '${cString(prefix)}' overlaps with ${what} '${cString(other)}'. ` +
      "Prefixes for a single client must not overlap.",
  );
}

function clientCaching(call: Call): void {
  const tracking = trackingOf(call.client);
  if (tracking === null) throw CACHING_WITHOUT_TRACKING;
  if (call.is(2, "yes")) {
    if (!tracking.isOptIn) throw YES_WITHOUT_OPTIN;
  } else if (call.is(2, "no")) {
    if (!tracking.isOptOut) throw NO_WITHOUT_OPTOUT;
  } else {
    throw SYNTAX;
  }
  tracking.isCachingGiven = true;
  call.reply.ok();
}

function clientGetredir({ client, reply }: Call): void {
  reply.integer(trackingOf(client)?.redirect ?? NO_TRACKING);
}

function clientTrackinginfo({ client, reply }: Call): void {
  const tracking = trackingOf(client);
  const flags = tracking === null ? ["off"] : flagsOf(tracking);
  reply.map(3);
  reply.bulkText("flags");
  reply.set(flags.length);
  for (const flag of flags) reply.bulkText(flag);
  reply.bulkText("redirect");
  reply.integer(tracking?.redirect ?? NO_TRACKING);
  // Latin1, which JavaScript puts in the order of its bytes.
  const prefixes = [...(tracking?.prefixes ?? NONE)].sort();
  reply.bulkText("prefixes");
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulkText(prefix);
}

function flagsOf(tracking: ClientTracking): string[] {
  const flags = ["on"];
  if (tracking.isBroadcast) flags.push("bcast");
  if (tracking.isOptIn) flags.push("optin");
  if (tracking.isOptIn && tracking.isCachingGiven) flags.push("caching-yes");
  if (tracking.isOptOut) flags.push("optout");
  if (tracking.isOptOut && tracking.isCachingGiven) flags.push("caching-no");
  if (tracking.noLoop) flags.push("noloop");
  if (tracking.isRedirectBroken) flags.push("broken_redirect");
  return flags;
}
