// Purpose: users of configuration files and of aclfile (src/access/config_users.ts, acl_file.ts):
// what a server makes of them at its start and by ACL LOAD, what it writes by ACL SAVE and CONFIG
// REWRITE, and how it tells what is wrong, as the real Redis does, word by word.

import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plain } from "../client/resp.ts";
import { redisBinary, ruskCommand, type Server, startServer } from "../client/server.ts";

const folders: string[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const redis = redisBinary();
/** The servers to compare, by their command lines. */
const BOTH = [ruskCommand(), ...(redis === null ? [] : [[redis]])];

/** Starts a server with files in a folder of its own, which they may name FOLDER. */
async function start(
  command: readonly string[],
  files: Readonly<Record<string, string>>,
  isRefused = false,
): Promise<{ server: Server; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "rusk-users-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text.replaceAll("FOLDER", folder), "latin1");
  }
  const server = await startServer({
    command: [...command, join(folder, "redis.conf")],
    noWait: isRefused,
  });
  servers.push(server);
  return { server, folder };
}

/** What was said of users: each line's level and text, or the reason below a line of a file. */
function said(log: string, folder: string): string[] {
  const lines = log.replaceAll(`${folder}/`, "").split("\n");
  return lines.flatMap((line, i) => {
    if (line.startsWith(">>> ")) return [lines[i + 1]];
    const [, message] = /^\d+:M .*? ([#*] (?:.*ACL|The user|Spaces).*)$/.exec(line) ?? [];
    return message === undefined ? [] : [message];
  });
}

/** What both servers say of the same files, having refused to start. */
async function refusals(files: Readonly<Record<string, string>>): Promise<string[][]> {
  const all = [];
  for (const command of BOTH) {
    const { server, folder } = await start(command, files, true);
    expect(await server.exited).toBe(1);
    all.push(said(server.log(), folder));
  }
  return all;
}

/** Both say something, and the same. */
function expectSame<T>(answers: readonly T[][]): void {
  expect(answers[0]).not.toEqual([]);
  if (answers.length > 1) expect(answers[0]).toEqual(answers[1]);
}

describe("users of a configuration file stop the start", () => {
  test.each([
    "user a blah",
    "user a on\nuser a off",
    "user default on\nuser b on\nuser default off",
    'user "a b" on',
    "user a (+get ~x) on )",
    "user a on +nosuch",
    "user a on +@nosuch",
    "user a on >x #12",
    "user a <x",
    "user a ~x ~* ~y",
    "user a +config|get|x",
    "user a off\nuser b (+nosuch)",
    'user a on\naclfile "FOLDER/users.acl"',
    'aclfile "FOLDER/nosuch.acl"',
  ])("%j", async (text) => {
    expectSame(await refusals({ "redis.conf": `${text}\n`, "users.acl": "" }));
  });
});

const FAULTY = [
  "user a on blah",
  "x",
  "user",
  'user "a b" on',
  "#comment",
  "user a foo bar\nuser b foo\nx y\nuser a",
  "user a on +nosuch +@nosuch foo -what bar",
  "user a on (~x +foo) ~y",
  "user a (~x",
  "   user   a   on   ",
  "user a\ton",
  "USER a on",
  "user a on +get~x",
  "user a ~* ~b ~c",
  "user default on nopass\nuser default off",
];

describe("an ACL file stops the start, and is refused by ACL LOAD", () => {
  test.each(FAULTY)("%j", async (text) => {
    const conf = "aclfile FOLDER/users.acl\n";
    expectSame(await refusals({ "redis.conf": conf, "users.acl": text }));
    const errors: unknown[][] = [];
    for (const command of BOTH) {
      const { server, folder } = await start(command, { "redis.conf": conf, "users.acl": "" });
      const client = await server.connect();
      await client.command("ACL", "SETUSER", "ann", "on");
      writeFileSync(join(folder, "users.acl"), text);
      const { value } = (await client.command("ACL", "LOAD")) as { value: string };
      errors.push([value.replaceAll(`${folder}/`, ""), plain(await client.command("ACL", "LIST"))]);
      client.close();
    }
    expectSame(errors);
    expect(errors[0][1]).toEqual([
      "user ann on resetchannels -@all",
      "user default on nopass ~* &* +@all",
    ]);
  });
});

describe("users that are there from the start", () => {
  test.each([
    ["requirepass one", ""],
    ["requirepass one\nuser default on >two ~* +@all", ""],
    ["user ann on >x ~a* %R~b +@all -@dangerous (+set ~q)", ""],
    ["acl-pubsub-default allchannels\nuser ann on\nuser bob (+get) reset", ""],
    ["user ann\nuser bob +select|1 +select|2", ""],
    ["aclfile FOLDER/users.acl", "user ann on >x ~a*\r\n\n  \nuser bob off nopass +@all\n"],
    ["requirepass one\naclfile FOLDER/users.acl", "user ann on"],
    ["requirepass one\naclfile FOLDER/users.acl", "user default on >two +@all ~*"],
  ])("%j %j", async (conf, file) => {
    const answers: unknown[][] = [];
    for (const command of BOTH) {
      const files = { "redis.conf": `${conf}\n`, "users.acl": file };
      const { server, folder } = await start(command, files);
      const client = await server.connect();
      await client.command("AUTH", "one");
      await client.command("AUTH", "two");
      const list = plain(await client.command("ACL", "LIST"));
      const pass = plain(await client.command("CONFIG", "GET", "requirepass"));
      answers.push([list, pass, said(server.log(), folder)]);
      client.close();
    }
    expectSame(answers);
  });

  test("CONFIG REWRITE writes them, unless they are an ACL file's", async () => {
    for (const conf of ["user ann on ~x\n# some\nuser bob off\n", "aclfile FOLDER/users.acl\n"]) {
      const written: string[][] = [];
      for (const command of BOTH) {
        const { server, folder } = await start(command, { "redis.conf": conf, "users.acl": "" });
        const client = await server.connect();
        await client.command("ACL", "SETUSER", "ann", "+get", ">x");
        await client.command("ACL", "SETUSER", "eve", "on", "(~a b* +set)");
        await client.command("ACL", "DELUSER", "bob");
        expect(plain(await client.command("CONFIG", "REWRITE"))).toBe("OK");
        const text = readFileSync(join(folder, "redis.conf"), "latin1");
        written.push([conf, ...text.split("\n").filter((line) => /^user |^# some/.test(line))]);
        client.close();
      }
      expectSame(written);
    }
  });
});

test("ACL SAVE writes what ACL LOAD reads, and the clients of other users go", async () => {
  const answers: unknown[][] = [];
  for (const command of BOTH) {
    const conf = "aclfile FOLDER/users.acl\n";
    const { server, folder } = await start(command, { "redis.conf": conf, "users.acl": "" });
    const path = join(folder, "users.acl");
    const client = await server.connect();
    await client.command("ACL", "SETUSER", "ann", "on", ">x", "~a*", "%W~b", "+@all", "(&c -@all)");
    await client.command("ACL", "SETUSER", "default", "-debug");
    const list = plain(await client.command("ACL", "LIST"));
    expect(plain(await client.command("ACL", "SAVE"))).toBe("OK");
    const text = readFileSync(path, "latin1");
    expect(text).toBe((list as string[]).map((line) => `${line}\n`).join(""));
    const ann = await server.connect();
    await ann.command("AUTH", "ann", "x");
    writeFileSync(path, `${text}user bob on nopass +@all\n`);
    expect(plain(await client.command("ACL", "LOAD"))).toBe("OK");
    await expect(ann.command("PING")).rejects.toThrow();
    const bob = await server.connect();
    await bob.command("AUTH", "bob", "x");
    // Who asks for it is told, and goes.
    expect(plain(await bob.command("ACL", "LOAD"))).toBe("OK");
    await expect(bob.command("PING")).rejects.toThrow();
    answers.push([plain(await client.command("ACL", "LIST")), text]);
    rmSync(path);
    const { value } = (await client.command("ACL", "LOAD")) as { value: string };
    answers.at(-1)?.push(value.replaceAll(folder, ""));
    for (const one of [client, ann, bob]) one.close();
  }
  expectSame(answers);
});
