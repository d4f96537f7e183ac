/** The line that CLIENT LIST and CLIENT INFO show of a client: Redis's fields, in its order. */
import { ByteText } from "../base/byte_text.ts";
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
  text.clear();
  addClientLine(text, server, client, call);
  return text.toString();
}

const text = new ByteText();

/** Adds what `clientLine` gives: a list of ten thousand clients is made while all others wait. */
export function addClientLine(
  to: ByteText,
  server: ServerContext,
  client: Client,
  call: Asking | null,
): void {
  const { connection, queue } = client;
  const { nowMs } = server.clock;
  to.add("id=").addNumber(client.id);
  to.add(" addr=").add(connection.remote).add(" laddr=").add(connection.local);
  to.add(" fd=").addNumber(connection.descriptor).add(" name=").add(client.name);
  to.add(" age=").addNumber(secondsBetween(connection.createdMs, nowMs));
  to.add(" idle=").addNumber(secondsBetween(connection.lastActiveMs, nowMs));
  to.add(" flags=").add(flagsOf(client)).add(" db=").addNumber(client.db.id);
  addSubscriptions(to, client);
  to.add(" multi=").addNumber(queue?.count ?? -1);
  addMemory(to, server, client, call);
  // What runs in a transaction does so by EXEC.
  const isInExec = queue !== null && (client.gates & Gate.multi) === 0;
  to.add(" cmd=").add(isInExec ? "exec" : (client.lastCommand?.name ?? "NULL"));
  to.add(" user=").add(client.user.name).add(" redir=").addNumber(redirectOf(client));
  to.add(" resp=").addNumber(client.protocol);
  // Fields of Redis 7.2.
  to.add(" lib-name=").add(client.libraryName).add(" lib-ver=").add(client.libraryVersion);
}

function addSubscriptions(to: ByteText, { subscriptions }: Client): void {
  to.add(" sub=").addNumber(subscriptions?.channel.size ?? 0);
  to.add(" psub=").addNumber(subscriptions?.pattern.size ?? 0);
  to.add(" ssub=").addNumber(subscriptions?.shard.size ?? 0);
}

function addMemory(to: ByteText, server: ServerContext, client: Client, call: Asking | null): void {
  const { connection, queue } = client;
  const { outputPeakSize, outputSize } = connection;
  to.add(" qbuf=").addNumber(connection.queryBufferSize);
  to.add(" qbuf-free=").addNumber(connection.queryBufferRoom);
  to.add(" argv-mem=").addNumber(argumentsSize(client, call));
  to.add(" multi-mem=").addNumber(queue?.argumentsSize ?? 0);
  to.add(" rbs=").addNumber(replyRoom(outputPeakSize)).add(" rbp=").addNumber(outputPeakSize);
  to.add(" obl=").addNumber(connection.repliedSize);
  to.add(" oll=").addNumber(connection.outputCount).add(" omem=").addNumber(outputSize);
  to.add(" tot-mem=").addNumber(server.clients.memorySize(client));
  to.add(" events=").add(outputSize > 0 ? "rw" : "r");
}

function redirectOf({ tracking }: Client): number {
  return tracking?.isOn === true ? tracking.redirect : -1;
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
  if (connection.closing && !connection.isDoomed) flags += "c";
  if (connection.isFreed) flags += "u";
  if (connection.isDoomed) flags += "A";
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
