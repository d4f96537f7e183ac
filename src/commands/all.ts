import { CommandTable } from "../calls/table.ts";
import { bitmapCommands } from "./bits/bitmap_commands.ts";
import { hyperloglogCommands } from "./bits/hyperloglog_commands.ts";
import { clientCommands } from "./connection/client_commands.ts";
import { connectionCommands } from "./connection/connection_commands.ts";
import { transactionCommands } from "./connection/transaction_commands.ts";
import { hashCommands } from "./hashes/hash_commands.ts";
import { hashExpireCommands } from "./hashes/hash_expire.ts";
import { dumpCommands, restoreAskingCommands } from "./keys/dump_commands.ts";
import { expireCommands } from "./keys/expire_commands.ts";
import { genericCommands } from "./keys/generic_commands.ts";
import { migrateCommands } from "./keys/migrate_command.ts";
import { objectCommands } from "./keys/object_commands.ts";
import { sortCommands } from "./keys/sort_commands.ts";
import { blockingListCommands } from "./lists/list_blocking.ts";
import { listCommands } from "./lists/list_commands.ts";
import { geoCommands } from "./places/geo_commands.ts";
import { publishCommands } from "./pubsub/publish_commands.ts";
import { subscriptionCommands } from "./pubsub/subscription_commands.ts";
import { evalCommands } from "./scripting/eval_commands.ts";
import { functionCallCommands } from "./scripting/function_call.ts";
import { functionCommands } from "./scripting/function_commands.ts";
import { scriptCommands } from "./scripting/script_commands.ts";
import { aclCommands } from "./server/acl_commands.ts";
import { clusterCommands } from "./server/cluster_commands.ts";
import { commandCommands } from "./server/command_commands.ts";
import { configCommands } from "./server/config_commands.ts";
import { debugCommands } from "./server/debug_commands.ts";
import { latencyCommands } from "./server/latency_commands.ts";
import { memoryCommands } from "./server/memory_commands.ts";
import { moduleCommands } from "./server/module_commands.ts";
import { replicationCommands } from "./server/replication_commands.ts";
import { serverCommands } from "./server/server_commands.ts";
import { slowlogCommands } from "./server/slowlog_commands.ts";
import { waitCommands } from "./server/wait_commands.ts";
import { setCommands } from "./sets/set_commands.ts";
import { blockingSortedSetCommands } from "./sorted_sets/sorted_set_blocking.ts";
import { sortedSetCommands } from "./sorted_sets/sorted_set_commands.ts";
import { streamCommands } from "./streams/stream_commands.ts";
import { streamDeleteCommands } from "./streams/stream_delete.ts";
import { streamGroupCommands } from "./streams/stream_group_commands.ts";
import { streamInfoCommands } from "./streams/stream_info.ts";
import { streamPendingCommands } from "./streams/stream_pending.ts";
import { streamReadCommands } from "./streams/stream_read.ts";
import { stringCommands } from "./strings/string_commands.ts";

/** Every command of the server. */
export const commandTable = new CommandTable([
  stringCommands,
  bitmapCommands,
  hyperloglogCommands,
  geoCommands,
  listCommands,
  blockingListCommands,
  setCommands,
  genericCommands,
  waitCommands,
  dumpCommands,
  restoreAskingCommands,
  migrateCommands,
  sortedSetCommands,
  blockingSortedSetCommands,
  hashCommands,
  hashExpireCommands,
  streamCommands,
  streamDeleteCommands,
  streamReadCommands,
  streamGroupCommands,
  streamPendingCommands,
  streamInfoCommands,
  sortCommands,
  expireCommands,
  objectCommands,
  connectionCommands,
  clientCommands,
  serverCommands,
  aclCommands,
  commandCommands,
  configCommands,
  memoryCommands,
  slowlogCommands,
  latencyCommands,
  debugCommands,
  transactionCommands,
  subscriptionCommands,
  publishCommands,
  evalCommands,
  scriptCommands,
  functionCommands,
  functionCallCommands,
  replicationCommands,
  moduleCommands,
  clusterCommands,
]);
