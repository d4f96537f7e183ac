// Purpose: loaded before a server that is to meet something unexpected: at SIGUSR2 that is thrown,
// and by APPEND, once it has changed the string.

import type { Call } from "../../src/calls/call.ts";
import { commandTable } from "../../src/commands/all.ts";

process.on("SIGUSR2", () => {
  throw new TypeError("nobody was to catch this");
});

const append = commandTable.find("append") as { run: (call: Call) => void };
const { run } = append;
append.run = (call) => {
  run(call);
  throw new RangeError("half done");
};
