// Fills a server with keys: pipelined, over a few connections, the same bytes for every server.

import { type Batch, Exchange } from "./exchange.ts";

const CONNECTION_COUNT = 4;
const BATCH_COUNT = 1000;

/**
 * Sends the commands that `commandAt` gives for the indexes from 0 to count - 1 (RESP text), each
 * answered by what `replyAt` gives, and returns when all are done. Commands may overtake each
 * other, unless they come over one connection.
 */
export async function fill(
  port: number,
  count: number,
  commandAt: (index: number) => string,
  replyAt: (index: number) => string = () => "+OK\r\n",
  connectionCount = CONNECTION_COUNT,
): Promise<void> {
  let next = 0;
  const takeBatch = (): Batch | null => {
    const operations = Math.min(BATCH_COUNT, count - next);
    if (operations === 0) return null;
    let text = "";
    let reply = "";
    for (const end = next + operations; next < end; next++) {
      text += commandAt(next);
      reply += replyAt(next);
    }
    return {
      request: Buffer.from(text, "latin1"),
      reply: Buffer.from(reply, "latin1"),
      operations,
    };
  };
  const connections = Array.from({ length: connectionCount }, async () => {
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
