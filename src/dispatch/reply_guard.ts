/**
 * What becomes of a reply that grows large: it is dropped where nobody will get it, and where the
 * client has more output than it may have, or than there is memory for. That is looked at whenever
 * the writer takes more memory, so that no single command can take all there is.
 */
import type { Client } from "../calls/client.ts";
import type { Reply } from "../protocol/reply.ts";

/** Looks at the reply to a client, which begins at `from`; `lacks`: there is no memory for more. */
export function guardReply(client: Client, reply: Reply, from: number, lacks: boolean): void {
  if (client.isSilent) {
    reply.discard(reply.position);
    return;
  }
  const { connection } = client;
  if (lacks) connection.lacksMemory();
  if (lacks || connection.outgrows(reply.position - from)) reply.discard(from);
}
