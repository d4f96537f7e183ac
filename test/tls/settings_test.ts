// Purpose: what the directives of TLS do: whom the server believes, what it speaks, when it takes
// a changed file, and what it says of settings that cannot be, at the start and by CONFIG SET.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { type Client, connect } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { freePort, redisBinary, startRedis, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import {
  CLIENT,
  certificate,
  greet,
  pem,
  type SecureServer,
  secureClient,
  startSecureServer,
  tlsArgs,
} from "./secure_server.ts";

const NOT_UPDATED = "Unable to update TLS configuration. Check server logs.";

const folder = mkdtempSync(join(tmpdir(), "rusk-tls-"));
let server: SecureServer;
let admin: Client;

beforeAll(async () => {
  server = await startSecureServer();
  admin = await server.connect();
});
afterAll(async () => {
  admin?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What was changed goes back, the certificates first. */
afterEach(async () => {
  const [certificateFile, keyFile] = [certificate("server.crt"), certificate("server.key")];
  await set("tls-key-file-pass", "", "tls-cert-file", certificateFile, "tls-key-file", keyFile);
  await set("tls-ca-cert-dir", "", "tls-ca-cert-file", certificate("authority.crt"));
  await set("tls-auth-clients", "no", "tls-protocols", "", "tls-ciphers", "");
  await set("tls-ciphersuites", "", "tls-prefer-server-ciphers", "no");
});

async function set(...words: string[]): Promise<unknown> {
  return plain(await admin.command("CONFIG", "SET", ...words));
}

const refusal = (name: string, reason: string) =>
  expect.objectContaining({
    message: `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`,
  });

/** What PING is answered over a new connection; "refused" when there is none. */
async function ping(options: ConnectionOptions = {}, port = server.tlsPort): Promise<unknown> {
  try {
    const client = await secureClient(port, options);
    try {
      return plain(await client.command("PING"));
    } finally {
      client.close();
    }
  } catch {
    return "refused";
  }
}

const STRANGER = { cert: pem("stranger.crt"), key: pem("stranger.key") };

describe("tls-auth-clients", () => {
  const outcomes = async () => [await ping(), await ping(CLIENT), await ping(STRANGER)];

  test("no: nobody is asked", async () => {
    expect(await outcomes()).toEqual(["PONG", "PONG", "PONG"]);
  });

  test("optional: who shows a certificate must show a good one", async () => {
    expect(await set("tls-auth-clients", "optional")).toBe("OK");
    expect(await outcomes()).toEqual(["PONG", "PONG", "refused"]);
  });

  test("yes: who shows none is refused, and the log says why", async () => {
    expect(await set("tls-auth-clients", "yes")).toBe("OK");
    expect(await outcomes()).toEqual(["refused", "PONG", "refused"]);
    await until("the log has both", () =>
      [
        /Error accepting a client connection: error:\w+:.*:peer did not return a certificate\n/i,
        /Error accepting a client connection: error:\w+:.*:certificate verify failed\n/i,
      ].every((line) => line.test(server.log())),
    );
  });

  test("connections that are there stay", async () => {
    const client = await secureClient(server.tlsPort);
    await set("tls-auth-clients", "yes");
    expect(plain(await client.command("PING"))).toBe("PONG");
    client.close();
  });

  test("authorities may be in a folder, named by their hashes", async () => {
    const authorities = join(folder, "authorities");
    mkdirSync(authorities);
    copyFileSync(certificate("authority.crt"), join(authorities, "authority.pem"));
    symlinkSync("authority.pem", join(authorities, AUTHORITY_HASH));
    expect(await set("tls-ca-cert-file", "", "tls-ca-cert-dir", authorities)).toBe("OK");
    await set("tls-auth-clients", "yes");
    expect(await outcomes()).toEqual(["refused", "PONG", "refused"]);
  });
});

/** What `openssl x509 -hash` says of authority.crt, and a number. */
const AUTHORITY_HASH = "8932ebbf.0";

describe("certificates", () => {
  /** Whom the server says it is, to one who greets it now. */
  async function keyBits(): Promise<number | undefined> {
    const socket = await greet(server.tlsPort);
    const { bits } = socket.getPeerCertificate();
    socket.destroy();
    return bits;
  }

  test("a file that was replaced is read when it is set again", async () => {
    const [file, keyFile] = [join(folder, "own.crt"), join(folder, "own.key")];
    copyFileSync(certificate("server.crt"), file);
    copyFileSync(certificate("server.key"), keyFile);
    expect(await set("tls-cert-file", file, "tls-key-file", keyFile)).toBe("OK");
    expect(await keyBits()).toBe(2048);
    const before = await secureClient(server.tlsPort);
    copyFileSync(certificate("renewed.crt"), file);
    copyFileSync(certificate("renewed.key"), keyFile);
    expect(await keyBits()).toBe(2048);
    expect(await set("tls-cert-file", file)).toBe("OK");
    expect(await keyBits()).toBe(256);
    expect(plain(await before.command("PING"))).toBe("PONG");
    before.close();
  });

  test("a key with a password", async () => {
    const locked = certificate("server.locked.key");
    expect(await set("tls-key-file", locked)).toEqual(refusal("tls-key-file", NOT_UPDATED));
    const wrong = ["tls-key-file-pass", "4321", "tls-key-file", locked];
    expect(await set(...wrong)).toEqual(refusal("tls-key-file-pass", NOT_UPDATED));
    expect(await ping()).toBe("PONG");
    expect(await set("tls-key-file-pass", "1234", "tls-key-file", locked)).toBe("OK");
    expect(await ping()).toBe("PONG");
    expect(server.log()).not.toContain("1234");
    expect(server.log()).not.toContain("4321");
  });

  test("what cannot be changes nothing", async () => {
    const missing = join(folder, "missing.crt");
    const before = plain(await admin.command("CONFIG", "GET", "tls-*"));
    const bad: [string, string][] = [
      ["tls-cert-file", missing],
      ["tls-cert-file", ""],
      ["tls-cert-file", certificate("server.key")],
      ["tls-key-file", certificate("server.crt")],
      ["tls-ca-cert-file", missing],
      ["tls-dh-params-file", certificate("server.key")],
      ["tls-protocols", "TLSv1.2 TLSv2"],
      ["tls-ciphers", "nothing"],
      ["tls-ciphersuites", "nothing"],
    ];
    for (const [name, value] of bad) {
      expect(await set(name, value)).toEqual(refusal(name, NOT_UPDATED));
    }
    expect(plain(await admin.command("CONFIG", "GET", "tls-*"))).toEqual(before);
    expect(await ping()).toBe("PONG");
  });
});

describe("what is spoken", () => {
  async function spoken(options: ConnectionOptions = {}): Promise<string> {
    try {
      const socket = await greet(server.tlsPort, options);
      const found = `${socket.getProtocol()} ${socket.getCipher().name}`;
      socket.destroy();
      return found;
    } catch {
      return "refused";
    }
  }
  const only = (version: "TLSv1.2" | "TLSv1.3") => ({ minVersion: version, maxVersion: version });

  test("tls-protocols", async () => {
    expect(await spoken(only("TLSv1.2"))).toStartWith("TLSv1.2 ");
    expect(await spoken(only("TLSv1.3"))).toStartWith("TLSv1.3 ");
    expect(await set("tls-protocols", "TLSv1.2")).toBe("OK");
    expect(await spoken(only("TLSv1.2"))).toStartWith("TLSv1.2 ");
    expect(await spoken(only("TLSv1.3"))).toBe("refused");
    expect(await set("tls-protocols", "tlsv1.3")).toBe("OK");
    expect(await spoken(only("TLSv1.2"))).toBe("refused");
    expect(await spoken(only("TLSv1.3"))).toStartWith("TLSv1.3 ");
    expect(await set("tls-protocols", "")).toBe("OK");
    expect(await spoken(only("TLSv1.2"))).toStartWith("TLSv1.2 ");
  });

  const [STRONG, QUICK] = ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"];

  test("tls-ciphers, and whose order counts", async () => {
    const offered = { ...only("TLSv1.2"), ciphers: `${QUICK}:${STRONG}` };
    expect(await set("tls-ciphers", STRONG)).toBe("OK");
    expect(await spoken(offered)).toBe(`TLSv1.2 ${STRONG}`);
    expect(await spoken({ ...offered, ciphers: QUICK })).toBe("refused");
    expect(await set("tls-ciphers", `${STRONG}:${QUICK}`)).toBe("OK");
    expect(await spoken(offered)).toBe(`TLSv1.2 ${QUICK}`);
    expect(await set("tls-prefer-server-ciphers", "yes")).toBe("OK");
    expect(await spoken(offered)).toBe(`TLSv1.2 ${STRONG}`);
  });

  test("tls-ciphersuites", async () => {
    for (const suite of ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]) {
      expect(await set("tls-ciphersuites", suite)).toBe("OK");
      expect(await spoken(only("TLSv1.3"))).toBe(`TLSv1.3 ${suite}`);
    }
  });
});

describe("where it listens", () => {
  test("ports go from one to the other", async () => {
    const port = await freePort();
    let client = await secureClient(server.tlsPort);
    const command = async (...words: string[]) => plain(await client.command(...words));
    expect(await command("CONFIG", "SET", "tls-port", "0")).toBe("OK");
    expect(await ping()).toBe("refused");
    expect(await command("CONFIG", "SET", "port", String(port))).toBe("OK");
    client.close();
    client = await connect({ port });
    expect(await command("PING")).toBe("PONG");
    expect(await command("CONFIG", "SET", "port", "0")).toBe("OK");
    expect(await command("CONFIG", "SET", "tls-port", String(server.tlsPort))).toBe("OK");
    expect(await ping()).toBe("PONG");
    expect(await command("INFO", "server")).toContain(`\r\ntcp_port:${server.tlsPort}\r\n`);
    expect(await command("CONFIG", "SET", "tls-port", String(server.port))).toBe("OK");
    expect(await command("CONFIG", "SET", "port", String(server.port))).toEqual(
      refusal("port", "Unable to listen on this port. Check server logs."),
    );
    expect(await command("CONFIG", "SET", "tls-port", String(server.tlsPort))).toBe("OK");
    expect(await command("CONFIG", "SET", "port", String(server.port))).toBe("OK");
    client.close();
  });

  test("there may be no port but that of TLS", async () => {
    const port = await freePort();
    const only = await startServer({ args: ["--port", "0", ...tlsArgs(port)] });
    expect(await ping({}, port)).toBe("PONG");
    expect(only.log()).toContain("Ready to accept connections");
    expect(only.log()).toContain(`port=${port}`);
    await only.stop();
  });

  test("without a port its settings are not looked at, until there is one", async () => {
    const [port, plainServer] = [await freePort(), await startServer()];
    const client = await plainServer.connect();
    const command = async (...words: string[]) =>
      plain(await client.command("CONFIG", "SET", ...words));
    expect(await command("tls-protocols", "nothing")).toBe("OK");
    expect(await command("tls-port", String(port))).toEqual(refusal("tls-port", NOT_UPDATED));
    expect(await ping({}, port)).toBe("refused");
    const files = tlsArgs(port).slice(2);
    const words = files.map((word) => word.replace(/^--/, ""));
    expect(await command(...words, "tls-protocols", "")).toBe("OK");
    expect(await command("tls-port", String(port))).toBe("OK");
    expect(await ping({}, port)).toBe("PONG");
    client.close();
    await plainServer.stop();
  });
});

describe.skipIf(redisBinary() === null)("settings that cannot be, at the start, as Redis", () => {
  const files = (crt: string, key: string) => [
    ...["--tls-cert-file", certificate(crt), "--tls-key-file", certificate(key)],
  ];
  const good = files("server.crt", "server.key");
  const open = ["--tls-auth-clients", "no"];
  const cases: readonly (readonly string[])[] = [
    [],
    ["--tls-cert-file", certificate("server.crt")],
    good,
    [...open, ...files("missing.crt", "server.key")],
    [...open, ...files("server.key", "server.key")],
    [...open, ...files("server.crt", "missing.key")],
    [...open, ...files("server.crt", "server.crt")],
    [...open, ...files("client.crt", "stranger.key")],
    [...open, ...files("server.crt", "server.locked.key"), "--tls-key-file-pass", "wrong"],
    [...good, "--tls-ca-cert-file", certificate("missing.crt")],
    [...good, "--tls-ca-cert-file", certificate("server.key")],
    [...good, ...open, "--tls-protocols", "SSLv3"],
    [...good, ...open, "--tls-protocols", '"TLSv1.2'],
    [...good, ...open, "--tls-ciphers", "nothing"],
    [...good, ...open, "--tls-ciphersuites", "nothing"],
    [...good, ...open, "--tls-dh-params-file", certificate("missing.pem")],
    [...good, ...open, "--tls-dh-params-file", certificate("server.key")],
    [...good, "--tls-replication", "yes"],
  ];
  for (const args of cases) {
    const shown = args.map((word) => word.replace(/^.*\//, "")).join(" ");
    test(shown === "" ? "nothing but the port" : shown, async () => {
      const all = ["--port", "0", "--tls-port", String(await freePort()), ...args];
      const [ours, theirs] = [
        await startServer({ args: all, noWait: true }),
        await startRedis({ args: all, noWait: true }),
      ];
      expect([await ours.exited, await theirs.exited]).toEqual([1, 1]);
      expect(complaints(ours.log())).toEqual(complaints(theirs.log()));
      await Promise.all([ours.stop(), theirs.stop()]);
    });
  }

  /** The warnings after the greeting, without times. */
  function complaints(log: string): string[] {
    const lines = log.split("\n").map((line) => line.replace(/^\S+ .*? [*#] /, ""));
    return lines
      .filter((line) => /tls|certificate|key|cipher|DH|load|file/i.test(line))
      .filter((line) => !/^(Configuration loaded|Warning|WARNING)/.test(line));
  }

  test("a file in which there is no key is not taken for one", async () => {
    const file = join(folder, "empty.key");
    writeFileSync(file, "");
    expect(await set("tls-key-file", file)).toEqual(refusal("tls-key-file", NOT_UPDATED));
  });
});
