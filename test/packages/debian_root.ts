/**
 * A fresh Debian in a folder, made by debootstrap, to install packages into: entered as a chroot,
 * or booted with its own systemd by systemd-nspawn, without a network of its own but loopback.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../client/until.ts";

const BOOTSTRAP_LIMIT_MS = 200_000;
/** What packages of ours depend on, and an init. */
const PACKAGES = ["adduser", "libssl3", "systemd-sysv"];

export interface Outcome {
  status: number | null;
  /** Standard output and standard error. */
  output: string;
}

/** Why this machine cannot make such a folder; null if it should. */
export function whyNoRoot(tools: readonly string[]): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux, and root";
  if (!/^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))) return "needs Debian";
  const missing = ["debootstrap", ...tools].filter((tool) => Bun.which(tool) === null);
  return missing.length === 0 ? null : `needs ${missing.join(", ")}`;
}

/** Runs a program; with what it printed. */
export function run(command: readonly string[], input = ""): Outcome {
  const [program, ...args] = command;
  const done = spawnSync(program, args, { input, encoding: "utf8", env: ENVIRONMENT });
  return { status: done.status, output: `${done.stdout}${done.stderr}` };
}

/** Runs a program beside this one. */
export async function started(command: readonly string[]): Promise<Outcome> {
  const child = Bun.spawn([...command], { stdout: "pipe", stderr: "pipe", env: ENVIRONMENT });
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  const output = (await Promise.all(texts)).join("");
  return { status: await child.exited, output };
}

/** Nothing of this machine's settings but where programs are. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  DEBIAN_FRONTEND: "noninteractive",
};

/** Runs a program that has to succeed; what it printed. */
export function must(command: readonly string[], input = ""): string {
  const { status, output } = run(command, input);
  if (status !== 0) throw new Error(`${command.join(" ")}: ${status}\n${output}`);
  return output;
}

/** A folder with a Debian in it. */
export class DebianRoot {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Other users than root have to find the way in. */
  private static empty(): DebianRoot {
    const path = mkdtempSync(join(tmpdir(), "rusk-debian-"));
    chmodSync(path, 0o755);
    return new DebianRoot(path);
  }

  /** One of this machine's version. DEBIAN_ROOT names a folder to keep one in, to begin from. */
  static make(): DebianRoot {
    const kept = process.env.DEBIAN_ROOT;
    const root = DebianRoot.empty();
    if (kept === undefined) root.bootstrap();
    else {
      if (!existsSync(kept)) new DebianRoot(kept).bootstrap();
      must(["cp", "-a", `${kept}/.`, root.path]);
    }
    return root;
  }

  private bootstrap(): void {
    const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    const include = `--include=${PACKAGES.join(",")}`;
    const args = ["--variant=minbase", include, codename ?? "stable", this.path];
    const done = spawnSync("debootstrap", args, { encoding: "utf8", timeout: BOOTSTRAP_LIMIT_MS });
    if (done.status !== 0) {
      this.remove();
      throw new Error(`debootstrap: ${done.status}\n${done.stdout}${done.stderr}`);
    }
    // Packages must not start services where no init runs.
    writeFileSync(join(this.path, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", {
      mode: 0o755,
    });
  }

  /** The command that runs one in this folder, with a /proc; it ends with this process. */
  inside(...command: string[]): string[] {
    const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
    const enter = `mount -t proc proc "$0/proc" && exec chroot "$0" "$@"`;
    return ["setpriv", "--pdeathsig", "KILL", ...unshare, "sh", "-c", enter, this.path, ...command];
  }

  /** The paths of all files, without what is not a package's: /proc, /run, caches, logs. */
  files(): string[] {
    const found = must(["find", this.path, "-xdev", "-printf", "/%P\\n"]);
    return found.split("\n").filter((path) => !/^\/(?:proc|run|var\/log|var\/cache)\//.test(path));
  }

  has(path: string): boolean {
    return existsSync(join(this.path, path));
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), "utf8");
  }

  write(path: string, text: string | Uint8Array): void {
    writeFileSync(join(this.path, path), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A Debian that runs: its init and what that has started. */
export class Machine {
  private readonly nspawn: ChildProcess;
  private readonly leader: number;

  private constructor(nspawn: ChildProcess, leader: number) {
    this.nspawn = nspawn;
    this.leader = leader;
  }

  /** Boots what is in the folder, and waits until all is up. Throws, with the console, if not. */
  static async boot(root: DebianRoot): Promise<Machine> {
    rmSync(join(root.path, "usr/sbin/policy-rc.d"), { force: true });
    const options = ["--quiet", "--register=no", "--keep-unit", "--private-network", "--boot"];
    const command = ["--pdeathsig", "TERM", "systemd-nspawn", "-D", root.path, ...options];
    const nspawn = spawn("setpriv", command, { stdio: ["ignore", "pipe", "pipe"] });
    let console = "";
    for (const stream of [nspawn.stdout, nspawn.stderr]) {
      stream.on("data", (chunk) => {
        console += chunk;
      });
    }
    const children = `/proc/${nspawn.pid}/task/${nspawn.pid}/children`;
    let machine: Machine | null = null;
    await until("a machine that has started", () => {
      if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn: ${console}`);
      const [leader] = readFileSync(children, "utf8").split(" ").map(Number);
      if (!leader) return false;
      machine = new Machine(nspawn, leader);
      return /running|degraded/.test(machine.run("systemctl", "is-system-running").output);
    });
    if (machine === null) throw new Error("unreachable");
    return machine;
  }

  /** Runs a program inside. */
  run(...command: string[]): Outcome {
    return run(["nsenter", "-t", String(this.leader), "--all", "--", ...command]);
  }

  /** Runs a program inside, which has to succeed; what it printed. */
  must(...command: string[]): string {
    const { status, output } = this.run(...command);
    if (status !== 0) throw new Error(`${command.join(" ")}: ${status}\n${output}`);
    return output;
  }

  /** Asks the server inside by the redis-cli outside; without the line's end. */
  redis(...words: string[]): string {
    const client = ["nsenter", "-t", String(this.leader), "--net", "--", "redis-cli", ...words];
    return run(client).output.trimEnd();
  }

  /** What systemd says about a unit. */
  property(unit: string, name: string): string {
    return this.run("systemctl", "show", "--value", "-p", name, unit).output.trim();
  }

  /** Shuts it down. */
  async stop(): Promise<void> {
    if (this.nspawn.exitCode !== null) return;
    const ended = new Promise((resolve) => this.nspawn.once("exit", resolve));
    this.nspawn.kill("SIGTERM");
    await ended;
  }
}
