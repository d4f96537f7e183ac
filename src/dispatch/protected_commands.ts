/** Commands that are off unless a directive allows them: DEBUG, and MODULE later. */
import type { Client } from "../calls/client.ts";
import type { ServerContext } from "../calls/server_context.ts";
import type { Command } from "../calls/table.ts";
import { CommandError } from "../protocol/errors.ts";

/** Why this client may not run the protected command, or null when it may. */
export function protectedCommandError(
  server: ServerContext,
  client: Client,
  command: Command,
): CommandError | null {
  const name = (command.container ?? command).name;
  const directive = name === "debug" ? "enable-debug-command" : "enable-module-command";
  const allowed = server.config.text(directive);
  if (allowed === "yes" || (allowed === "local" && client.isLocal)) return null;
  return new CommandError(
    `ERR ${name.toUpperCase()} command not allowed. If the ${directive} option is ` +
      `set to "local", you can run it from a local connection, otherwise you need to set this ` +
      "option in the configuration file, and then restart the server.",
  );
}
