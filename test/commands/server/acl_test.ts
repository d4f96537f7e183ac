// Purpose: ACL, AUTH and HELLO AUTH (src/commands/server/acl_commands.ts), and what users with
// limits are refused (src/dispatch/stations/permission.ts), as sessions under RESP2 and RESP3. They
// hold for the real Redis as well: RUSK_BINARY=redis-server runs them against it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  const users = plain(await client.command("ACL", "USERS")) as string[];
  const others = users.filter((name) => name !== "default");
  if (others.length > 0) await client.command("ACL", "DELUSER", ...others);
  await client.command("ACL", "LOG", "RESET");
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

/** Of "secret". */
const DIGEST = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
const RULES = "~a* %R~b* resetchannels &news -@all +@read -mget (~c* resetchannels -@all +set)";
const KEY =
  "(error) NOPERM this user has no permissions to access one of the keys used as arguments";
const LATE =
  "(error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the " +
  "EXEC call. This command is no longer allowed for the following reason: ";
const LATE_COMMAND = `${LATE}no permission to execute the command or subcommand`;
const LATE_KEY = `${LATE}no permission to touch the specified keys`;
const EXEC_DENIED =
  "(error) EXECABORT Transaction discarded because of: NOPERM this user has no permissions to " +
  "run the 'exec' command";
const SCRIPT_KEY =
  "(error) ERR The user executing the script can't access at least one of the keys mentioned in " +
  "the command arguments";
const NO_PASSWORD =
  "(error) ERR AUTH <password> called without any password configured for the default user. " +
  "Are you sure your configuration is correct?";
const BITS =
  "(error) ERR ACL GENPASS argument must be the number of bits for the output password, a " +
  "positive number up to 4096";

describe.each([2, 3] as const)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("a user is made by rules, is listed, and is gone", () =>
    session(`
      > ACL SETUSER ann on >secret ~a* %R~b* &news +@read -mget (+set ~c*)
      OK
      > ACL LIST
      1) "user ann on #${DIGEST} ${RULES}"
      2) "user default on nopass ~* &* +@all"
      > ACL USERS
      1) "ann"
      2) "default"
      > ACL DELUSER ann nobody
      (integer) 1
      > ACL DELUSER ann
      (integer) 0
      > ACL GETUSER ann
      (nil)
    `));

  test("nothing changes unless all rules can be applied", () =>
    session(`
      > ACL SETUSER ann on
      OK
      > ACL SETUSER ann off ~a* +nosuch
      (error) ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL
      > ACL SETUSER ann off (+get
      (error) ERR Unmatched parenthesis in acl selector starting at '(+get'.
      > ACL SETUSER bob on nosuch
      (error) ERR Error in ACL SETUSER modifier 'nosuch': Syntax error
      > ACL SETUSER "b b" on
      (error) ERR Usernames can't contain spaces or null characters
      > ACL LIST
      1) "user ann on resetchannels -@all"
      2) "user default on nopass ~* &* +@all"
      > ACL DELUSER ann default bob
      (error) ERR The 'default' user cannot be removed
      > ACL USERS
      1) "ann"
      2) "default"
    `));

  test("AUTH lets a user in whose password is right", () =>
    session(`
      > ACL SETUSER ann on >secret +@all
      OK
      > AUTH secret
      ${NO_PASSWORD}
      > AUTH ann other
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > AUTH bob secret
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > ACL WHOAMI
      "default"
      > AUTH ann secret
      OK
      > ACL WHOAMI
      "ann"
      > ACL SETUSER ann off
      OK
      > AUTH ann secret
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > ACL WHOAMI
      "ann"
      > RESET
      RESET
      > ACL WHOAMI
      "default"
    `));

  test("a user with limits is refused what it may not do", () =>
    session(`
      > ACL SETUSER ann on nopass ~a* %R~r* &news +@all -get -config|set
      OK
      ann> AUTH ann x
      OK
      ann> SET a 1
      OK
      ann> GET a
      (error) NOPERM this user has no permissions to run the 'get' command
      ann> SET r 1
      ${KEY}
      ann> STRLEN r
      (integer) 0
      ann> CONFIG SET hz 10
      (error) NOPERM this user has no permissions to run the 'config|set' command
      ann> CONFIG SET hz
      (error) ERR wrong number of arguments for 'config|set' command
      > ACL SETUSER ann +get -strlen resetkeys ~r*
      OK
      ann> GET r
      (nil)
      ann> GET a
      ${KEY}
    `));

  test("a transaction is refused when a command is queued, or when it is over", () =>
    session(`
      > ACL SETUSER ann on nopass ~a* +@all
      OK
      ann> AUTH ann x
      OK
      ann> MULTI
      OK
      ann> SET b 1
      ${KEY}
      ann> EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
      ann> MULTI
      OK
      ann> SET a 1
      QUEUED
      ann> ACL SETUSER ann -set resetkeys ~b*
      QUEUED
      ann> SET a 2
      QUEUED
      ann> GET a
      QUEUED
      ann> EXEC
      1) OK
      2) OK
      3) ${LATE_COMMAND}
      4) ${LATE_KEY}
      ann> MULTI
      OK
      > ACL SETUSER ann -exec
      OK
      ann> EXEC
      ${EXEC_DENIED}
    `));

  test("ACL LOG is emptied, and shows as many entries as asked", () =>
    session(`
      > AUTH ann wrong
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > ACL LOG -1
      (empty array)
      > ACL LOG 0
      (empty array)
      > ACL LOG x
      (error) ERR value is not an integer or out of range
      > ACL LOG RESET x
      (error) ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.
      > ACL LOG RESET
      OK
      > ACL LOG
      (empty array)
    `));

  test("ACL DRYRUN tells what a user may do", () =>
    session(`
      > ACL SETUSER ann off ~a* +@all -get -config|set
      OK
      > ACL DRYRUN ann SET a 1
      OK
      > ACL DRYRUN ann SET b 1
      "This user has no permissions to access the 'b' key"
      > ACL DRYRUN ann MSET a 1 b 1 c 1
      "This user has no permissions to access the 'b' key"
      > ACL DRYRUN ann get a
      "This user has no permissions to run the 'get' command"
      > ACL DRYRUN ann CONFIG SET hz 10
      "This user has no permissions to run the 'config|set' command"
      > ACL DRYRUN ann CONFIG GET hz
      OK
      > ACL DRYRUN ann GET
      (error) ERR wrong number of arguments for 'get' command
      > ACL DRYRUN ann CONFIG NOSUCH
      (error) ERR Command 'CONFIG' not found
      > ACL DRYRUN bob GET a
      (error) ERR User 'bob' not found
    `));

  test("ACL CAT and GENPASS refuse what they do not know", () =>
    session(`
      > ACL CAT nosuch
      (error) ERR Unknown category 'nosuch'
      > ACL CAT read write
      (error) ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.
      > ACL GENPASS 0
      ${BITS}
      > ACL GENPASS 4097
      ${BITS}
      > ACL GENPASS x
      (error) ERR value is not an integer or out of range
    `));

  test("there is no ACL file to load and to save", () => {
    const refusal =
      "(error) ERR This Redis instance is not configured to use an ACL file. You may want to " +
      "specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you " +
      "have a Redis configuration file set) in order to store users in the Redis configuration.";
    return session(`
      > ACL LOAD
      ${refusal}
      > ACL SAVE
      ${refusal}
    `);
  });

  test("what a script runs is asked about as well", () =>
    session(`
      > ACL SETUSER ann on nopass ~a* +@all -incr
      OK
      > AUTH ann x
      OK
      > EVAL "return redis.pcall('get', 'b')" 0
      ${SCRIPT_KEY}
      > EVAL "return redis.pcall('incr', 'a')" 0
      (error) ERR The user executing the script can't run this command or subcommand
      > EVAL "return redis.acl_check_cmd('set', 'a', '1')" 0
      (integer) 1
      > EVAL "return redis.acl_check_cmd('set', 'b', '1')" 0
      (nil)
      > EVAL "return redis.acl_check_cmd('incr', 'a')" 0
      (nil)
    `));

  test("HELLO lets a user in, and names the client", () =>
    session(`
      > ACL SETUSER ann on >secret +acl +client
      OK
      > HELLO ${protocol} AUTH ann other SETNAME x
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > HELLO ${protocol} SETNAME y AUTH ann secret NOSUCH
      (error) ERR Syntax error in HELLO option 'NOSUCH'
      > ACL WHOAMI
      "ann"
      > CLIENT GETNAME
      "y"
    `));

  test("the users' clients go with them", () =>
    session(`
      > ACL SETUSER ann on nopass +@all
      OK
      ann> AUTH ann x
      OK
      ann> ACL DELUSER ann
      (integer) 1
      > CLIENT KILL USER ann
      (error) ERR No such user 'ann'
    `));
});

/** Replies of names and values in turn, as objects. */
const objectOf = (flat: unknown[]) =>
  Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]),
  );

test("ACL LOG tells what was refused, counted while it is alike", async () => {
  await server.session(`
    > ACL SETUSER ann on >secret ~a* +@all -get
    OK
    ann> AUTH ann wrong
    (error) WRONGPASS invalid username-password pair or user is disabled.
    ann> AUTH ann secret
    OK
    ann> GET a
    (error) NOPERM this user has no permissions to run the 'get' command
    ann> GET b
    (error) NOPERM this user has no permissions to run the 'get' command
    ann> MULTI
    OK
    ann> SET b 1
    ${KEY}
    ann> DISCARD
    OK
    ann> EVAL "return redis.pcall('set', 'c', '1')" 0
    ${SCRIPT_KEY}
  `);
  const entries = plain(await client.command("ACL", "LOG")) as unknown[][];
  const shown = entries.map(objectOf).map((entry) => {
    expect(Number(entry["age-seconds"])).toBeLessThan(10);
    const [, command, user] = / cmd=(\S+) user=(\S+) /.exec(String(entry["client-info"])) ?? [];
    return [entry.count, entry.reason, entry.context, entry.object, entry.username, command, user];
  });
  expect(shown).toEqual([
    [1, "key", "lua", "c", "ann", "eval", "ann"],
    [1, "key", "multi", "b", "ann", "set", "ann"],
    [2, "command", "toplevel", "get", "ann", "get", "ann"],
    [1, "auth", "toplevel", "AUTH", "ann", "auth", "default"],
  ]);
});

test("ACL GETUSER is a map of the user's parts, and of each selector's", () =>
  server.session(
    `
    > ACL SETUSER ann on nopass ~a* &* +get (+set ~c*)
    OK
    > ACL GETUSER ann
    1# "flags" =>
       1~ "on"
       2~ "nopass"
    2# "passwords" => (empty array)
    3# "commands" => "-@all +get"
    4# "keys" => "~a*"
    5# "channels" => "&*"
    6# "selectors" => 1) 1# "commands" => "-@all +set"
          2# "keys" => "~c*"
          3# "channels" => ""
  `,
    { protocol: 3 },
  ));

test("ACL CAT tells all categories, and the commands of one", async () => {
  const ask = async (...words: string[]) => plain(await client.command(...words)) as string[];
  expect((await ask("ACL", "CAT")).toSorted()).toEqual(
    (
      "admin bitmap blocking connection dangerous fast geo hash hyperloglog keyspace list pubsub " +
      "read scripting set slow sortedset stream string transaction write"
    ).split(" "),
  );
  expect((await ask("ACL", "CAT", "TRANSACTION")).toSorted()).toEqual(
    "discard exec multi unwatch watch".split(" "),
  );
});

test("ACL GENPASS makes a password of so many bits, never the same", async () => {
  const ask = async (...words: string[]) => plain(await client.command(...words)) as string;
  const first = await ask("ACL", "GENPASS");
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await ask("ACL", "GENPASS")).not.toBe(first);
  expect(await ask("ACL", "GENPASS", "5")).toMatch(/^[0-9a-f]{2}$/);
  expect(await ask("ACL", "GENPASS", "4096")).toMatch(/^[0-9a-f]{1024}$/);
});

test("requirepass is the default user's one password; who is there already stays", async () => {
  await server.session(`
    > ACL SETUSER default >other
    OK
    > CONFIG SET requirepass one
    OK
    new> PING
    (error) NOAUTH Authentication required.
    new> AUTH other
    (error) WRONGPASS invalid username-password pair or user is disabled.
    new> AUTH one
    OK
    > ACL SETUSER default nopass
    OK
    > CONFIG GET requirepass
    1) "requirepass"
    2) "one"
    next> PING
    PONG
    > ACL SETUSER default resetpass
    OK
    next> PING
    PONG
    last> PING
    (error) NOAUTH Authentication required.
    > CONFIG SET requirepass ""
    OK
    last> PING
    PONG
    > ACL LIST
    1) "user default on nopass ~* &* +@all"
  `);
});

test("ACL HELP names all subcommands, in pairs of lines", async () => {
  const lines = plain(await client.command("ACL", "HELP")) as string[];
  const words = lines.slice(1).filter((line) => !line.startsWith(" "));
  expect(words.map((line) => line.split(" ")[0])).toEqual(
    "CAT DELUSER DRYRUN GETUSER GENPASS LIST LOAD LOG SAVE SETUSER USERS WHOAMI HELP".split(" "),
  );
});

test("what EXEC may no longer run is EXEC's failure; what is not queued is rejected", async () => {
  await client.command("CONFIG", "RESETSTAT");
  await server.session(`
    > ACL SETUSER ann on nopass ~* +@all -get
    OK
    ann> AUTH ann x
    OK
    ann> GET a
    (error) NOPERM this user has no permissions to run the 'get' command
    ann> MULTI
    OK
    ann> ACL SETUSER ann -set
    QUEUED
    ann> SET a 2
    QUEUED
    ann> EXEC
    1) OK
    2) ${LATE_COMMAND}
  `);
  const info = String(plain(await client.command("INFO", "commandstats")));
  const counted = (name: string) =>
    /rejected_calls=\d+,failed_calls=\d+/.exec(info.slice(info.indexOf(`cmdstat_${name}:`)))?.[0];
  expect(counted("get")).toBe("rejected_calls=1,failed_calls=0");
  expect(counted("exec")).toBe("rejected_calls=0,failed_calls=1");
  expect(info).not.toContain("cmdstat_set:");
});
