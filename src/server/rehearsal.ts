/**
 * The rehearsal: while the server has nothing to do, after the start and when clients use what they
 * have not used before, another server in the same process, which has no effect on anything
 * (rehearsal_stage.ts), answers commands of all kinds, so that clients find them compiled. Without
 * it the first thousands of calls of a command take several times longer than the rest.
 *
 * It goes on scene by scene, and waits while clients are served. What a scene makes is removed in
 * the same turn: nobody sees its data in the figures. When nothing is left to play it rests, and
 * the server's timer has it see whether clients have sent anything: it wakes no idle server.
 *
 * Everything is played a little. What belongs to commands that clients have begun to use is played
 * until it is compiled well: they will want the rest of its kind, and what that takes of memory is
 * not for a server that is empty.
 */
import type { GroupName } from "../calls/command.ts";
import type { EventLoop, Socket, SocketEvents } from "../runtime/net.ts";
import { NUMBER, SCENES, type Scene } from "./rehearsal_scenes.ts";
import { hasRoomForScene, Stage, type StageParts } from "./rehearsal_stage.ts";

/** After a scene, so long for what it has had compiled on other threads. */
const PAUSE_MS = 1;
/** While clients are served, it is looked so often whether they still are. */
const BUSY_PAUSE_MS = 5;
/** After so long only what clients use is played: by then they have had the rest compiled. */
const FOR_ALL_MS = 10_000;

/** How often the first scene is played, which is of what is used most, before the others. */
const FIRST_COUNT = 12;
/** How often what is in use is played. More would have its longest functions compiled again. */
const USED_COUNT = 64;
/** Who has called so many commands of a group is going to call more of it. */
const USED_MIN = 100;
/**
 * How often every call of a scene is made in it, and in one that is in use: then clients are there,
 * and the first of them after a pause waits until it is over.
 */
const CALL_COUNT = 8;
const USED_CALL_COUNT = 4;
/**
 * With each scene the timer's work is done so often, which has it compiled: or else that goes on in
 * an idle server for half a minute, and the compiler's pages are in memory for nothing else.
 */
const TICK_COUNT = 8;
/** While clients are served it is looked so often what else is in use. */
const WATCH_MS = 50;

/** The commands of which make keys. */
const DATA_GROUPS: readonly GroupName[] = ["string", "hash", "list", "set", "sorted-set", "stream"];

/** Where a client puts replies, which nobody reads. */
const REPLIES_SIZE = 16 << 10;
/** Every number is so much further on, which is prime to their count. */
const NUMBER_STEP = 617_051;
const NUMBER_COUNT = 10 ** NUMBER.length;

export interface RehearsalParts extends StageParts {
  readonly loop: Pick<EventLoop, "endOfTurn" | "later" | "pair">;
  /** The number of commands that clients have sent, and whether the server does anything else. */
  readonly commandCount: () => number;
  readonly isBusy: () => boolean;
  /** How often clients have called commands of each group. */
  readonly callCounts: () => ReadonlyMap<GroupName, number>;
  /**
   * Is called when nothing is left to play for the first time: what was there for the start alone
   * can go. Later clients would wait for that.
   */
  readonly over: () => void;
}

/**
 * Rehearses from now on, bit by bit; not where the loop cannot do it. Returns what the server's
 * timer is to call each time.
 */
export function rehearse(parts: RehearsalParts): () => void {
  const { loop, time } = parts;
  const programme = new Programme(parts);
  let countBefore = -1;
  /** When there was nothing left to play; others can be in use only when it has changed. */
  let countAtEnd = -1;
  let isResting = false;
  const forAllEndMs = time.monotonicMs() + FOR_ALL_MS;
  let client: RehearsingClient | null = null;
  const finish = (): void => {
    client?.end();
    client = null;
    // What it had is garbage only when nothing leads there.
    if (countAtEnd < 0) loop.later(0, parts.over);
  };
  const goOn = (): void => {
    const count = parts.commandCount();
    const isServing = count !== countBefore;
    countBefore = count;
    isResting = false;
    if (isServing) {
      loop.later(client === null && countAtEnd >= 0 ? WATCH_MS : BUSY_PAUSE_MS, goOn);
      return;
    }
    if (parts.isBusy() || !hasRoomForScene()) {
      isResting = true;
      return;
    }
    const pipeline = programme.next(count, time.monotonicMs() < forAllEndMs);
    if (pipeline !== null) {
      client ??= openStage(parts);
      if (client === null) return;
      client.play(pipeline);
    }
    if (client?.isOver) {
      finish();
    } else if (pipeline !== null) {
      loop.later(PAUSE_MS, goOn);
    } else {
      if (client !== null) finish();
      countAtEnd = count;
      isResting = true;
    }
  };
  loop.later(BUSY_PAUSE_MS, goOn);
  return () => {
    if (isResting && parts.commandCount() !== countAtEnd) goOn();
  };
}

/** Which scenes are still to be played. */
class Programme {
  private readonly playedCounts = new Uint8Array(SCENES.length);
  /** What was in use when clients had sent so many commands. */
  private readonly used = new Set<GroupName | undefined>();
  private countBefore = 0;
  /** Of the scene that was played last, which often comes again. */
  private last: { scene: number; callCount: number; pipeline: Pipeline } | null = null;
  private readonly groups: readonly (GroupName | undefined)[];
  private readonly callCounts: RehearsalParts["callCounts"];

  constructor({ table, callCounts }: RehearsalParts) {
    this.callCounts = callCounts;
    const nameOf = ([call]: readonly string[]) => call.slice(0, call.indexOf(" ")).toLowerCase();
    this.groups = SCENES.map(({ calls }) => table.commands.get(nameOf(calls))?.group);
  }

  /** A scene that is in use, or else any, unless only such are wanted; null if there is none. */
  next(commandCount: number, isForAll: boolean): Pipeline | null {
    const { playedCounts, groups } = this;
    const used = this.usedGroups(commandCount);
    // One after the other, so that some are compiled well when clients go on before all are.
    let next = playedCounts.findIndex((count, i) => count < USED_COUNT && used.has(groups[i]));
    if (next >= 0) return this.take(next, USED_CALL_COUNT);
    if (isForAll) {
      // The compiler of scripts takes 2 MB, which is for those who have some.
      const countOf = (i: number) => (i === 0 ? FIRST_COUNT : groups[i] === "scripting" ? 0 : 1);
      next = playedCounts.findIndex((count, i) => count < countOf(i));
      if (next >= 0) return this.take(next, CALL_COUNT);
    }
    this.last = null;
    return null;
  }

  private take(scene: number, callCount: number): Pipeline {
    this.playedCounts[scene]++;
    if (this.last?.scene !== scene || this.last.callCount !== callCount) {
      this.last = { scene, callCount, pipeline: pipelineOf(SCENES[scene], callCount) };
    }
    return this.last.pipeline;
  }

  private usedGroups(commandCount: number): Set<GroupName | undefined> {
    const { used } = this;
    if (commandCount === this.countBefore) return used;
    this.countBefore = commandCount;
    for (const [group, count] of this.callCounts()) if (count >= USED_MIN) used.add(group);
    // What is for keys of any type is used wherever there are keys.
    if (DATA_GROUPS.some((group) => used.has(group))) used.add("generic");
    return used;
  }
}

/** Null where the loop has no pairs of sockets, or there are no files or no memory for it. */
function openStage(parts: RehearsalParts): RehearsingClient | null {
  try {
    return tryStage(parts);
  } catch {
    return null;
  }
}

function tryStage(parts: RehearsalParts): RehearsingClient | null {
  const pair = parts.loop.pair();
  if (pair === null) return null;
  const [near, far] = pair;
  const stage = new Stage(parts);
  far((socket) => stage.accept(socket));
  let client: RehearsingClient | null = null;
  near((socket) => {
    client = new RehearsingClient(socket, stage);
    return client;
  });
  return client;
}

interface Pipeline {
  readonly bytes: Uint8Array;
  /** Where its numbers are. */
  readonly numbers: readonly number[];
}

/** What a scene needs, then its calls so often, and what removes all that they made. */
function pipelineOf({ made, calls }: Scene, callCount: number): Pipeline {
  const commands = [...made];
  for (let i = 0; i < callCount; i++) commands.push(...calls);
  commands.push("FLUSHDB SYNC");
  const text = commands.map(frameOf).join("");
  const numbers: number[] = [];
  for (let at = text.indexOf(NUMBER); at >= 0; at = text.indexOf(NUMBER, at + 1)) numbers.push(at);
  return { bytes: new TextEncoder().encode(text), numbers };
}

function frameOf(command: string): string {
  const words = command.split(" ");
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

/** Sends scenes. */
class RehearsingClient implements SocketEvents {
  private isClosed = false;
  private readonly socket: Socket;
  private readonly stage: Stage;
  private readonly replies = new Uint8Array(REPLIES_SIZE);
  private number = 0;

  constructor(socket: Socket, stage: Stage) {
    this.socket = socket;
    this.stage = stage;
  }

  /** Nobody is there to play anything. */
  get isOver(): boolean {
    return this.isClosed || this.stage.isOver;
  }

  readable(): void {
    this.socket.read(this.replies, 0, REPLIES_SIZE);
  }

  drain(): void {}

  closed(): void {
    this.isClosed = true;
  }

  end(): void {
    this.stage.end();
    if (!this.isClosed) this.socket.end();
  }

  /** What the socket does not take is lost: then the server is told of half a command. */
  play({ bytes, numbers }: Pipeline): void {
    for (const at of numbers) {
      this.number = (this.number + NUMBER_STEP) % NUMBER_COUNT;
      const digits = String(this.number).padStart(NUMBER.length, "0");
      for (let i = 0; i < digits.length; i++) bytes[at + i] = digits.charCodeAt(i);
    }
    this.socket.write(bytes, 0, bytes.length);
    this.stage.tick(TICK_COUNT);
  }
}
