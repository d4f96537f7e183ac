/** CLIENT: what clients may know of themselves and of each other, and what they can do to them. */
import { ByteText } from "../../base/byte_text.ts";
import { parseInt64 } from "../../base/numbers.ts";
import { cString } from "../../base/words.ts";
import type { Call } from "../../calls/call.ts";
import { type Client, type ClientType, Gate, Silence } from "../../calls/client.ts";
import { addClientLine } from "../../calls/client_line.ts";
import type { PauseMode } from "../../calls/clients.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import type { Permissions } from "../../calls/users.ts";
import { CommandError, SYNTAX, wrongSubcommand } from "../../protocol/errors.ts";
import { isOneWord, nameOf } from "./client_names.ts";
import { trackingCommands } from "./tracking_commands.ts";

const BAD_ID = new CommandError("ERR Invalid client ID");
const ID_NOT_POSITIVE = new CommandError("ERR client-id should be greater than 0");
const NO_SUCH_CLIENT = new CommandError("ERR No such client");
const BAD_PAUSE_MODE = new CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL");
const BAD_TIMEOUT = new CommandError("ERR timeout is not an integer or out of range");
const NEGATIVE_TIMEOUT = new CommandError("ERR timeout is negative");
const BAD_UNBLOCK_REASON = new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
const INT64_BITS = 64;

/** The types of clients, by their names in commands. */
const TYPES = new Map<string, ClientType>([
  ["normal", "normal"],
  ["master", "master"],
  ["replica", "replica"],
  ["slave", "replica"],
  ["pubsub", "pubsub"],
]);

export const clientCommands = group("connection", {
  CLIENT: {
    arity: -2,
    since: "2.4.0",
    complexity: "Depends on subcommand.",
    summary: "Lists, names and controls connections.",
    subcommands: {
      GETNAME: {
        run: clientGetname,
        arity: 2,
        flags: ["noscript", "loading", "stale"],
        since: "2.6.9",
        complexity: "O(1)",
        summary: "Tells the connection's name.",
      },
      ID: {
        run: clientId,
        arity: 2,
        flags: ["noscript", "loading", "stale"],
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Tells the connection's number.",
      },
      INFO: {
        run: clientInfo,
        arity: 2,
        flags: ["noscript", "loading", "stale"],
        since: "6.2.0",
        complexity: "O(1)",
        summary: "Describes the connection.",
        tips: ["nondeterministic_output"],
      },
      KILL: {
        run: clientKill,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: `filter:{ip:port!2.8.12
          | new-format:{[ID client-id@2.8.12]
            | [TYPE normal_master_slave_pubsub:{NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0
              | PUBSUB}@2.8.12]
            | [USER username] | [ADDR ip:port] | [LADDR ip:port@6.2.0] | [SKIPME yes/no]} ...}`,
        since: "2.4.0",
        complexity: "O(N) where N is the number of client connections",
        summary: "Closes connections.",
        history: [
          ["2.8.12", "Added new filter format."],
          ["2.8.12", "`ID` option."],
          ["3.2.0", "Added `master` type in for `TYPE` option."],
          [
            "5.0.0",
            "Replaced `slave` `TYPE` with `replica`. `slave` still supported for " +
              "backward compatibility.",
          ],
          ["6.2.0", "`LADDR` option."],
        ],
      },
      LIST: {
        run: clientList,
        arity: -2,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "[TYPE {NORMAL | MASTER | REPLICA | PUBSUB}@5.0.0] [ID id:{client-id ...}@6.2.0]",
        since: "2.4.0",
        complexity: "O(N) where N is the number of client connections",
        summary: "Describes all connections, or some.",
        history: [
          ["2.8.12", "Added unique client `id` field."],
          ["5.0.0", "Added optional `TYPE` filter."],
          ["6.0.0", "Added `user` field."],
          [
            "6.2.0",
            "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional " +
              "`ID` filter.",
          ],
          ["7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."],
          ["7.0.3", "Added `ssub` field."],
        ],
        tips: ["nondeterministic_output"],
      },
      "NO-EVICT": {
        run: clientNoEvict,
        arity: 3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "enabled:{ON | OFF}",
        since: "7.0.0",
        complexity: "O(1)",
        summary: "Spares the connection when clients use too much memory.",
      },
      "NO-TOUCH": {
        run: clientNoTouch,
        arity: 3,
        flags: ["noscript", "loading", "stale"],
        args: "enabled:{ON | OFF}",
        since: "7.2.0",
        complexity: "O(1)",
        summary: "Lets the connection's commands leave no trace in the keys' times of use.",
      },
      PAUSE: {
        run: clientPause,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "timeout:integer mode:[WRITE | ALL]@6.2.0",
        since: "2.9.50",
        complexity: "O(1)",
        summary: "Lets clients wait for some milliseconds.",
        history: [["6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option."]],
      },
      REPLY: {
        run: clientReply,
        arity: 3,
        flags: ["noscript", "loading", "stale"],
        args: "{ON | OFF | SKIP}",
        since: "3.2.0",
        complexity: "O(1)",
        summary: "Turns the connection's replies on or off, or skips one.",
      },
      SETINFO: {
        run: clientSetinfo,
        arity: 4,
        flags: ["noscript", "loading", "stale"],
        args: "attr:{LIB-NAME libname | LIB-VER libver}",
        since: "7.2.0",
        complexity: "O(1)",
        summary: "Tells the server which client library the connection uses.",
      },
      SETNAME: {
        run: clientSetname,
        arity: 3,
        flags: ["noscript", "loading", "stale"],
        args: "connection-name",
        since: "2.6.9",
        complexity: "O(1)",
        summary: "Names the connection.",
      },
      ...trackingCommands,
      UNBLOCK: {
        run: clientUnblock,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "client-id [TIMEOUT | ERROR]",
        since: "5.0.0",
        complexity: "O(log N) where N is the number of client connections",
        summary: "Ends the wait of a connection that is blocked.",
      },
      UNPAUSE: {
        run: clientUnpause,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "6.2.0",
        complexity: "O(N) Where N is the number of paused clients",
        summary: "Lets paused clients go on.",
      },
      HELP: helpEntry("5.0.0"),
    },
  },
});

function clientId(call: Call): void {
  call.reply.integer(call.client.id);
}

function clientGetname(call: Call): void {
  const { name } = call.client;
  if (name === "") call.reply.nil();
  else call.reply.bulkText(name);
}

function clientSetname(call: Call): void {
  call.client.name = nameOf(call.text(2));
  call.reply.ok();
}

function clientSetinfo(call: Call): void {
  const { client } = call;
  const attribute = call.text(2);
  const value = call.text(3);
  const isName = call.is(2, "lib-name");
  if (!isName && !call.is(2, "lib-ver")) {
    throw new CommandError(`ERR Unrecognized option '${cString(attribute)}'`);
  }
  if (!isOneWord(value)) {
    throw new CommandError(
      `ERR ${attribute} cannot contain spaces, newlines or special characters.`,
    );
  }
  if (isName) client.libraryName = value;
  else client.libraryVersion = value;
  call.reply.ok();
}

const lines = new ByteText();

function clientInfo(call: Call): void {
  replyLines(call, [call.client]);
}

function clientList(call: Call): void {
  replyLines(call, listed(call));
}

function replyLines(call: Call, clients: readonly Client[]): void {
  lines.clear();
  for (const client of clients) {
    addClientLine(lines, call.server, client, call);
    lines.add("\n");
  }
  call.reply.verbatimBytes("txt", lines.bytes, 0, lines.size);
}

/** The clients that CLIENT LIST is to show: those of ids are in the order given. */
function listed(call: Call): Client[] {
  const { args, argc } = call;
  const { clients } = call.server;
  if (argc === 2) return [...clients.all()];
  if (argc === 4 && args.is(2, "type")) {
    const type = typeOf(call, 3);
    return [...clients.all()].filter((client) => client.type === type);
  }
  if (argc === 3 || !args.is(2, "id")) throw SYNTAX;
  const found: Client[] = [];
  for (let i = 3; i < argc; i++) {
    const id = idOf(call, i);
    if (id === null) throw BAD_ID;
    const client = clients.byId(id);
    if (client !== undefined) found.push(client);
  }
  return found;
}

function typeOf(call: Call, index: number): ClientType {
  const word = call.cText(index);
  const type = TYPES.get(word.toLowerCase());
  if (type !== undefined) return type;
  throw new CommandError(`ERR Unknown client type '${word}'`);
}

/** The number in an argument, rounded above 2^53 where no client has its id; null for none. */
function idOf(call: Call, index: number): number | null {
  const { bytes, start, size } = call.args;
  const id = parseInt64(bytes, start[index], size[index]);
  return id === null ? null : Number(id);
}

/** Which clients CLIENT KILL means; what is undefined does not matter. */
interface KillFilter {
  id?: number;
  type?: ClientType;
  address?: string;
  localAddress?: string;
  user?: Permissions;
  sparesOwn: boolean;
}

function clientKill(call: Call): void {
  const isOldForm = call.argc === 3;
  const filter = isOldForm ? { address: call.text(2), sparesOwn: false } : killFilter(call);
  const meant: Client[] = [];
  for (const client of candidates(call, filter)) {
    if (isMeant(call, client, filter)) meant.push(client);
  }
  if (isOldForm && meant.length === 0) throw NO_SUCH_CLIENT;
  for (const client of meant) {
    if (client !== call.client) client.connection.kill();
  }
  if (isOldForm) call.reply.ok();
  else call.reply.integer(meant.length);
  if (meant.includes(call.client)) call.client.connection.closeAfterReplies();
}

function killFilter(call: Call): KillFilter {
  const { args, argc } = call;
  const filter: KillFilter = { sparesOwn: true };
  for (let i = 2; i < argc; i += 2) {
    const value = i + 1;
    if (value === argc) throw SYNTAX;
    if (args.is(i, "id")) {
      const id = idOf(call, value);
      if (id === null || id < 1) throw ID_NOT_POSITIVE;
      filter.id = id;
    } else if (args.is(i, "type")) {
      filter.type = typeOf(call, value);
    } else if (args.is(i, "addr")) {
      filter.address = args.text(value);
    } else if (args.is(i, "laddr")) {
      filter.localAddress = args.text(value);
    } else if (args.is(i, "user")) {
      filter.user = userOf(call, args.text(value));
    } else if (args.is(i, "skipme") && (args.is(value, "yes") || args.is(value, "no"))) {
      filter.sparesOwn = args.is(value, "yes");
    } else {
      throw SYNTAX;
    }
  }
  return filter;
}

function userOf({ server }: Call, name: string): Permissions {
  const user = server.users.get(name);
  if (user !== undefined) return user;
  throw new CommandError(`ERR No such user '${cString(name)}'`);
}

/** The clients among which are all that the filter means. */
function candidates({ server }: Call, { id }: KillFilter): Iterable<Client> {
  if (id === undefined) return server.clients.all();
  const client = server.clients.byId(id);
  return client === undefined ? [] : [client];
}

function isMeant(call: Call, client: Client, filter: KillFilter): boolean {
  const { type, address, localAddress, user, sparesOwn } = filter;
  if (address !== undefined && client.connection.remote !== address) return false;
  if (localAddress !== undefined && client.connection.local !== localAddress) return false;
  if (type !== undefined && client.type !== type) return false;
  if (user !== undefined && client.user !== user) return false;
  return !(sparesOwn && client === call.client);
}

/** Whether the argument says ON rather than OFF. */
function isOn(call: Call, index: number): boolean {
  if (call.is(index, "on")) return true;
  if (call.is(index, "off")) return false;
  throw SYNTAX;
}

function clientNoEvict(call: Call): void {
  call.client.noEvict = isOn(call, 2);
  call.reply.ok();
}

function clientNoTouch(call: Call): void {
  const { client } = call;
  client.noTouch = isOn(call, 2);
  client.setGate(Gate.noTouch, client.noTouch);
  call.reply.ok();
}

function clientReply(call: Call): void {
  const { client } = call;
  const { silence } = client;
  if (call.is(2, "on")) {
    client.setSilence(silence & Silence.skipNext);
    call.reply.ok();
  } else if (call.is(2, "off")) {
    client.setSilence(silence | Silence.off);
  } else if (call.is(2, "skip")) {
    if ((silence & Silence.off) === 0) client.setSilence(silence | Silence.skipNext);
  } else {
    throw SYNTAX;
  }
}

function clientPause(call: Call): void {
  if (call.argc > 4) throw wrongSubcommand(call.args);
  const { clients } = call.server;
  const mode = call.argc === 4 ? pauseModeOf(call, 3) : "all";
  const untilMs = pauseEnd(call, 2);
  if (untilMs > call.nowMs || clients.pauseMode !== "none") clients.pause(mode, untilMs);
  call.reply.ok();
}

function pauseModeOf(call: Call, index: number): PauseMode {
  if (call.is(index, "write")) return "write";
  if (call.is(index, "all")) return "all";
  throw BAD_PAUSE_MODE;
}

/** Unix ms; a time beyond 64 bits wraps around, and so is over at once, as in Redis. */
function pauseEnd(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const timeoutMs = parseInt64(bytes, start[index], size[index]);
  if (timeoutMs === null) throw BAD_TIMEOUT;
  if (timeoutMs < 0n) throw NEGATIVE_TIMEOUT;
  return Number(BigInt.asIntN(INT64_BITS, timeoutMs + BigInt(call.nowMs)));
}

function clientUnpause(call: Call): void {
  call.server.clients.unpause();
  call.reply.ok();
}

function clientUnblock(call: Call): void {
  if (call.argc > 4) throw wrongSubcommand(call.args);
  const withError = call.argc === 4 && call.is(3, "error");
  if (call.argc === 4 && !withError && !call.is(3, "timeout")) throw BAD_UNBLOCK_REASON;
  const id = Number(call.int64(2));
  const blocked = call.server.clients.byId(id)?.blocked ?? null;
  const isFreed = blocked?.unblockable === true;
  if (isFreed) blocked?.unblock(withError);
  // The error is the other client's, but Redis counts all that is replied while a command runs.
  if (isFreed && withError) call.server.figures.commands.failed[call.command.id]++;
  call.reply.truth(isFreed);
}
