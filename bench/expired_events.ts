// How late a subscriber hears that a key has expired: keys with absolute deadlines (PXAT, so that
// client and server read the same clock), and one that listens to the key events of expiry, under
// the light load of the figure `expiry`.

import { Control, requestOf } from "./control.ts";
import {
  failureOf,
  firstDeadlineOf,
  LOAD_SETTINGS,
  lagFigure,
  PATIENCE_MS,
  randomDeadlines,
  setForLoad,
  setWithDeadline,
} from "./expiry.ts";
import { fill } from "./fill.ts";
import { startLoadProcess } from "./load_process.ts";
import type { Options } from "./options.ts";
import type { Server } from "./servers.ts";

const KEY_INDEX = /ttl:(\d+)\r\n/g;

/** The figure `expired-events`. */
export const expiredEvents = lagFigure("expired-events", "message", measure);

/** How late the message of each key was, in ms, sorted. */
async function measure(server: Server, keys: number, options: Options): Promise<number[]> {
  await fill(server.port, LOAD_SETTINGS.keyspace, setForLoad);
  const control = await Control.open(server.port);
  await control.must("CONFIG", "SET", "notify-keyspace-events", "Ex");
  control.close();
  const firstMs = firstDeadlineOf(keys);
  const deadlinesMs = randomDeadlines(keys, firstMs, options.seconds * 1000);
  const listener = await listen(server.port, deadlinesMs);
  await fill(server.port, keys, (index) => setWithDeadline(index, deadlinesMs[index] as number));
  if (Date.now() >= firstMs) {
    throw new Error(`writing ${keys} keys took until the first of them expired: try fewer`);
  }
  const load = startLoadProcess({ port: server.port, ...LOAD_SETTINGS, rate: options.rate });
  try {
    const endMs = firstMs + options.seconds * 1000 + PATIENCE_MS;
    await Promise.race([listener.all(endMs), failureOf(load.result)]);
  } finally {
    listener.close();
    load.stop();
    await load.result.catch(() => {}); // reported by failureOf
  }
  const endMs = Date.now();
  return [...listener.lagsMs]
    .map((lagMs, i) => lagMs ?? endMs - deadlinesMs[i])
    .sort((a, b) => a - b);
}

/** Subscribes to the messages; `lagsMs` has how late each key's came, by its index. */
async function listen(port: number, deadlinesMs: Float64Array) {
  const lagsMs: (number | undefined)[] = new Array(deadlinesMs.length).fill(undefined);
  let left = deadlinesMs.length;
  let rest = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, bytes) {
        const nowMs = Date.now();
        const text = rest + bytes.toString("latin1");
        let end = 0;
        for (const match of text.matchAll(KEY_INDEX)) {
          const index = Number(match[1]);
          lagsMs[index] = nowMs - deadlinesMs[index];
          end = match.index + match[0].length;
          left--;
        }
        rest = text.slice(end);
      },
    },
  });
  socket.write(requestOf(["SUBSCRIBE", "__keyevent@0__:expired"]));
  const all = async (endMs: number) => {
    while (left > 0 && Date.now() < endMs) await Bun.sleep(10);
  };
  return { lagsMs, all, close: () => socket.end() };
}
