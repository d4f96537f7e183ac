/**
 * The rehearsal before the server opens: a server of its own, with data of its own, answers the
 * commands that are used most, so that the first clients find them compiled. Without it the first
 * second of a fresh server is several times slower than the rest.
 */
import { REHEARSAL_MS } from "../base/limits.ts";
import type { EventLoop, Socket, SocketEvents } from "../runtime/net.ts";
import type { Server } from "./server.ts";

/** Connections that rehearse. */
const CLIENT_COUNT = 4;
/** Commands in a pipeline. */
const DEPTH = 16;
/** Where a client puts replies, which nobody reads. */
const REPLIES = new Uint8Array(64 << 10);

/** What stands for a number in a command: as many digits. */
const NUMBER = "######";
/** Every pipeline has other numbers: so many further on, which is prime to their count. */
const NUMBER_STEP = 617_051;
const NUMBER_COUNT = 10 ** NUMBER.length;

/** Stands for the first line of an atomic script. */
const ATOMIC = "@atomic";
/** A script that reads and writes, and one that is undone; without blanks. */
const SCRIPT = "if(redis.call('INCR',KEYS[1])===1){redis.call('PEXPIRE',KEYS[1],ARGV[1])}return\t1";
const UNDONE =
  "for(let\ti=0;i<8;i++){redis.call('SET',KEYS[1]+i,i);redis.call('DEL',KEYS[1])}throw\t'undone'";

/** Each is a pipeline of its own. */
const COMMANDS = [
  "PING",
  "SET key:###### value-of-sixteen",
  "GET key:######",
  "SET key:###### a-longer-value-of-forty-bytes-or-so-####",
  "INCR counter:######",
  "MSET a:###### 1 b:###### 2 c:###### 3",
  "DEL key:######",
  "EXPIRE a:###### 1000",
  "RPUSH list value-of-sixteen",
  "LPUSH list value-of-sixteen",
  "LPOP list",
  "RPOP list",
  "LRANGE list 0 99",
  "SADD set member:######",
  "SISMEMBER set member:######",
  "SPOP set",
  "HSET hash field:###### value-of-sixteen",
  "HGET hash field:######",
  "HSET user:###### name somebody age 42",
  "ZADD zset ###### member:######",
  "ZRANK zset member:######",
  "ZRANGE zset 0 9",
  "ZPOPMIN zset",
  "XADD stream * field value-of-sixteen",
  `EVAL ${SCRIPT} 1 counter:###### 60000`,
  `EVAL ${ATOMIC}${UNDONE} 1 key:######`,
];

/**
 * Rehearses for REHEARSAL_MS on a server that is thrown away afterwards; resolves when it is over,
 * at once where the loop cannot do it.
 */
export async function warmUp(loop: EventLoop, server: Server): Promise<void> {
  const until = server.clock.monotonicMs() + REHEARSAL_MS;
  const isOver = () => server.clock.monotonicMs() >= until;
  const pipelines = COMMANDS.map(pipelineOf);
  const clients: Promise<void>[] = [];
  for (let i = 0; i < CLIENT_COUNT; i++) {
    const pair = loop.pair();
    if (pair === null) return;
    const [near, far] = pair;
    far((socket) => server.accept(socket, ""));
    clients.push(
      new Promise((done) => {
        near((socket) => new RehearsingClient(socket, pipelines, i, isOver, done));
      }),
    );
  }
  await Promise.all(clients);
  server.keyspace.flush(server.keyspace.databases[0]);
  while (server.keyspace.reclaimSlice());
}

interface Pipeline {
  bytes: Uint8Array;
  /** Where its numbers are. */
  numbers: number[];
}

function pipelineOf(command: string): Pipeline {
  const words = command.split(" ").map((word) => word.replace(ATOMIC, "#!js flags=atomic\n"));
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  text = text.repeat(DEPTH);
  const numbers: number[] = [];
  for (let at = text.indexOf(NUMBER); at >= 0; at = text.indexOf(NUMBER, at + 1)) numbers.push(at);
  return { bytes: new TextEncoder().encode(text), numbers };
}

/** Sends a pipeline whenever replies to the one before have come, until it is over. */
class RehearsingClient implements SocketEvents {
  private readonly socket: Socket;
  private readonly pipelines: Pipeline[];
  private next: number;
  private number = 0;
  private readonly isOver: () => boolean;
  private readonly done: () => void;

  constructor(
    socket: Socket,
    pipelines: Pipeline[],
    first: number,
    isOver: () => boolean,
    done: () => void,
  ) {
    this.socket = socket;
    this.pipelines = pipelines;
    this.next = first;
    this.isOver = isOver;
    this.done = done;
    this.sendNext();
  }

  readable(): void {
    if (this.socket.read(REPLIES, 0, REPLIES.length) === 0) return;
    if (this.isOver()) this.socket.end();
    else this.sendNext();
  }

  drain(): void {}

  closed(): void {
    this.done();
  }

  private sendNext(): void {
    const { bytes, numbers } = this.pipelines[this.next++ % this.pipelines.length];
    for (const at of numbers) {
      this.number = (this.number + NUMBER_STEP) % NUMBER_COUNT;
      const digits = String(this.number).padStart(NUMBER.length, "0");
      for (let i = 0; i < digits.length; i++) bytes[at + i] = digits.charCodeAt(i);
    }
    this.socket.write(bytes, 0, bytes.length);
  }
}
