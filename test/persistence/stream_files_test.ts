// Purpose: streams of all shapes through both formats of files: runs of entries alike are taken
// over at once, and what is in between one by one. Entries, leaves and the size that Redis would
// give them must be what they were.

import { afterEach, expect, test } from "bun:test";
import type { ByteSource } from "../../src/persistence/byte_source.ts";
import { beginLoading, endLoading } from "../../src/persistence/open_loader.ts";
import { openOwnSaver, openRdbSaver } from "../../src/persistence/open_saver.ts";
import { RdbLoader } from "../../src/persistence/rdb/rdb_file.ts";
import { saveAll } from "../../src/persistence/saver.ts";
import { SnapshotLoader } from "../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo } from "../../src/persistence/snapshot/snapshot_saver.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import { loadCode } from "../../src/structures/load_code/load_code.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import * as streamLeaf from "../../src/structures/stream_leaf.ts";
import * as streamValue from "../../src/values/stream_value.ts";
import { withSeed } from "../client/pair.ts";
import type { Random } from "../fuzz/random.ts";
import { contentsOf } from "./contents.ts";
import { InnerServer } from "./inner_server.ts";
import { sourceOf } from "./source.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 40);

/** Of each leaf, what is not its entries. */
function leavesOf(server: InnerServer): string[] {
  const all: string[] = [];
  const [first, last] = [new StreamId(), new StreamId()];
  dict.each(server.keyspace.databases[0].keys, (e: EntryRef) => {
    streamValue.eachLeaf(e, (leaf) => {
      streamLeaf.verify(leaf);
      streamLeaf.loadMaster(leaf, first);
      streamLeaf.loadLast(leaf, last);
      const counts = `${streamLeaf.liveCount(leaf)} ${streamLeaf.deletedCount(leaf)}`;
      all.push(`${first.text} ${last.text} ${counts} ${streamLeaf.packedSize(leaf)}`);
    });
  });
  return all;
}

function value(random: Random): string {
  switch (random.below(10)) {
    case 0:
      return String(random.between(-5000, 5000));
    case 1:
      return String((BigInt(random.uint32()) << 31n) - 2n ** 62n);
    case 2:
      return random.pick(["", "-", "007", "12x", "99999999999999999999", "-0", "\xff\0"]);
    case 3:
      return "y".repeat(random.pick([62, 63, 64, 126, 127, 128, 191, 192, 255, 256, 5000]));
    case 4:
      return String(random.uint32() >> random.below(32));
    default:
      return `value ${random.below(1000)}`;
  }
}

/** Fills a stream of mostly like entries, with IDs that mostly follow closely. */
function fill(server: InnerServer, random: Random): void {
  const fields = random.pick([1, 2, 3, 15, 16, 17]);
  const words = (own: string) =>
    Array.from({ length: fields }, (_, i) => [`${own}${i}`, value(random)]).flat();
  let ms = BigInt(random.pick([0, 1, 2 ** 32 - 40, 1_700_000_000_000, 2 ** 53]));
  let seq = BigInt(random.pick([1, 2, 2 ** 32 - 3]));
  const isRegular = random.chance(0.5);
  const count = random.between(1, 400);
  for (let i = 0; i < count; i++) {
    const isOdd = !isRegular && random.chance(0.05);
    const id = `${ms}-${seq}`;
    server.run("XADD", "k", id, ...words(isOdd ? "other" : "name"));
    if (isOdd && random.chance(0.3)) {
      // What follows is below an entry that was deleted.
      const far = random.pick([`${ms}-${2n ** 64n - 1n}`, `${ms + 7n}-0`, `${ms + (1n << 33n)}-1`]);
      server.run("XADD", "k", far, ...words("name"));
      server.run("XDEL", "k", far);
      server.run("XSETID", "k", id);
    }
    const jump = random.below(10);
    if (jump < 4) {
      seq++;
    } else {
      ms += isOdd && random.chance(0.2) ? 1n << 32n : BigInt(random.pick([1, 1, 200, 40_000]));
      seq = BigInt(isOdd ? 2 ** 33 : random.pick([0, 0, 1, 70_000]));
    }
    if (isOdd && random.chance(0.3)) server.run("XDEL", "k", `${ms}-${seq}`);
    if (!isRegular && random.chance(0.02)) server.run("XTRIM", "k", "MAXLEN", "~", "100");
  }
  if (isRegular) return;
  const ids = server.run("XRANGE", "k", "-", "+").match(/\d+-\d+/g) ?? [];
  for (const id of ids) if (random.chance(0.03)) server.run("XDEL", "k", id);
}

function rdbFileOf(server: InnerServer): ByteSource {
  const pieces: Uint8Array[] = [];
  const { keyspace, config } = server.server;
  saveAll(
    openRdbSaver((bytes) => void pieces.push(bytes.slice()), keyspace, config),
    keyspace,
  );
  return sourceOf(Buffer.concat(pieces));
}

function ownFileOf(server: InnerServer): ByteSource {
  const pieces: Uint8Array[] = [];
  const sink = blocksTo((bytes) => void pieces.push(bytes.slice()), true);
  saveAll(openOwnSaver(sink, server.keyspace), server.keyspace);
  return sourceOf(Buffer.concat(pieces));
}

afterEach(endLoading);

test.each(["JavaScript", "WebAssembly"])(
  "a stream is what it was, entries, leaves and sizes, whatever its IDs and fields: %s",
  (by) =>
    withSeed(async (random, note) => {
      if (by === "WebAssembly") beginLoading();
      expect(loadCode !== null).toBe(by === "WebAssembly");
      for (let round = 0; round < ROUNDS; round++) {
        const server = new InnerServer(1);
        fill(server, random);
        const wanted = contentsOf(server.keyspace.databases);
        const leaves = leavesOf(server);
        const others = [new InnerServer(1), new InnerServer(1)];
        const loaders = [
          new RdbLoader(rdbFileOf(server), others[0].keyspace),
          new SnapshotLoader(ownFileOf(server), others[1].keyspace),
        ];
        for (const [i, loader] of loaders.entries()) {
          while (loader.step(1000));
          expect(contentsOf(others[i].keyspace.databases), note).toEqual(wanted);
          expect(leavesOf(others[i]), note).toEqual(leaves);
        }
      }
    }),
);
