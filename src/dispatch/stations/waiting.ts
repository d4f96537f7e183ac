/** Stations that keep commands until later. */
import type { Clients } from "../../calls/clients.ts";
import { ServerGate } from "../gates.ts";
import { CHANGING, KEPT, type Station } from "./station.ts";

/**
 * CLIENT PAUSE: until its end; the client's later commands wait behind the one that is kept. Who is
 * in MONITOR changes nothing, and goes on.
 */
export function pauseStation(clients: Clients): Station {
  return {
    name: "pause",
    gate: ServerGate.pause,
    nested: false,
    ask(client, _command, _args, effects) {
      const { pauseMode } = clients;
      if (pauseMode === "none" || client.monitoring) return null;
      return pauseMode === "all" || (effects & CHANGING) !== 0 ? KEPT : null;
    },
    keep(client) {
      client.connection.suspend();
      clients.addPaused(client);
    },
  };
}

/** Too much waits for the disk: who would add a change to it, or a reply behind others, waits. */
export const backlogStation: Station = {
  name: "backlog",
  gate: ServerGate.backlog,
  nested: false,
  ask: ({ connection }, _command, _args, effects) =>
    (effects & CHANGING) !== 0 || connection.heldSize > 0 ? KEPT : null,
  keep: ({ connection }) => connection.awaitDisk(),
};
