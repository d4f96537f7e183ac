/** All stations: here is where one is registered. */
import { assert } from "../../base/assert.ts";
import type { Clients } from "../../calls/clients.ts";
import type { Scripts } from "../../calls/scripts.ts";
import type { Config } from "../../config/config.ts";
import {
  authStation,
  monitorStation,
  multiStation,
  protectedStation,
  subscribedStation,
} from "./access.ts";
import { busyStation } from "./busy.ts";
import { loadingStation } from "./loading.ts";
import { MemoryStation, type RoomMaker, spaceStation } from "./memory.ts";
import { type PermissionContext, permissionStation } from "./permission.ts";
import { DiskStation, replicasStation } from "./safety.ts";
import type { Station } from "./station.ts";
import { backlogStation, pauseStation } from "./waiting.ts";

/** What stations need of the server. */
interface StationContext extends PermissionContext {
  readonly evicting: RoomMaker;
  readonly config: Config;
  readonly clients: Clients;
  readonly scripts: Scripts;
}

/** Bits of a mask of gates. */
const GATE_COUNT = 32;

export class Stations {
  readonly memory: MemoryStation;
  readonly disk = new DiskStation();
  /** In the order of asking. */
  private readonly all: Station[] = [];
  /** By the number of a gate's bit: which stations have that gate, as `withGates` tells them. */
  private readonly byGate = new Array<number>(GATE_COUNT).fill(0);
  /** All gates that a station has, and those of stations for commands inside others. */
  private gates = 0;
  private nestedGates = 0;

  constructor(context: StationContext) {
    const { config, clients } = context;
    this.memory = new MemoryStation(context.evicting);
    // In Redis 7.0's order, which clients can see: the first that objects is heard.
    this.add(protectedStation(config));
    this.add(authStation);
    this.add(multiStation);
    this.add(permissionStation(context));
    this.add(this.memory);
    this.add(spaceStation);
    this.add(this.disk);
    this.add(replicasStation);
    this.add(subscribedStation);
    this.add(loadingStation);
    this.add(busyStation(context));
    this.add(monitorStation);
    this.add(pauseStation(clients));
    this.add(backlogStation);
  }

  /** Has a station asked before another one, or as the last. */
  add(station: Station, before?: Station): void {
    const index = before === undefined ? this.all.length : this.all.indexOf(before);
    this.all.splice(index, 0, station);
    assert(!station.nested || station.keep === undefined, "nothing is kept inside another command");
    assert(this.all.length <= GATE_COUNT, "a bit for each station");
    this.gates = 0;
    this.nestedGates = 0;
    this.byGate.fill(0);
    for (const [place, { gate, nested }] of this.all.entries()) {
      this.gates |= gate;
      if (nested) this.nestedGates |= gate;
      for (let left = gate; left !== 0; left &= left - 1)
        this.byGate[lowestBit(left)] |= 1 << place;
    }
  }

  /** The stations, in order. */
  inOrder(): readonly Station[] {
    return this.all;
  }

  /** Those with a gate of the mask, as a mask of places: see `first`. */
  withGates(mask: number): number {
    let places = 0;
    for (let left = mask & this.gates; left !== 0; left &= left - 1) {
      places |= this.byGate[lowestBit(left)];
    }
    return places;
  }

  /** As `withGates`, of those that are asked about commands inside others: they, or more, or 0. */
  withNestedGates(mask: number): number {
    return (mask & this.nestedGates) === 0 ? 0 : this.withGates(mask);
  }

  /** The first of some; without it they are `places & (places - 1)`. */
  first(places: number): Station {
    return this.all[lowestBit(places)];
  }
}

function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}
