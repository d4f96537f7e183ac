/**
 * The server that rehearses. It shares the process, its arena and its event loop with the real one,
 * and nothing else: its configuration, clock and log are its own, and its host knows facts, but can
 * do nothing. What runs in it is entered by `enter` alone: after each entry its data are gone, and
 * whatever is thrown ends the rehearsal, not the process.
 */
import { mayHold } from "../arena/memory_limit.ts";
import { Clock, type TimeSource } from "../base/clock.ts";
import { Log } from "../base/log.ts";
import { Chance } from "../base/random.ts";
import { Config } from "../config/config.ts";
import type { ConfigHost } from "../config/kinds.ts";
import type { Host, HostFacts } from "../runtime/host.ts";
import type { Socket, SocketEvents } from "../runtime/net.ts";
import * as dict from "../structures/dict.ts";
import type { Connection } from "./connection.ts";
import { Server, type ServerParts } from "./server.ts";

/** What a scene has in memory at most, a few times over. */
const ROOM_SIZE = 1 << 20;

/** Whether a scene can be played without more being used than maxmemory allows. */
export const hasRoomForScene = () => mayHold(ROOM_SIZE);

/** What the rehearsal takes of the real server. */
export interface StageParts extends Pick<ServerParts, "table" | "loop"> {
  readonly host: Host;
  readonly time: TimeSource;
}

export class Stage {
  /** Nothing runs in it any more. */
  isOver = false;
  private readonly server: Server;
  private connection: Connection | null = null;
  /** Bytes come as those of one client of several at once; every other time. */
  private isCrowd = false;

  constructor({ table, loop, host, time }: StageParts) {
    const config = new Config(CONFIG_HOST);
    config.assign("save", [""]);
    config.assign("databases", ["1"]);
    this.server = new Server({
      clock: new Clock(time),
      config,
      table,
      host: withoutEffect(host),
      log: new Log(
        host.pid,
        () => 0,
        () => {},
      ),
      loop: {
        endOfTurn: (run) => loop.endOfTurn(() => this.enter(run)),
        later: (ms, run) => loop.later(ms, () => this.enter(run)),
      },
      random: new Chance(noChance).next,
      leave: refuse,
    });
  }

  /** Takes its only client. */
  accept(socket: Socket): SocketEvents {
    const connection = this.server.accept(socket, "");
    this.connection = connection;
    return {
      readable: () => this.enter(() => this.readable(connection)),
      drain: () => this.enter(() => connection.drain()),
      closed: () => this.enter(() => connection.closed()),
    };
  }

  /** What the timer does, so many times. */
  tick(count: number): void {
    this.enter(() => {
      for (let i = 0; i < count; i++) this.server.tick();
    });
  }

  /** Lets go of all that it has. */
  end(): void {
    if (this.isOver) return;
    this.enter(() => this.connection?.kill());
    this.close();
  }

  private enter(run: () => void): void {
    if (this.isOver) return;
    try {
      run();
      // A script that takes long has them in hand: it goes on in an entry of its own.
      if (!this.server.scripts.isSuspended) this.empty();
    } catch {
      this.close();
    }
  }

  private readable(connection: Connection): void {
    const { arrivals } = this.server;
    this.isCrowd = !this.isCrowd;
    if (this.isCrowd) arrivals.crowdBegins();
    connection.readable();
    if (this.isCrowd) arrivals.crowdEnds();
  }

  private empty(): void {
    const { keyspace } = this.server;
    if (keyspace.databases[0].size > 0) keyspace.flushAll();
    while (keyspace.reclaimCount > 0) keyspace.reclaimSlice();
  }

  /** What was half changed when something was thrown may stay where it is. */
  private close(): void {
    if (this.isOver) return;
    this.isOver = true;
    try {
      this.empty();
      for (const { keys } of this.server.keyspace.databases) dict.release(keys);
    } catch {
      // It is a few KB, which nobody can reach.
    }
  }
}

function refuse(): never {
  throw new Error("a rehearsal has no effects");
}

const CONFIG_HOST: ConfigHost = {
  readFile: refuse,
  writeFile: refuse,
  listFolder: refuse,
  readStandardInput: refuse,
  currentFolder: () => "/",
  changeFolder: refuse,
  renameCommand: refuse,
  userProblem: refuse,
};

/** Nobody sees what comes of it, so nothing is drawn that the real server's replies come from. */
const noChance = (count: number) => new Uint32Array(count);

/** Each is named: what a host is to do besides must be decided on here. */
function withoutEffect(host: Host): Host {
  const facts: HostFacts = {
    pid: host.pid,
    executable: host.executable,
    os: host.os,
    runtimeName: host.runtimeName,
    supervisor: host.supervisor,
    residentSize: host.residentSize,
    recentResidentSize: host.recentResidentSize,
    programSize: host.programSize,
    heapSize: host.heapSize,
    valuesSize: host.valuesSize,
    collectGarbage: refuse,
    collectGarbageLater: () => {},
    systemMemorySize: host.systemMemorySize,
    cpuSeconds: host.cpuSeconds,
    threadCpuSeconds: host.threadCpuSeconds,
  };
  return {
    ...facts,
    supervisor: { name: host.supervisor.name, status: refuse, keepAlive: () => {} },
    secretWords: noChance,
    fileExists: refuse,
    openInput: refuse,
    createFile: refuse,
    openAppend: refuse,
    renameFile: refuse,
    linkFile: refuse,
    removeFile: refuse,
    makeFolder: refuse,
    listFolder: refuse,
    syncFolder: refuse,
    reserveFile: refuse,
    startDiskWorker: refuse,
    connect: null,
    lockFile: refuse,
    holdFolder: refuse,
    sleep: refuse,
    isRunning: refuse,
    exit: refuse,
    endBySignal: refuse,
  };
}
