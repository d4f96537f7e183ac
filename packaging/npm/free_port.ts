/** A port that nobody listens on. */

import { createServer } from "node:net";

/** Below the range from which systems take the ports of outgoing connections. */
const FIRST = 10_000;
const COUNT = 22_000;
const ATTEMPTS = 200;

/** A port by chance, so that test processes that run at once hardly ever want the same one. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(host, port)) return port;
  }
  throw new Error(`Rusk found no free port from ${FIRST} to ${FIRST + COUNT - 1}.`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen(port, host, () => probe.close(() => settle(true)));
  });
}
