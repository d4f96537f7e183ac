/**
 * The server as commands see it, in facets: a handler takes those that it needs, and no other. Each
 * is an interface of its own, which a test can stand in for.
 */
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { ChangeFeed } from "../keyspace/change_feed.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { HostFacts } from "../runtime/host.ts";
import type { FunctionRegistry } from "../scripting/function_registry.ts";
import type { Access } from "./access.ts";
import type { Clients } from "./clients.ts";
import type { Commands } from "./command.ts";
import type { DebugSettings } from "./debug_settings.ts";
import type { Durability } from "./durability.ts";
import type { Targets } from "./migrate_target.ts";
import type { PubSub } from "./pubsub.ts";
import type { Scripts } from "./scripts.ts";
import type { ServerControl } from "./server_control.ts";
import type { ServerFigures } from "./server_figures.ts";
import type { Tracking } from "./tracking.ts";
import type { AccessUsers } from "./users.ts";

export interface ServerContext {
  readonly clock: Clock;
  readonly config: Config;
  readonly table: Commands;
  readonly keyspace: Keyspace;
  /** Changes of the data, for those who take them. */
  readonly feed: ChangeFeed;
  readonly clients: Clients;
  /** Who may log in, and what they may do. */
  readonly users: AccessUsers;
  /** What is done with them. */
  readonly access: Access;
  readonly durability: Durability;
  readonly pubsub: PubSub;
  readonly figures: ServerFigures;
  readonly host: HostFacts;
  readonly debug: DebugSettings;
  readonly control: ServerControl;
  readonly scripts: Scripts;
  /** Libraries and their functions. */
  readonly functions: FunctionRegistry;
  /** Client-side caching. */
  readonly tracking: Tracking;
  /** Where MIGRATE sends keys to. */
  readonly targets: Targets;
  log(level: LogLevel, text: string): void;
}
