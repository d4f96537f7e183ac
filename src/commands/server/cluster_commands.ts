/**
 * What clients ask of a cluster. This server is not part of one, and says so, as Redis does with
 * `cluster-enabled no`: a client that tries learns what to do from the very reply it looks for.
 */

import { type CommandEntry, group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";

const DISABLED = new CommandError("ERR This instance has cluster support disabled");
/** Of one node, which tells what it knows. */
const ASKED = { run: disabled, flags: ["stale"], since: "3.0.0" } as const;
/** For those who manage a cluster. */
const MANAGED = { run: disabled, flags: ["admin", "stale"], since: "3.0.0" } as const;
/** What changes the cluster, and is not to be done while data are being loaded. */
const CHANGED = { ...MANAGED, flags: ["admin", "stale", "no_async_loading"] } as const;
const CHANGING = ["nondeterministic_output"];
const PER_SLOT = "O(N) where N is the total number of hash slot arguments";
const PER_RANGE =
  "O(N) where N is the total number of the slots between the start slot and end slot arguments.";
const PER_NODE = "O(N) where N is the total number of Cluster nodes";
const RANGES = "start-slot_end-slot:{start-slot:integer end-slot:integer} ...";

function disabled(): never {
  throw DISABLED;
}

const subcommands: Record<string, CommandEntry> = {
  ADDSLOTS: {
    ...CHANGED,
    arity: -3,
    args: "slot:integer ...",
    complexity: PER_SLOT,
    summary: "Makes the node responsible for hash slots.",
  },
  ADDSLOTSRANGE: {
    ...CHANGED,
    arity: -4,
    args: RANGES,
    since: "7.0.0",
    complexity: PER_RANGE,
    summary: "Makes the node responsible for ranges of hash slots.",
  },
  BUMPEPOCH: {
    ...CHANGED,
    arity: 2,
    complexity: "O(1)",
    summary: "Raises the epoch of the node's configuration.",
    tips: CHANGING,
  },
  "COUNT-FAILURE-REPORTS": {
    ...MANAGED,
    arity: 3,
    args: "node-id",
    complexity: "O(N) where N is the number of failure reports",
    summary: "Counts the nodes that report a node as failing.",
    tips: CHANGING,
  },
  COUNTKEYSINSLOT: {
    ...ASKED,
    arity: 3,
    args: "slot:integer",
    complexity: "O(1)",
    summary: "Counts the keys of a hash slot.",
  },
  DELSLOTS: {
    ...CHANGED,
    arity: -3,
    args: "slot:integer ...",
    complexity: PER_SLOT,
    summary: "Makes hash slots nobody's, as far as the node knows.",
  },
  DELSLOTSRANGE: {
    ...CHANGED,
    arity: -4,
    args: RANGES,
    since: "7.0.0",
    complexity: PER_RANGE,
    summary: "Makes ranges of hash slots nobody's, as far as the node knows.",
  },
  FAILOVER: {
    ...CHANGED,
    arity: -2,
    args: "[options:{FORCE | TAKEOVER}]",
    complexity: "O(1)",
    summary: "Lets a replica take its master's place.",
  },
  FLUSHSLOTS: {
    ...CHANGED,
    arity: 2,
    complexity: "O(1)",
    summary: "Takes all hash slots from the node.",
  },
  FORGET: {
    ...CHANGED,
    arity: 3,
    args: "node-id",
    complexity: "O(1)",
    summary: "Removes a node from those that the node knows.",
  },
  GETKEYSINSLOT: {
    ...ASKED,
    arity: 4,
    args: "slot:integer count",
    complexity: "O(log(N)) where N is the number of requested keys",
    summary: "Lists keys of a hash slot.",
    tips: CHANGING,
  },
  HELP: {
    ...ASKED,
    flags: ["loading", "stale"],
    arity: 2,
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Prints this help, where cluster support is enabled.",
  },
  INFO: {
    ...ASKED,
    arity: 2,
    complexity: "O(1)",
    summary: "Tells the state of the cluster, as the node sees it.",
    tips: CHANGING,
  },
  KEYSLOT: {
    ...ASKED,
    arity: 3,
    // No key that the command touches: it only asks where one would be.
    args: "key:string",
    complexity: "O(N) where N is the number of bytes in the key",
    summary: "Tells the hash slot of a key.",
  },
  LINKS: {
    ...ASKED,
    arity: 2,
    since: "7.0.0",
    complexity: PER_NODE,
    summary: "Lists the connections between the node and its peers.",
    tips: CHANGING,
  },
  MEET: {
    ...CHANGED,
    arity: -4,
    args: "ip port:integer [cluster_bus_port:integer@4.0.0]",
    complexity: "O(1)",
    summary: "Makes another node part of the cluster.",
    history: [["4.0.0", "Added the optional `cluster_bus_port` argument."]],
  },
  MYID: { ...ASKED, arity: 2, complexity: "O(1)", summary: "Tells the node's name." },
  NODES: {
    ...ASKED,
    arity: 2,
    complexity: PER_NODE,
    summary: "Describes the nodes of the cluster, as text.",
    tips: CHANGING,
  },
  REPLICAS: {
    ...MANAGED,
    arity: 3,
    args: "node-id",
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Lists the replicas of a master.",
    tips: CHANGING,
  },
  REPLICATE: {
    ...CHANGED,
    arity: 3,
    args: "node-id",
    complexity: "O(1)",
    summary: "Makes the node a replica of another.",
  },
  RESET: {
    ...MANAGED,
    flags: ["admin", "noscript", "stale"],
    arity: -2,
    args: "[HARD | SOFT]",
    complexity:
      "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side " +
      "effect.",
    summary: "Lets the node forget the cluster.",
  },
  SAVECONFIG: {
    ...CHANGED,
    arity: 2,
    complexity: "O(1)",
    summary: "Writes the node's view of the cluster to its file.",
  },
  "SET-CONFIG-EPOCH": {
    ...CHANGED,
    arity: 3,
    args: "config-epoch:integer",
    complexity: "O(1)",
    summary: "Sets the epoch of a new node's configuration.",
  },
  SETSLOT: {
    ...CHANGED,
    arity: -4,
    args:
      "slot:integer " +
      "subcommand:{IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE}",
    complexity: "O(1)",
    summary: "Hands a hash slot over from one node to another.",
  },
  SHARDS: {
    ...ASKED,
    arity: 2,
    since: "7.0.0",
    complexity: "O(N) where N is the total number of cluster nodes",
    summary: "Lists ranges of hash slots with the nodes that serve them.",
    tips: CHANGING,
  },
  SLAVES: {
    ...MANAGED,
    arity: 3,
    args: "node-id",
    complexity: "O(1)",
    summary: "Lists the replicas of a master.",
    tips: CHANGING,
    deprecated: { since: "5.0.0", replacedBy: "`CLUSTER REPLICAS`" },
  },
  SLOTS: {
    ...ASKED,
    arity: 2,
    complexity: PER_NODE,
    summary: "Lists ranges of hash slots with the nodes that serve them.",
    tips: CHANGING,
    history: [
      ["4.0.0", "Added node IDs."],
      ["7.0.0", "Added additional networking metadata field."],
    ],
    deprecated: { since: "7.0.0", replacedBy: "`CLUSTER SHARDS`" },
  },
};

const OF_CONNECTION = {
  run: disabled,
  arity: 1,
  acl: ["connection"],
  since: "3.0.0",
  complexity: "O(1)",
} as const;

export const clusterCommands = group("cluster", {
  ASKING: {
    ...OF_CONNECTION,
    flags: ["fast"],
    summary: "Announces a command about a hash slot that is being handed over.",
  },
  CLUSTER: {
    arity: -2,
    since: "3.0.0",
    complexity: "Depends on subcommand.",
    summary: "Describes and manages the cluster, of which this server is none.",
    subcommands,
  },
  READONLY: {
    ...OF_CONNECTION,
    flags: ["loading", "stale", "fast"],
    summary: "Allows reads from a replica of a cluster.",
  },
  READWRITE: {
    ...OF_CONNECTION,
    flags: ["loading", "stale", "fast"],
    summary: "Ends what READONLY has allowed.",
  },
});
