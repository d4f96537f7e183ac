// Purpose: packaging/rusk.conf starts a server, sets nothing but defaults, and names every
// directive: as a line, as a comment, or among those without effect.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigFileKind, configFile } from "../../packaging/config_file.ts";
import type { Config } from "../../src/config/config.ts";
import { DIRECTIVES, type Name } from "../../src/config/directives.ts";
import { ruskCommand, startServer } from "../client/server.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";

const PATH = join(import.meta.dir, "../../packaging/rusk.conf");

/** What a file with this text sets to something else than its default. */
function changedBy(text: string): Record<string, string> {
  const config: Config = configOf(fakeHost({ "/home/rusk.conf": text }), "rusk.conf");
  const names = Object.keys(DIRECTIVES) as Name[];
  return Object.fromEntries(
    names
      .filter((name) => config.text(name) !== DIRECTIVES[name].print(DIRECTIVES[name].initial))
      .map((name) => [name, config.text(name)]),
  );
}

test("a server starts with it, and without a warning", async () => {
  const server = await startServer({ command: [...ruskCommand(), PATH] });
  try {
    await server.session(`
      > CONFIG GET bind
      1) "bind"
      2) "127.0.0.1 -::1"
    `);
    expect(server.log()).not.toMatch(/WARNING/i);
  } finally {
    await server.stop();
  }
});

test("it sets where to listen, and otherwise what is so anyway", () => {
  expect(changedBy(configFile("plain"))).toEqual({ bind: "127.0.0.1 -::1", dir: "/home" });
});

test("that of the Debian package has a supervisor and a folder, besides", () => {
  expect(changedBy(configFile("debian"))).toEqual({
    bind: "127.0.0.1 -::1",
    dir: "/var/lib/rusk",
    supervised: "systemd",
  });
});

test("what is commented out is valid, too", () => {
  const text = configFile("plain").replace(/^# ([a-z-]+) (\S.*)$/gm, (line, name, value) =>
    name in DIRECTIVES && !value.includes(", ") ? `${name} ${value}` : line,
  );
  expect(changedBy(text)).toMatchObject({
    requirepass: "a-long-random-text",
    maxmemory: "2147483648",
    "tls-protocols": "TLSv1.2 TLSv1.3",
    unixsocketperm: "770",
  });
});

test.each<ConfigFileKind>(["plain", "debian"])("every directive is there: %s", (kind) => {
  const text = configFile(kind);
  const known = (Object.keys(DIRECTIVES) as Name[]).filter(
    (name) => DIRECTIVES[name].traits.hidden !== true,
  );
  const missing = known.filter(
    (name) => !new RegExp(`(?:^(?:# )?|(?:: |, |^# ))${name}(?:[ ,]|$)`, "m").test(text),
  );
  expect(missing).toEqual([]);
});

test("lines have at most 80 columns, and the file is the one that is shipped", () => {
  const text = readFileSync(PATH, "utf8");
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(text).toBe(configFile("plain"));
});
