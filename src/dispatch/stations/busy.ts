/** Whether a script runs that has run for too long. */
import { BUSY } from "../../calls/busy.ts";
import { Flag } from "../../calls/command.ts";
import type { Scripts } from "../../calls/scripts.ts";
import { ServerGate } from "../gates.ts";
import type { Station } from "./station.ts";

/** While one does, what could see its middle, or change it, is refused. */
export function busyStation(server: { readonly scripts: Pick<Scripts, "running"> }): Station {
  return {
    name: "busy",
    gate: ServerGate.busy,
    nested: false,
    ask(_client, { flags }) {
      if ((flags & Flag.allow_busy) !== 0) return null;
      return BUSY[server.scripts.running?.kind ?? "script"];
    },
  };
}
