/** The line that CLIENT LIST and CLIENT INFO show of a client: Redis's fields, in its order. */
import type { Call } from "./call.ts";
import { type Client, Gate } from "./client.ts";
import type { ServerContext } from "./server_context.ts";

/** What Redis's reply buffer of a client holds at least and at most. */
const REPLY_ROOM_MIN = 1024;
const REPLY_ROOM_MAX = 16384;

/** The call that asks for a line. */
type Asking = Pick<Call, "client" | "args" | "nested">;

/** The line, without an end. `call` is the one that asks, if any: its own bytes are still there. */
export function clientLine(server: ServerContext, client: Client, call: Asking | null): string {
  const { connection, queue, subscriptions, tracking } = client;
  const { createdMs, lastActiveMs, outputPeakSize, outputSize } = connection;
  const { nowMs } = server.clock;
  const isInExec = queue !== null && (client.gates & Gate.multi) === 0;
  // One text, since a list of ten thousand clients is made while all others wait.
  return (
    `id=${client.id} addr=${connection.remote} laddr=${connection.local} ` +
    `fd=${connection.descriptor} name=${client.name} ` +
    `age=${secondsBetween(createdMs, nowMs)} idle=${secondsBetween(lastActiveMs, nowMs)} ` +
    `flags=${flagsOf(client)} db=${client.db.id} sub=${subscriptions?.channel.size ?? 0} ` +
    `psub=${subscriptions?.pattern.size ?? 0} ssub=${subscriptions?.shard.size ?? 0} ` +
    `multi=${queue?.count ?? -1} ` +
    `qbuf=${connection.queryBufferSize} qbuf-free=${connection.queryBufferRoom} ` +
    `argv-mem=${argumentsSize(client, call)} multi-mem=${queue?.argumentsSize ?? 0} ` +
    `rbs=${replyRoom(outputPeakSize)} rbp=${outputPeakSize} ` +
    `obl=${connection.repliedSize} oll=${connection.outputCount} omem=${outputSize} ` +
    `tot-mem=${server.clients.memorySize(client)} events=${outputSize > 0 ? "rw" : "r"} ` +
    // What runs in a transaction does so by EXEC.
    `cmd=${isInExec ? "exec" : (client.lastCommand?.name ?? "NULL")} user=${client.user.name} ` +
    `redir=${tracking?.isOn === true ? tracking.redirect : -1} resp=${client.protocol} ` +
    // Fields of Redis 7.2.
    `lib-name=${client.libraryName} lib-ver=${client.libraryVersion}`
  );
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor((toMs - fromMs) / 1000));
}

function flagsOf(client: Client): string {
  const { connection } = client;
  let flags = "";
  if (client.monitoring) flags += "O";
  if (client.subscribed) flags += "P";
  if (client.queue !== null) flags += "x";
  if (isWaiting(client)) flags += "b";
  flags += trackingFlagsOf(client);
  if (client.dirty) flags += "d";
  if (connection.closing) flags += "c";
  if (connection.isFreed) flags += "u";
  if (connection.unix) flags += "U";
  if (client.noEvict) flags += "e";
  if (client.noTouch) flags += "T";
  return flags === "" ? "N" : flags;
}

function isWaiting({ blocked, postponed, connection }: Client): boolean {
  return blocked !== null || (postponed !== null && !connection.isFreed);
}

function trackingFlagsOf({ tracking }: Client): string {
  if (tracking === null || !tracking.isOn) return "";
  const broken = tracking.isRedirectBroken ? "R" : "";
  return `t${broken}${tracking.isBroadcast ? "B" : ""}`;
}

/** Of who asks they are those of the question, or of the EXEC that it is part of. */
function argumentsSize(client: Client, call: Asking | null): number {
  const held = client.connection.argumentsSize;
  if (call === null || client !== call.client) return held;
  return held + (call.nested ? "exec".length : call.args.totalSize);
}

/** All replies share one buffer here; this is the room that Redis would give to such replies. */
function replyRoom(peakSize: number): number {
  let room = REPLY_ROOM_MIN;
  while (room < peakSize && room < REPLY_ROOM_MAX) room *= 2;
  return room;
}
