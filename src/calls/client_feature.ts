/**
 * What a client may have beyond its connection: watched keys, MONITOR, a transaction, a name, and
 * so on. Each is registered once, in server/client_features.ts, and says what becomes of it; the
 * order there is the order in which they are told.
 */
import type { Client } from "./client.ts";

export interface ClientFeature {
  /** The client is gone, whoever ended it, and is told nothing more; called once. */
  left(client: Client): void;
  /** RESET: the client is to be as one that has just connected. */
  reset(client: Client): void;
}
