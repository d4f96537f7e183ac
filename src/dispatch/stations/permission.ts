/** What users may do (ACL): asked of those who may not do everything. */
import type { Access } from "../../calls/access.ts";
import { Gate } from "../../calls/client.ts";
import type { Command } from "../../calls/command.ts";
import type { Denial } from "../../calls/users.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { Station, Verdict } from "./station.ts";

/** What it needs of the server. */
export interface PermissionContext {
  readonly access: Pick<Access, "noteDenied">;
}

const NO_KEY = new CommandError(
  "NOPERM this user has no permissions to access one of the keys used as arguments",
);
const NO_CHANNEL = new CommandError(
  "NOPERM this user has no permissions to access one of the channels used as arguments",
);

/** Of commands that were allowed when they were queued. */
const CHANGED =
  "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC " +
  "call. This command is no longer allowed for the following reason: ";
const LATE: Readonly<Record<Denial, CommandError>> = {
  command: new CommandError(`${CHANGED}no permission to execute the command or subcommand`),
  key: new CommandError(`${CHANGED}no permission to touch the specified keys`),
  channel: new CommandError(
    `${CHANGED}no permission to access one of the channels used as arguments to the command`,
  ),
};

/** Scripts ask for themselves (calls/scripts.ts), before other questions of theirs. */
export function permissionStation({ access }: PermissionContext): Station {
  return {
    name: "permission",
    gate: Gate.access,
    nested: true,
    ask(client, command, args): Verdict {
      const { user } = client;
      const denied = user.check(command, args);
      if (denied === null) return null;
      const isQueued = client.queue !== null;
      access.noteDenied(client, user, denied, isQueued ? "multi" : "toplevel", command, args);
      const isLate = isQueued && (client.gates & Gate.multi) === 0;
      return isLate ? LATE[denied] : refusalOf(denied, command);
    },
  };
}

function refusalOf(denied: Denial, { name }: Command): CommandError {
  if (denied === "key") return NO_KEY;
  if (denied === "channel") return NO_CHANNEL;
  return new CommandError(`NOPERM this user has no permissions to run the '${name}' command`);
}
