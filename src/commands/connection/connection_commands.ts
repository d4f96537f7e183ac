/** What concerns one connection: its protocol, its user, its database, its end. */
import { parseInt64 } from "../../base/numbers.ts";
import { REDIS_VERSION } from "../../base/version.ts";
import type { Call } from "../../calls/call.ts";
import { Silence } from "../../calls/client.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX, wrongArity } from "../../protocol/errors.ts";
import { nameOf } from "./client_names.ts";

const NO_PASSWORD_SET = new CommandError(
  "ERR AUTH <password> called without any password configured for the default user. " +
    "Are you sure your configuration is correct?",
);
const WRONG_PASSWORD = new CommandError(
  "WRONGPASS invalid username-password pair or user is disabled.",
);
const BAD_PROTOCOL = new CommandError("ERR Protocol version is not an integer or out of range");
const NO_PROTOCOL = new CommandError("NOPROTO unsupported protocol version");
const HELLO_UNAUTHENTICATED = new CommandError(
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the " +
    "HELLO AUTH <user> <pass> option can be used to authenticate the client and select the " +
    "RESP protocol version at the same time",
);
const NO_SUCH_DATABASE = new CommandError("ERR DB index is out of range");
const NOT_INT32 = new CommandError(
  "ERR value is out of range, value must between -2147483648 and 2147483647",
);
const DEFAULT_USER = "default";
const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

export const connectionCommands = group("connection", {
  AUTH: {
    run: auth,
    arity: -2,
    flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    args: "[username@6.0.0] password",
    since: "1.0.0",
    complexity: "O(N) where N is the number of passwords defined for the user",
    summary: "Logs in.",
    history: [["6.0.0", "Added ACL style (username and password)."]],
  },
  ECHO: {
    run: echo,
    arity: 2,
    flags: ["loading", "stale", "fast"],
    args: "message",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Replies its argument.",
  },
  HELLO: {
    run: hello,
    arity: -1,
    flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    args: "arguments:[protover:integer [AUTH {username password}] [SETNAME clientname]]",
    since: "6.0.0",
    complexity: "O(1)",
    summary: "Agrees on the protocol, and may log in and name the connection.",
    history: [
      [
        "6.2.0",
        "`protover` made optional; when called without arguments the command " +
          "reports the current connection's context.",
      ],
    ],
  },
  PING: {
    run: ping,
    arity: -1,
    flags: ["fast"],
    args: "[message]",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Shows that the server answers.",
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  },
  QUIT: {
    run: quit,
    arity: -1,
    flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Closes the connection.",
  },
  RESET: {
    run: reset,
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Makes the connection as new.",
  },
  SELECT: {
    run: select,
    arity: 2,
    flags: ["loading", "stale", "fast"],
    args: "index:integer",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Chooses the connection's database.",
  },
});

function auth(call: Call): void {
  const { args } = call;
  if (args.count > 3) throw SYNTAX;
  const hasName = args.count === 3;
  if (!hasName && call.server.users.default.needsNoPassword) throw NO_PASSWORD_SET;
  logIn(call, hasName ? args.text(1) : DEFAULT_USER, args.count - 1);
  call.reply.ok();
}

/** Lets the client in as that user with the password in argument `index`; throws WRONGPASS. */
function logIn({ server, client, args }: Call, user: string, index: number): void {
  if (!server.access.logIn(client, user, args, index)) throw WRONG_PASSWORD;
}

function echo(call: Call): void {
  const { bytes, start, size } = call.args;
  call.reply.bulk(bytes, start[1], size[1]);
}

/** Options take effect one by one, as they are read: those before a wrong one stay. */
function hello(call: Call): void {
  const { args, client, reply } = call;
  const protocol = args.count > 1 ? protocolOf(call) : client.protocol;
  for (let i = 2; i < args.count; i++) {
    const left = args.count - 1 - i;
    if (left >= 2 && args.is(i, "auth")) {
      logIn(call, args.text(i + 1), i + 2);
      i += 2;
    } else if (left >= 1 && args.is(i, "setname")) {
      client.name = nameOf(args.text(i + 1));
      i++;
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${call.cText(i)}'`);
    }
  }
  if (client.unauthenticated) throw HELLO_UNAUTHENTICATED;
  client.protocol = protocol;
  reply.protocol = protocol;
  reply.map(7);
  reply.bulkText("server");
  reply.bulkText("redis");
  reply.bulkText("version");
  reply.bulkText(REDIS_VERSION);
  reply.bulkText("proto");
  reply.integer(protocol);
  reply.bulkText("id");
  reply.integer(client.id);
  reply.bulkText("mode");
  reply.bulkText("standalone");
  reply.bulkText("role");
  reply.bulkText("master");
  reply.bulkText("modules");
  reply.array(0);
}

function protocolOf(call: Call): number {
  const { bytes, start, size } = call.args;
  const version = parseInt64(bytes, start[1], size[1]);
  if (version === null) throw BAD_PROTOCOL;
  if (version !== 2n && version !== 3n) throw NO_PROTOCOL;
  return Number(version);
}

function ping(call: Call): void {
  const { args, client, reply } = call;
  if (args.count > 2) throw wrongArity("ping");
  if (client.subscribed && client.protocol === 2) {
    // As a message looks, so that nobody takes it for one of another kind.
    reply.array(2);
    reply.bulkText("pong");
    if (args.count === 1) reply.bulkText("");
    else reply.bulk(args.bytes, args.start[1], args.size[1]);
    return;
  }
  if (args.count === 1) reply.simple("PONG");
  else reply.bulk(args.bytes, args.start[1], args.size[1]);
}

function quit(call: Call): void {
  call.reply.ok();
  call.client.connection.closeAfterReplies();
}

function reset(call: Call): void {
  const { client } = call;
  const skipped = client.silence & Silence.skip;
  call.server.clients.reset(client);
  // Replies are on again, but a skipped one stays so.
  client.setSilence(skipped);
  call.reply.simple("RESET");
}

function select(call: Call): void {
  const index = call.integer(1);
  if (index < INT32_MIN || index > INT32_MAX) throw NOT_INT32;
  const db = call.keyspace.databases[index];
  if (db === undefined) throw NO_SUCH_DATABASE;
  call.client.db = db;
  call.reply.ok();
}
