/** All stations: here is where one is registered. */
import type { Clients } from "../../calls/clients.ts";
import type { Config } from "../../config/config.ts";
import { authStation, multiStation, protectedStation } from "./access.ts";
import { loadingStation } from "./loading.ts";
import { MemoryStation, spaceStation } from "./memory.ts";
import { DiskStation, replicasStation } from "./safety.ts";
import type { Station } from "./station.ts";
import { backlogStation, pauseStation } from "./waiting.ts";

/** What stations need of the server. */
interface StationContext {
  readonly config: Config;
  readonly clients: Clients;
}

export class Stations {
  readonly memory = new MemoryStation();
  readonly disk = new DiskStation();
  /** In Redis 7.0's order of asking, which clients can see: the first that objects is heard. */
  readonly inOrder: Station[];

  constructor({ config, clients }: StationContext) {
    this.inOrder = [
      protectedStation(config),
      authStation,
      multiStation,
      this.memory,
      spaceStation,
      this.disk,
      replicasStation,
      loadingStation,
      pauseStation(clients),
      backlogStation,
    ];
  }
}
