/** Who may run a command at all, and where. */
import { Gate } from "../../calls/client.ts";
import { type Command, Flag, HiddenFlag } from "../../calls/command.ts";
import type { Config } from "../../config/config.ts";
import { CommandError } from "../../protocol/errors.ts";
import { CHANGING, type Station } from "./station.ts";

const NOAUTH = new CommandError("NOAUTH Authentication required.");
const NOT_FOR_MONITORS = new CommandError("ERR Replica can't interact with the keyspace");
const NOT_IN_MULTI = new CommandError("ERR Command not allowed inside a transaction");

/** Commands that are off unless a directive allows them: DEBUG, and MODULE later. */
export function protectedStation(config: Config): Station {
  return {
    name: "protected",
    gate: HiddenFlag.protected,
    nested: false,
    ask(client, command) {
      const name = protectedName(command);
      const directive = name === "debug" ? "enable-debug-command" : "enable-module-command";
      const allowed = config.text(directive);
      if (allowed === "yes" || (allowed === "local" && client.isLocal)) return null;
      return new CommandError(
        `ERR ${name.toUpperCase()} command not allowed. If the ${directive} option is ` +
          `set to "local", you can run it from a local connection, otherwise you need to set ` +
          "this option in the configuration file, and then restart the server.",
      );
    },
  };
}

const protectedName = (command: Command) => (command.container ?? command).name;

/** Who has to give a password first. */
export const authStation: Station = {
  name: "auth",
  gate: Gate.auth,
  nested: false,
  ask: (_client, { flags }) => ((flags & Flag.no_auth) === 0 ? NOAUTH : null),
};

/** What may be sent in RESP2 by who has subscribed to something. */
const SUBSCRIBERS_COMMANDS = new Set([
  "ping",
  "subscribe",
  "ssubscribe",
  "sunsubscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "quit",
  "reset",
]);

/** In RESP2 a message could be taken for a reply: who gets some may do little else. */
export const subscribedStation: Station = {
  name: "subscribed",
  gate: Gate.subscribed,
  nested: false,
  ask({ protocol }, { name }) {
    if (protocol !== 2 || SUBSCRIBERS_COMMANDS.has(name)) return null;
    return new CommandError(
      `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
        "are allowed in this context",
    );
  },
};

/** Who is in MONITOR leaves keys alone: to Redis it is a kind of replica. */
export const monitorStation: Station = {
  name: "monitor",
  gate: Gate.monitor,
  nested: false,
  ask: (_client, _command, _args, effects) =>
    (effects & (Flag.readonly | CHANGING)) !== 0 ? NOT_FOR_MONITORS : null,
};

/** What cannot be part of a transaction. */
export const multiStation: Station = {
  name: "multi",
  gate: Flag.no_multi,
  nested: false,
  ask: (client) => (client.queue !== null ? NOT_IN_MULTI : null),
};
