// Purpose: configuration files and the command line: what they set, and what stops the start.

import { expect, test } from "bun:test";
import { ConfigError, parseCommandLine } from "../../src/config/file.ts";
import { configOf, fakeHost } from "./fake_host.ts";

const SERVER = "Rusk 1.2.3";

/** What is printed when this file stops the start. */
function report(text: string, files: Record<string, string> = {}): string {
  try {
    configOf(fakeHost({ "/home/test.conf": text, ...files }), "test.conf");
  } catch (error) {
    if (error instanceof ConfigError) return error.report(SERVER);
    throw error;
  }
  return "";
}

test("an error names the file, the line and the reason", () => {
  expect(report("# x\n\n  nosuch  1\t\n")).toBe(
    "\n*** FATAL CONFIG FILE ERROR (Rusk 1.2.3) ***\n" +
      "Reading the configuration file, at line 3 of test.conf\n" +
      ">>> 'nosuch  1'\n" +
      "Bad directive or wrong number of arguments\n",
  );
});

test.each([
  ["port", "wrong number of arguments"],
  ["port 1 2", "wrong number of arguments"],
  ["port 65536", "argument must be between 0 and 65535 inclusive"],
  ['port "1', "Unbalanced quotes in configuration line"],
  ["rename-command a", "Bad directive or wrong number of arguments"],
  ["rename-command nosuch b", "No such command in rename-command"],
  ["loadmodule /x.so 1", "Can't load module from /x.so: there are no modules"],
  ["module.option", "Module config specified without value"],
  ["module.option 1", "Module configuration without a module: there are no modules"],
  ["sentinel monitor x", "sentinel directive while not in sentinel mode"],
  ["lua-replicate-commands", "Bad directive or wrong number of arguments"],
  ["dir /nowhere", "No such file or directory"],
])("%p: %s", (line, reason) => {
  expect(report(line)).toEndWith(`>>> '${line}'\n${reason}\n`);
});

test("an error of the whole names no line", () => {
  expect(report("cluster-enabled yes\nreplicaof a 1")).toBe(
    "\n*** FATAL CONFIG FILE ERROR (Rusk 1.2.3) ***\n" +
      "replicaof directive not allowed in cluster mode\n",
  );
});

test("a file that cannot be read is named in one line", () => {
  const expected =
    "Fatal error, can't open config file '/home/other.conf': No such file or directory\n";
  expect(report("include /home/other.conf")).toBe(expected);
});

test("include reads files where it stands, one or all that match", () => {
  const files = {
    "/home/test.conf": "timeout 1\ninclude conf.d/*.conf\ninclude none/*/x?\nhz 30\n",
    "/home/conf.d/b.conf": "timeout 3",
    "/home/conf.d/a.conf": "timeout 2\nhz 20",
    "/home/conf.d/.hidden.conf": "timeout 9",
    "/home/conf.d/c.txt": "timeout 8",
  };
  const config = configOf(fakeHost(files), "test.conf");
  expect([config.number("timeout"), config.number("hz")]).toEqual([3, 30]);
  const nested = { ...files, "/home/top.conf": "include [!x]o*f.?/[!b].conf" };
  expect(configOf(fakeHost(nested), "top.conf").number("timeout")).toBe(2);
});

test("an error in an included file names that file", () => {
  const text = report("include sub.conf\n", { "/home/sub.conf": "\nnosuch\n" });
  expect(text).toContain("at line 2 of sub.conf\n>>> 'nosuch'\n");
});

test("files that include each other end", () => {
  expect(report("include test.conf")).toContain("Files include files 32 deep");
});

test("dir acts at once: a later include starts from it", () => {
  const host = fakeHost({ "/etc/x.conf": "timeout 5" });
  expect(configOf(host, "--dir", "/etc", "--include", "x.conf").number("timeout")).toBe(5);
  expect(host.folder).toBe("/etc");
});

test("renamed commands, users and obsolete directives are taken", () => {
  const host = fakeHost();
  const user = "user default on nopass sanitize-payload ~* &* +@all\n";
  host.input = `rename-command GET fetch\nrename-command set ''\n${user}`;
  const config = configOf(host, "-", "--list-max-ziplist-value", "3");
  expect(host.renamed).toEqual([
    ["GET", "fetch"],
    ["set", ""],
  ]);
  expect(config.users[0].slice(0, 3)).toEqual(["default", "on", "nopass"]);
});

test("a user that cannot be made stops the start", () => {
  const config = configOf(fakeHost({ "/x.conf": 'user ann on ">a b" ~*\nuser bob' }), "/x.conf");
  expect(config.users).toEqual([["ann", "on", ">a b", "~*"], ["bob"]]);
  const start = () => configOf(fakeHost({ "/x.conf": "user ann\nuser nobody on" }), "/x.conf");
  expect(start).toThrow("Error in user declaration 'nobody': x");
});

test("the first save replaces the default, further ones add to it", () => {
  const host = fakeHost({ "/home/test.conf": "save 900 1\n" });
  expect(configOf(host, "test.conf").text("save")).toBe("900 1");
  expect(configOf(host, "test.conf", "--save", "100", "100").text("save")).toBe("900 1 100 100");
  expect(configOf(host, "test.conf", "--save", "").text("save")).toBe("");
  expect(configOf(host, "--hz", "20").text("save")).toBe("3600 1 300 100 60 10000");
});

test("the command line follows the standard input, which follows the file", () => {
  const host = fakeHost({ "/home/test.conf": "timeout 1\nhz 1\nlfu-decay-time 11" });
  host.input = "timeout 2\nhz 2";
  const config = configOf(host, "test.conf", "--timeout", "3", "-");
  const values = (["timeout", "hz", "lfu-decay-time"] as const).map((name) => config.number(name));
  expect(values).toEqual([3, 2, 11]);
});

test.each([
  [[], null, false, ""],
  [["a.conf"], "a.conf", false, ""],
  [["-"], null, true, ""],
  [["a.conf", "-"], "a.conf", true, ""],
  [["-x"], null, false, '"-x" '],
  [["--port", "1", "--hz", "2"], null, false, 'port "1" \nhz "2" '],
  [["--port 1", "--hz 2"], null, false, "port 1 \nhz 2 "],
  [["--port", "--hz", "2"], null, false, 'port "--hz" "2" '],
  [["--save", "--hz", "2"], null, false, 'save ""\nhz "2" '],
  [["--hz", "2", "--save"], null, false, 'hz "2" \nsave ""'],
  [["--save", ""], null, false, 'save "" '],
  [["--logfile", "a b\n"], null, false, 'logfile "a b\\n" '],
  [["a.conf", "loglevel", "debug"], "a.conf", false, '"loglevel" "debug" '],
  [["--masterauth", "-", "--hz", "1"], null, false, 'masterauth "-" \nhz "1" '],
])("the command line %p", (args, file, readsStandardInput, options) => {
  expect(parseCommandLine(args as string[])).toEqual({
    file,
    readsStandardInput,
    options,
  } as never);
});
