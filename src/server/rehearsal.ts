/**
 * The rehearsal: while the server has nothing to do after its start, another server in the same
 * process, which has no effect on anything (rehearsal_stage.ts), answers commands of all kinds, so
 * that clients find them compiled. Without it the first thousands of calls of a command take
 * several times longer than the rest.
 *
 * It goes on scene by scene, and waits while clients are served. What a scene makes is removed in
 * the same turn: nobody sees its data in the figures.
 */
import type { EventLoop, Socket, SocketEvents } from "../runtime/net.ts";
import { NUMBER, SCENES, type Scene } from "./rehearsal_scenes.ts";
import { hasRoomForScene, Stage, type StageParts } from "./rehearsal_stage.ts";

/** After a scene, so long for what it has had compiled on other threads. */
const PAUSE_MS = 1;
/** While clients are served, it is looked so often whether they still are. */
const BUSY_PAUSE_MS = 5;
/** After so long it is not worth it any more: what is used has been compiled. */
const GIVEN_UP_MS = 10_000;

/** How often the first scene is played, which is of what is used most, before the others. */
const FIRST_COUNT = 12;
/**
 * How often every other scene is played, and every call of one in it. More would have more compiled
 * before it is used; each round takes some 100 ms of CPU and 3 to 4 MB.
 */
const ROUND_COUNT = 1;
const CALL_COUNT = 8;

/** Where a client puts replies, which nobody reads. */
const REPLIES_SIZE = 16 << 10;
/** Every number is so much further on, which is prime to their count. */
const NUMBER_STEP = 617_051;
const NUMBER_COUNT = 10 ** NUMBER.length;

/** How many scenes are played in all. */
const PLAY_COUNT = FIRST_COUNT + ROUND_COUNT * (SCENES.length - 1);

export interface RehearsalParts extends StageParts {
  readonly loop: Pick<EventLoop, "endOfTurn" | "later" | "pair">;
  /** The number of commands that clients have sent, and whether the server does anything else. */
  readonly commandCount: () => number;
  readonly isBusy: () => boolean;
  /** Is called when it is over, if there was any. */
  readonly over: () => void;
}

/** Rehearses from now on, bit by bit; not where the loop cannot do it. */
export function rehearse(parts: RehearsalParts): void {
  const { loop } = parts;
  let countBefore = -1;
  let endMs = GIVEN_UP_MS;
  let client: RehearsingClient | null = null;
  const goOn = (): void => {
    const count = parts.commandCount();
    const isBusy = count !== countBefore || parts.isBusy() || !hasRoomForScene();
    countBefore = count;
    if (!isBusy && client === null) {
      client = openStage(parts);
      if (client === null) return;
    }
    if (!isBusy && !client?.isOver) client?.playNext();
    endMs -= isBusy ? BUSY_PAUSE_MS : PAUSE_MS;
    if (endMs > 0 && !client?.isOver) {
      loop.later(isBusy ? BUSY_PAUSE_MS : PAUSE_MS, goOn);
    } else {
      client?.end();
      parts.over();
    }
  };
  loop.later(BUSY_PAUSE_MS, goOn);
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

/** What a scene needs, then its calls several times, and what removes all that they made. */
function pipelineOf({ made, calls }: Scene): Pipeline {
  const commands = [...made];
  for (let i = 0; i < CALL_COUNT; i++) commands.push(...calls);
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

/** Sends one scene after the other. */
class RehearsingClient implements SocketEvents {
  private playedCount = 0;
  private isClosed = false;
  private readonly socket: Socket;
  private readonly stage: Stage;
  private readonly pipelines: (Pipeline | undefined)[] = [];
  private readonly replies = new Uint8Array(REPLIES_SIZE);
  private number = 0;

  constructor(socket: Socket, stage: Stage) {
    this.socket = socket;
    this.stage = stage;
  }

  /** All is played, or nobody is there to play it. */
  get isOver(): boolean {
    return this.playedCount >= PLAY_COUNT || this.isClosed || this.stage.isOver;
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
  playNext(): void {
    const played = this.playedCount++ - FIRST_COUNT;
    const index = played < 0 ? 0 : 1 + (played % (SCENES.length - 1));
    this.pipelines[index] ??= pipelineOf(SCENES[index]);
    const { bytes, numbers } = this.pipelines[index];
    for (const at of numbers) {
      this.number = (this.number + NUMBER_STEP) % NUMBER_COUNT;
      const digits = String(this.number).padStart(NUMBER.length, "0");
      for (let i = 0; i < digits.length; i++) bytes[at + i] = digits.charCodeAt(i);
    }
    this.socket.write(bytes, 0, bytes.length);
  }
}
