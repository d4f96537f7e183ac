// MODULE, where there are no modules.

import { describe, expect, test } from "bun:test";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const NOT_ALLOWED =
  'ERR MODULE command not allowed. If the enable-module-command option is set to "local", you ' +
  "can run it from a local connection, otherwise you need to set this option in the " +
  "configuration file, and then restart the server.";

async function withServer(args: string[], run: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer({ args });
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  test("MODULE LIST is empty, and nothing can be loaded", () =>
    withServer([], (server) =>
      server.session(
        `
        > MODULE LIST
        (empty array)
        > MODULE LOAD /a.so
        (error) ${NOT_ALLOWED}
        > MODULE LOADEX /a.so
        (error) ${NOT_ALLOWED}
        > MODULE UNLOAD a
        (error) ${NOT_ALLOWED}
        > MODULE
        (error) ERR wrong number of arguments for 'module' command
        > MODULE NOSUCH
        (error) ERR unknown subcommand 'NOSUCH'. Try MODULE HELP.
      `,
        { protocol },
      ),
    ));

  test("with enable-module-command, loading fails as in Redis, and the log says why", () =>
    withServer(["--enable-module-command", "yes"], async (server) => {
      await server.session(
        `
        > MODULE LOAD /a.so 1 2
        (error) ERR Error loading the extension. Please check the server logs.
        > MODULE LOADEX /a.so CONFIG a b ARGS c
        (error) ERR Error loading the extension. Please check the server logs.
        > MODULE UNLOAD b
        (error) ERR Error unloading module: no such module with that name
      `,
        { protocol },
      );
      expect(server.log()).toContain("Module /a.so failed to load: there are no modules");
      expect(server.log()).toContain("Error unloading module b: there are no modules");
    }));
});

test("MODULE HELP lists the subcommands", () =>
  withServer([], async (server) => {
    const client = await server.connect();
    const help = plain(await client.command("MODULE", "HELP")) as string[];
    expect(help[0]).toStartWith("MODULE <subcommand>");
    expect(help).toContain("LIST");
    expect(help).toContain("UNLOAD <name>");
    client.close();
  }));
