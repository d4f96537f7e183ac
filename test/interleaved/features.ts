/**
 * Purpose: what clients do besides single commands on data: each feature plans turns.
 */

import { blocking } from "./plans/blocking.ts";
import { clients } from "./plans/clients.ts";
import { events } from "./plans/events.ts";
import { expiry } from "./plans/expiry.ts";
import { monitor } from "./plans/monitor.ts";
import { pubsub } from "./plans/pubsub.ts";
import { scripts } from "./plans/scripts.ts";
import { tracking } from "./plans/tracking.ts";
import { transactions } from "./plans/transactions.ts";
import { users } from "./plans/users.ts";
import type { Scene, Turn } from "./scene.ts";
import type { Words } from "./step.ts";

/** A feature. */
export interface Feature {
  /** Commands that are mixed with those on data, everywhere. */
  data?: readonly Words[];
  /** Turns at the beginning. */
  open?: (scene: Scene) => void;
  /** What the connection does next. */
  plan(scene: Scene, connection: number): Turn[];
}

/** All of them, by name. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  transactions,
  blocking,
  scripts,
  clients,
  monitor,
  expiry,
  pubsub,
  events,
  users,
  tracking,
};
