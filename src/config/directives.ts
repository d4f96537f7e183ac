/**
 * The table of all directives, from which follow the configuration's types, CONFIG GET, SET and
 * REWRITE, the reading of files, and docs/configuration.md. Names, grammars and defaults are
 * those of Redis 7.0.15; a directive that it does not have says since when Redis has it.
 */
import * as server from "./directives_server.ts";
import * as storage from "./directives_storage.ts";
import type { Directive } from "./kinds.ts";

/** Directives by section, in the order of redis.conf. */
export const SECTIONS: Readonly<Record<string, Readonly<Record<string, AnyDirective>>>> = {
  Network: server.network,
  TLS: server.tls,
  General: server.general,
  Snapshots: storage.snapshots,
  Replication: storage.replication,
  Security: server.security,
  Clients: server.clients,
  "Memory management": server.memoryManagement,
  "Lazy freeing": server.lazyFreeing,
  "Threads and the kernel": server.threadsAndKernel,
  "Append-only log": storage.appendOnly,
  Shutdown: server.shutdown,
  Scripts: server.scripting,
  Cluster: storage.cluster,
  "Slow log, latency and events": server.monitoring,
  "Encodings of collections": server.collections,
};

const TABLE = {
  ...server.network,
  ...server.tls,
  ...server.general,
  ...storage.snapshots,
  ...storage.replication,
  ...server.security,
  ...server.clients,
  ...server.memoryManagement,
  ...server.lazyFreeing,
  ...server.threadsAndKernel,
  ...storage.appendOnly,
  ...server.shutdown,
  ...server.scripting,
  ...storage.cluster,
  ...server.monitoring,
  ...server.collections,
};

type Table = typeof TABLE;

/** The name of a directive; an alias is not one. */
export type Name = keyof Table;

/** The type of a directive's value. */
export type ValueOf<N extends Name> = Table[N] extends Directive<infer V> ? V : never;

/** The names of the directives whose values have the type V. */
export type NameOf<V> = { [N in Name]: ValueOf<N> extends V ? N : never }[Name];

// The value's type differs from directive to directive; what joins a directive to its value is
// the name, which the compiler cannot follow through a loop over the table.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyDirective = Directive<any>;

export const DIRECTIVES: Readonly<Record<Name, AnyDirective>> = TABLE;

/** Every name that CONFIG GET shows or a file may say, in lower case, with the directive's own. */
export const NAMES: ReadonlyMap<string, Name> = new Map(
  (Object.keys(TABLE) as Name[]).flatMap((name) => {
    const { alias } = DIRECTIVES[name].traits;
    return alias === undefined
      ? [[name, name]]
      : [
          [name, name],
          [alias, name],
        ];
  }) as [string, Name][],
);

/** What a configuration file may say besides the directives. */
export const FILE_STATEMENTS: Readonly<Record<string, string>> = {
  include: "Reads another file in its place, or all files that a pattern matches.",
  "rename-command": 'Gives a command another name; "" removes it.',
  user: "Makes a user: a name, then rules as ACL SETUSER takes them. Not together with `aclfile`.",
  loadmodule: "Refused: there are no modules.",
  sentinel: "Refused: there is no sentinel mode.",
};
