/**
 * The disk worker: a thread that packs, checksums and writes the file of a BGSAVE, sees that it is
 * on the disk and puts it in its place, so that clients do not wait for any of it. The other side
 * is background_file.ts.
 */
import { openReserved, type ReservedFile } from "../runtime/files.ts";
import { serveMessages } from "../runtime/workers.ts";
import {
  type FromDisk,
  HANDLED,
  PHASE,
  Phase,
  SHARED_COUNT,
  type ToDisk,
} from "./disk_messages.ts";
import { BlockWriter } from "./snapshot_block.ts";

let shared: Int32Array<ArrayBufferLike> = new Int32Array(SHARED_COUNT);
let file: ReservedFile | null = null;
/** Writes blocks, if the file is of those. */
let blocks: BlockWriter | null = null;

const send = serveMessages((message) => {
  try {
    handle(message as ToDisk);
  } catch (error) {
    fail((error as Error).message);
  }
});

const answer = (message: FromDisk, buffers: readonly ArrayBuffer[] = []) => send(message, buffers);

function handle(message: ToDisk): void {
  if (message.type === "begin") begin(message);
  else if (message.type === "buffer") take(message);
  else if (message.type === "foot") blocks?.end(message.keys);
  else end();
}

function begin({ reserved, path, isBlocks, packs, shared: common }: ToDisk & { type: "begin" }) {
  shared = new Int32Array(common);
  const opened = openReserved(reserved, path);
  file = opened;
  if (isBlocks) blocks = new BlockWriter((bytes) => opened.write(bytes), packs);
}

/** After a failure, buffers are only given back. */
function take({ buffer, size, kind }: ToDisk & { type: "buffer" }): void {
  try {
    const bytes = new Uint8Array(buffer, 0, size);
    if (blocks !== null) blocks.block(kind, bytes);
    else file?.write(bytes);
  } finally {
    Atomics.add(shared, HANDLED, 1);
    Atomics.notify(shared, HANDLED);
    answer({ type: "buffer", buffer }, [buffer]);
  }
}

function end(): void {
  if (file === null) return;
  file.finish();
  if (Atomics.compareExchange(shared, PHASE, Phase.open, Phase.placing) !== Phase.open) return;
  file.place();
  settle(Phase.placed);
  answer({ type: "done", problem: null });
}

function fail(problem: string): void {
  file = null;
  blocks = null;
  settle(Phase.failed);
  answer({ type: "done", problem });
}

function settle(phase: number): void {
  Atomics.store(shared, PHASE, phase);
  Atomics.notify(shared, PHASE);
}
