import { clientCommands } from "./client_commands.ts";
import { commandCommands } from "./command.ts";
import { configCommands } from "./config.ts";
import { connectionCommands } from "./connection.ts";
import { debugCommands } from "./debug.ts";
import { expireCommands } from "./expire.ts";
import { genericCommands } from "./generic.ts";
import { latencyCommands } from "./latency.ts";
import { memoryCommands } from "./memory.ts";
import { objectCommands } from "./object.ts";
import { serverCommands } from "./server.ts";
import { slowlogCommands } from "./slowlog.ts";
import { stringCommands } from "./string.ts";
import { CommandTable } from "./table.ts";
import { transactionCommands } from "./transactions.ts";

/** Every command of the server. */
export const commandTable = new CommandTable([
  stringCommands,
  genericCommands,
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
]);
