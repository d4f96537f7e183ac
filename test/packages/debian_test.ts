// Purpose: a fresh Debian gets the archive, or the Debian package: what that brings, and what it
// leaves when it goes; the service under a real systemd: started, killed, upgraded, removed.
//
// Needs root, Debian, and the tools below; without them the tests are skipped, and say why.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tar } from "../../packaging/archive/archives.ts";
import { archiveContents, archiveName } from "../../packaging/archive/contents.ts";
import { targetOf } from "../../packaging/binary/targets.ts";
import { buildDeb, hostArchitecture, packageVersion } from "../../packaging/deb.ts";
import { until } from "../client/until.ts";
import { DebianRoot, Machine, must, type Outcome, run, started, whyNoRoot } from "./debian_root.ts";

const BINARY = resolve(import.meta.dir, "../../dist/rusk");
const INSTALL_PAGE = resolve(import.meta.dir, "../../docs/install.md");
const LATER = `${packageVersion()}+later`;

const reason =
  whyNoRoot(["dpkg-buildpackage", "dh", "redis-cli", "unshare", "setpriv"]) ??
  (existsSync(BINARY) ? null : "needs dist/rusk");
const noBoot = reason ?? whyNoRoot(["systemd-nspawn", "nsenter"]);
if (noBoot !== null) console.warn(`test/packages/debian_test.ts: tests are skipped: ${noBoot}`);

const folder = mkdtempSync(join(tmpdir(), "rusk-deb-"));
/** Packages for tests are not packed. */
const SUPPRESSED = "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball";
const LINTIAN_OPTIONS = [
  ...["--suppress-tags", SUPPRESSED],
  ...["--allow-root", "--pedantic", "--display-info"],
  ...["--fail-on", "error,warning,info,pedantic"],
];
const hasLintian = Bun.which("lintian") !== null;
let checked: Promise<Outcome> | null = null;
let deb = "";
let laterDeb = "";
let root: DebianRoot;

function build(version: string): string {
  const arch = hostArchitecture();
  return buildDeb({ binary: BINARY, arch, version, out: folder, fast: true });
}

beforeAll(() => {
  if (reason !== null) return;
  deb = build(packageVersion());
  laterDeb = build(LATER);
  // As another process, since it takes long.
  if (hasLintian) checked = started(["lintian", ...LINTIAN_OPTIONS, deb]);
  root = DebianRoot.make();
  for (const each of [deb, laterDeb]) cpSync(each, join(root.path, inRoot(each)));
});

afterAll(() => {
  root?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a package is in the root. */
const inRoot = (path: string) => join("/root", path.slice(folder.length));

/** Without waiting for the disk, which is of no use here. */
const INSTALL = ["dpkg", "--force-unsafe-io", "--install"];

/** Installs a package where none has been before. */
function install(): void {
  must(root.inside("dpkg", "-P", "rusk"));
  must(root.inside(...INSTALL, inRoot(deb)));
}

describe.skipIf(reason !== null)("the package", () => {
  test("two builds are the same bytes", () => {
    const again = mkdtempSync(join(tmpdir(), "rusk-deb-"));
    try {
      const arch = hostArchitecture();
      const version = packageVersion();
      const second = buildDeb({ binary: BINARY, arch, version, out: again, fast: true });
      expect(run(["cmp", deb, second])).toEqual({ status: 0, output: "" });
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
  });

  test.skipIf(!hasLintian)("Debian's checker has nothing against it", async () => {
    expect(await checked).toEqual({ status: 0, output: "" });
  });

  test("brings a user, folders and configuration; a removal keeps data, a purge nothing", () => {
    must(root.inside("dpkg", "-P", "rusk"));
    const before = root.files();
    install();
    const shown = ["/etc/rusk", "/etc/rusk/rusk.conf", "/var/lib/rusk", "/usr/bin/rusk"];
    expect(must(root.inside("stat", "-c", "%A %U %G %n", ...shown))).toBe(
      "drwxrws--- rusk rusk /etc/rusk\n" +
        "-rw-r----- rusk rusk /etc/rusk/rusk.conf\n" +
        "drwxr-x--- rusk rusk /var/lib/rusk\n" +
        "-rwxr-xr-x root root /usr/bin/rusk\n",
    );
    expect(root.read("etc/passwd")).toMatch(
      /^rusk:x:\d+:\d+:Rusk server,,,:\/var\/lib\/rusk:\/usr\/sbin\/nologin$/m,
    );
    expect(must(root.inside("dpkg", "--verify", "rusk"))).toBe("");
    root.write("var/lib/rusk/dump.rdb", "data");

    must(root.inside("dpkg", "-r", "rusk"));
    expect(root.has("usr/bin/rusk")).toBe(false);
    expect(root.read("var/lib/rusk/dump.rdb")).toBe("data");
    expect(root.has("etc/rusk/rusk.conf")).toBe(true);

    must(root.inside("dpkg", "-P", "rusk"));
    expect(root.read("etc/passwd")).not.toContain("rusk");
    const left = new Set(before);
    expect(root.files().filter((path) => !left.has(path))).toEqual([]);
  });

  test("starts with its configuration, as its user, where nothing else is installed", async () => {
    install();
    const socket = "/var/lib/rusk/rusk.sock";
    const dir = await dirOf(socket, "rusk", "rusk", "/etc/rusk/rusk.conf", "--supervised", "no");
    expect(dir).toBe("dir\n/var/lib/rusk\n");
    expect(root.has("var/lib/rusk/dump.rdb")).toBe(true);
  });
});

/**
 * Starts a server in the root as this user, asks it for its folder, and shuts it down, at a socket
 * in the root.
 */
async function dirOf(socket: string, user: string, ...command: string[]): Promise<string> {
  const as = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
  const args = [...as, ...command, "--port", "0", "--unixsocket", socket];
  const server = Bun.spawn(root.inside(...args), { stdout: "ignore", stderr: "inherit" });
  await until("its socket", () => root.has(socket));
  const ask = ["redis-cli", "-s", join(root.path, socket)];
  const dir = must([...ask, "CONFIG", "GET", "dir"]);
  must([...ask, "SHUTDOWN", "SAVE"]);
  expect(await server.exited).toBe(0);
  return dir;
}

describe.skipIf(reason !== null)("the archive", () => {
  test("runs where it is unpacked, with its configuration and without", async () => {
    const folder = unpack();
    must(root.inside("chown", "-R", "games:games", folder));
    const inFolder = ["sh", "-c", `cd ${folder} && exec ./rusk "$@"`, "rusk"];
    expect(await dirOf(`${folder}/a.sock`, "games", ...inFolder)).toBe(`dir\n${folder}\n`);
    expect(root.has(`${folder}/dump.rdb`)).toBe(true);
    const configured = [...inFolder, "rusk.conf"];
    expect(await dirOf(`${folder}/b.sock`, "games", ...configured)).toBe(`dir\n${folder}\n`);
  });
});

/** Unpacks the archive for this machine; the folder, in the root. */
function unpack(): string {
  const target = targetOf(`linux-${process.arch}`);
  root.write("root/rusk.tar", tar(archiveContents(target, readFileSync(BINARY)), 0));
  must(root.inside("tar", "xf", "/root/rusk.tar", "-C", "/srv", "--no-same-owner"));
  return `/srv/${archiveName(target)}`;
}

describe.skipIf(noBoot !== null)("the service", () => {
  let machine: Machine;

  beforeAll(async () => {
    if (noBoot !== null) return;
    must(root.inside("dpkg", "-P", "rusk"));
    machine = await Machine.boot(root);
  });

  afterAll(async () => await machine?.stop());

  const pid = () => machine.property("rusk", "MainPID");
  const isUp = () => machine.redis("PING") === "PONG";

  test("lives through a kill, an upgrade and a removal", async () => {
    machine.must(...INSTALL, inRoot(deb));
    expect(machine.property("rusk", "ActiveState")).toBe("active");
    expect(machine.must("systemctl", "is-enabled", "rusk").trim()).toBe("enabled");
    await until("the server", isUp);
    expect(machine.redis("CONFIG", "GET", "dir")).toBe("dir\n/var/lib/rusk");
    expect(machine.redis("INFO", "server")).toContain("config_file:/etc/rusk/rusk.conf");
    expect(machine.must("stat", "-c", "%U", `/proc/${pid()}`).trim()).toBe("rusk");

    machine.redis("SET", "kept", "1");
    expect(machine.redis("CONFIG", "SET", "maxclients", "77")).toBe("OK");
    expect(machine.redis("CONFIG", "REWRITE")).toBe("OK");
    expect(machine.redis("SAVE")).toBe("OK");
    const first = pid();
    machine.must("sh", "-c", `kill -9 ${first}`);
    await until("another process", () => pid() !== first && isUp());
    expect(machine.redis("GET", "kept")).toBe("1");

    const second = pid();
    machine.redis("SET", "kept", "2");
    machine.must(...INSTALL, inRoot(laterDeb));
    expect(machine.must("dpkg-query", "-W", "rusk").trim()).toBe(`rusk\t${LATER}`);
    await until("the server", isUp);
    expect(pid()).not.toBe(second);
    expect(machine.redis("GET", "kept")).toBe("2");
    expect(machine.redis("CONFIG", "GET", "maxclients")).toBe("maxclients\n77");
    expect(machine.must("stat", "-c", "%A %U %G", "/etc/rusk/rusk.conf").trim()).toBe(
      "-rw-r----- rusk rusk",
    );

    machine.redis("SET", "kept", "3");
    machine.must("dpkg", "-r", "rusk");
    expect(isUp()).toBe(false);
    expect(machine.must("find", "/proc", "-maxdepth", "1", "-user", "rusk")).toBe("");
    machine.must(...INSTALL, inRoot(deb));
    await until("the server", isUp);
    expect(machine.redis("GET", "kept")).toBe("3");

    machine.must("dpkg", "-P", "rusk");
    expect(isUp()).toBe(false);
    expect([root.has("var/lib/rusk"), root.has("etc/rusk")]).toEqual([false, false]);
    expect(machine.property("rusk", "LoadState")).toBe("not-found");
  });

  test("can be had from the archive, by the commands that docs/install.md tells", async () => {
    machine.must("dpkg", "-P", "rusk");
    const page = readFileSync(INSTALL_PAGE, "utf8");
    const commands = /```sh\n(useradd[^`]*)```/.exec(page)?.[1];
    if (commands === undefined) throw new Error("docs/install.md tells no commands");
    machine.must("sh", "-euc", `cd ${unpack()}\n${commands}`);
    await until("the server", isUp);
    expect(machine.redis("CONFIG", "GET", "dir")).toBe("dir\n/var/lib/rusk");
    expect(machine.redis("CONFIG", "REWRITE")).toBe("OK");
    machine.must("systemctl", "restart", "rusk");
    await until("the server", isUp);
    machine.must("systemctl", "disable", "--now", "rusk");
    const unit = "/etc/systemd/system/rusk.service";
    machine.must("rm", "-r", "/usr/bin/rusk", "/etc/rusk", "/var/lib/rusk", unit);
    machine.must("userdel", "rusk");
  });
});
