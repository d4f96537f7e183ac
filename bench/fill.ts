// Fills a server with keys: pipelined, over a few connections, the same bytes for every server.

import { type Batch, Exchange } from "./exchange.ts";

const CONNECTION_COUNT = 4;
const BATCH_COUNT = 1000;

/**
 * Sends the commands that `commandAt` gives for the indexes from 0 to count - 1 (RESP text, each
 * answered by +OK) and returns when all are done. Commands may overtake each other.
 */
export async function fill(
  port: number,
  count: number,
  commandAt: (index: number) => string,
): Promise<void> {
  let next = 0;
  const takeBatch = (): Batch | null => {
    const operations = Math.min(BATCH_COUNT, count - next);
    if (operations === 0) return null;
    let text = "";
    for (const end = next + operations; next < end; next++) text += commandAt(next);
    return {
      request: Buffer.from(text, "latin1"),
      reply: Buffer.from("+OK\r\n".repeat(operations), "latin1"),
      operations,
    };
  };
  const connections = Array.from({ length: CONNECTION_COUNT }, async () => {
    const exchange = await Exchange.open(port);
    try {
      for (let batch = takeBatch(); batch !== null; batch = takeBatch()) {
        await exchange.send(batch);
      }
    } finally {
      exchange.close();
    }
  });
  await Promise.all(connections);
}
