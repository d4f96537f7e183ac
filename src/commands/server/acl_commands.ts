/** ACL: users, what they may do, and what they were refused. */
import type { Call } from "../../calls/call.ts";
import { Category, fitsArity } from "../../calls/command.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import type { SelectorRules } from "../../calls/users.ts";
import { argsOf } from "../../protocol/args.ts";
import { CommandError, wrongArity, wrongSubcommand } from "../../protocol/errors.ts";

const LOG_COUNT = 10;
const PASSWORD_BITS = 256;
const PASSWORD_BITS_MAX = 4096;

const DEFAULT_STAYS = new CommandError("ERR The 'default' user cannot be removed");
const BAD_BITS = new CommandError(
  "ERR ACL GENPASS argument must be the number of bits for the output password, a positive " +
    `number up to ${PASSWORD_BITS_MAX}`,
);

export const aclCommands = group("server", {
  ACL: {
    arity: -2,
    since: "6.0.0",
    complexity: "Depends on subcommand.",
    summary: "Manages users and what they may do.",
    subcommands: {
      CAT: {
        run: aclCat,
        arity: -2,
        flags: ["noscript", "loading", "stale"],
        args: "[categoryname]",
        since: "6.0.0",
        complexity: "O(1) since the categories and commands are a fixed set.",
        summary: "Lists the categories of commands, or the commands of one.",
      },
      DELUSER: {
        run: aclDeluser,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "username ...",
        since: "6.0.0",
        complexity: "O(1) amortized time considering the typical user.",
        summary: "Removes users, and closes their connections.",
      },
      DRYRUN: {
        run: aclDryrun,
        arity: -4,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "username command [arg ...]",
        since: "7.0.0",
        complexity: "O(1).",
        summary: "Tells whether a user may run a command, without running it.",
      },
      GETUSER: {
        run: aclGetuser,
        arity: 3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "username",
        since: "6.0.0",
        complexity:
          "O(N). Where N is the number of password, command and pattern rules that the user has.",
        summary: "Shows what a user may do.",
        history: [
          ["6.2.0", "Added Pub/Sub channel patterns."],
          [
            "7.0.0",
            "Added selectors and changed the format of key and channel patterns from a list to " +
              "their rule representation.",
          ],
        ],
      },
      GENPASS: {
        run: aclGenpass,
        arity: -2,
        flags: ["noscript", "loading", "stale"],
        args: "[bits:integer]",
        since: "6.0.0",
        complexity: "O(1)",
        summary: "Makes a password that nobody can guess.",
      },
      LIST: {
        run: aclList,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        summary: "Lists the users with their rules, as the ACL file has them.",
      },
      LOAD: {
        run: aclLoad,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        summary: "Reads the users anew from the ACL file.",
      },
      LOG: {
        run: aclLog,
        arity: -2,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "operation:[count:integer | RESET]",
        since: "6.0.0",
        complexity: "O(N) with N being the number of entries shown.",
        summary: "Shows what users were refused lately, or forgets it.",
      },
      SAVE: {
        run: aclSave,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        summary: "Writes the users into the ACL file.",
      },
      SETUSER: {
        run: aclSetuser,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "username [rule ...]",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of rules provided.",
        summary: "Makes a user, or changes what it may do.",
        history: [
          ["6.2.0", "Added Pub/Sub channel patterns."],
          ["7.0.0", "Added selectors and key based permissions."],
        ],
      },
      USERS: {
        run: aclUsers,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        summary: "Lists the names of the users.",
      },
      WHOAMI: {
        run: aclWhoami,
        arity: 2,
        flags: ["noscript", "loading", "stale"],
        since: "6.0.0",
        complexity: "O(1)",
        summary: "Tells the connection's user.",
      },
      HELP: helpEntry("6.0.0"),
    },
  },
});

function aclCat(call: Call): void {
  if (call.argc > 3) throw wrongSubcommand(call.args);
  if (call.argc === 2) {
    replyTexts(call, Object.keys(Category));
    return;
  }
  const wanted = call.cText(2).toLowerCase();
  const masks: Readonly<Record<string, number>> = Category;
  if (!Object.hasOwn(masks, wanted)) {
    throw new CommandError(`ERR Unknown category '${call.cText(2)}'`);
  }
  const { all } = call.server.table;
  const named = all.filter(({ categories }) => (categories & masks[wanted]) !== 0);
  replyTexts(
    call,
    named.map(({ name }) => name),
  );
}

function aclSetuser(call: Call): void {
  const rules: string[] = [];
  for (let i = 3; i < call.argc; i++) rules.push(call.text(i));
  call.server.access.change(call.text(2), rules, call.client);
  call.reply.ok();
}

function aclDeluser(call: Call): void {
  const { access, users } = call.server;
  const names: string[] = [];
  for (let i = 2; i < call.argc; i++) names.push(call.text(i));
  if (names.includes(users.default.name)) throw DEFAULT_STAYS;
  call.reply.integer(names.filter((name) => access.remove(name, call.client)).length);
}

function aclGetuser(call: Call): void {
  const { reply } = call;
  const user = call.server.users.get(call.text(2));
  if (user === undefined) {
    reply.nil();
    return;
  }
  const [own, ...selectors] = user.selectors;
  reply.map(6);
  reply.bulkText("flags");
  reply.set(user.flags.length);
  for (const flag of user.flags) reply.bulkText(flag);
  reply.bulkText("passwords");
  replyTexts(call, user.passwords);
  replySelector(call, own);
  reply.bulkText("selectors");
  reply.array(selectors.length);
  for (const selector of selectors) {
    reply.map(3);
    replySelector(call, selector);
  }
}

function replySelector({ reply }: Call, selector: SelectorRules): void {
  reply.bulkText("commands");
  reply.bulkText(selector.describeCommands());
  reply.bulkText("keys");
  reply.bulkText(selector.describeKeys());
  reply.bulkText("channels");
  reply.bulkText(selector.describeChannels());
}

function aclList(call: Call): void {
  const users = call.server.users.sorted();
  replyTexts(
    call,
    users.map((user) => `user ${user.name} ${user.describe()}`),
  );
}

function aclUsers(call: Call): void {
  replyTexts(
    call,
    call.server.users.sorted().map(({ name }) => name),
  );
}

function aclWhoami(call: Call): void {
  call.reply.bulkText(call.client.user.name);
}

function aclLoad(call: Call): void {
  call.server.access.load(call.client);
  call.reply.ok();
}

function aclSave(call: Call): void {
  call.server.access.save();
  call.reply.ok();
}

function aclLog(call: Call): void {
  const { reply } = call;
  const { log } = call.server.access;
  if (call.argc > 3) throw wrongSubcommand(call.args);
  if (call.argc === 3 && call.is(2, "reset")) {
    log.reset();
    reply.ok();
    return;
  }
  const entries = log.latest(call.argc === 3 ? call.integer(2) : LOG_COUNT);
  reply.array(entries.length);
  for (const entry of entries) {
    reply.map(7);
    reply.bulkText("count");
    reply.integer(entry.count);
    reply.bulkText("reason");
    reply.bulkText(entry.reason);
    reply.bulkText("context");
    reply.bulkText(entry.context);
    reply.bulkText("object");
    reply.bulkText(entry.object);
    reply.bulkText("username");
    reply.bulkText(entry.user);
    reply.bulkText("age-seconds");
    reply.double((call.nowMs - entry.timeMs) / 1000);
    reply.bulkText("client-info");
    reply.bulkText(entry.clientLine);
  }
}

function aclDryrun(call: Call): void {
  const { users, table } = call.server;
  const user = users.get(call.text(2));
  if (user === undefined) throw new CommandError(`ERR User '${call.cText(2)}' not found`);
  const count = call.argc - 3;
  const command = table.resolve(count, (index) => call.text(index + 3));
  if (command === undefined) throw new CommandError(`ERR Command '${call.cText(3)}' not found`);
  if (!fitsArity(command, count)) throw wrongArity(command.name);
  const words = Array.from({ length: count }, (_, index) => call.bytesOf(index + 3));
  const denied = user.check(command, argsOf(words));
  if (denied === null) {
    call.reply.ok();
    return;
  }
  const what =
    denied === "command"
      ? `run the '${command.name}' command`
      : `access the '${call.cText(user.deniedAt + 3)}' ${denied}`;
  call.reply.bulkText(`This user has no permissions to ${what}`);
}

function aclGenpass(call: Call): void {
  if (call.argc > 3) throw wrongSubcommand(call.args);
  const bits = call.argc === 3 ? call.integer(2) : PASSWORD_BITS;
  if (bits <= 0 || bits > PASSWORD_BITS_MAX) throw BAD_BITS;
  call.reply.bulkText(call.server.access.newPassword(bits));
}

function replyTexts({ reply }: Call, texts: readonly string[]): void {
  reply.array(texts.length);
  for (const text of texts) reply.bulkText(text);
}
