import { bitmapCommands } from "./bitmap.ts";
import { blockingListCommands } from "./blocking_list.ts";
import { blockingSortedSetCommands } from "./blocking_sorted_set.ts";
import { clientCommands } from "./client_commands.ts";
import { clusterCommands } from "./cluster.ts";
import { commandCommands } from "./command.ts";
import { configCommands } from "./config.ts";
import { connectionCommands } from "./connection.ts";
import { debugCommands } from "./debug.ts";
import { dumpCommands, restoreAskingCommands } from "./dump.ts";
import { expireCommands } from "./expire.ts";
import { genericCommands } from "./generic.ts";
import { geoCommands } from "./geo.ts";
import { hashCommands } from "./hash.ts";
import { hashExpireCommands } from "./hash_expire.ts";
import { hyperloglogCommands } from "./hyperloglog.ts";
import { latencyCommands } from "./latency.ts";
import { listCommands } from "./list.ts";
import { memoryCommands } from "./memory.ts";
import { migrateCommands } from "./migrate.ts";
import { moduleCommands } from "./module.ts";
import { objectCommands } from "./object.ts";
import { replicationCommands } from "./replication.ts";
import { serverCommands } from "./server.ts";
import { setCommands } from "./set.ts";
import { slowlogCommands } from "./slowlog.ts";
import { sortCommands } from "./sort.ts";
import { sortedSetCommands } from "./sorted_set.ts";
import { streamCommands } from "./stream.ts";
import { streamDeleteCommands } from "./stream_delete.ts";
import { streamGroupCommands } from "./stream_group.ts";
import { streamInfoCommands } from "./stream_info.ts";
import { streamPendingCommands } from "./stream_pending.ts";
import { streamReadCommands } from "./stream_read.ts";
import { stringCommands } from "./string.ts";
import { subscriptionCommands } from "./subscriptions.ts";
import { CommandTable } from "./table.ts";
import { transactionCommands } from "./transactions.ts";
import { waitCommands } from "./wait.ts";

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
  commandCommands,
  configCommands,
  memoryCommands,
  slowlogCommands,
  latencyCommands,
  debugCommands,
  transactionCommands,
  subscriptionCommands,
  replicationCommands,
  moduleCommands,
  clusterCommands,
]);
