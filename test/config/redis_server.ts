/** The real redis-server, to compare with: started on a Unix socket in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Reply = string | number | null | Reply[];

/** Whether the server to compare with is installed, in the version to compare with. */
export const hasRedis = (() => {
  try {
    return / v=7\.0\.15 /.test(execFileSync("redis-server", ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
})();

/** How a start ended that ended at once: what was printed, standard error before the log. */
export class StartError extends Error {
  readonly errors: string;

  constructor(errors: string, log: string) {
    super(errors || log);
    this.errors = errors;
  }
}

export class RedisServer {
  /** The folder it works in; removed when it stops. */
  readonly folder = mkdtempSync(join(tmpdir(), "config-test-"));
  private process: ChildProcess | undefined;
  private socket: Socket | undefined;
  private received = Buffer.alloc(0);
  private waiting: ((reply: Reply) => void)[] = [];

  /** Starts it with these arguments; options for the socket go between them and `lastArgs`. */
  async start(args: string[], input = "", lastArgs: string[] = []): Promise<void> {
    const path = join(this.folder, "socket");
    const all = [...args, "--port", "0", "--unixsocket", path, ...lastArgs];
    const child = spawn("redis-server", all, { cwd: this.folder });
    this.process = child;
    let log = "";
    let errors = "";
    child.stdout.on("data", (data) => {
      log += data;
    });
    child.stderr.on("data", (data) => {
      errors += data;
    });
    child.stdin.on("error", () => {});
    child.stdin.end(Buffer.from(input, "latin1"));
    const ended = new Promise<"ended">((resolve) => child.on("close", () => resolve("ended")));
    for (;;) {
      const state = await Promise.race([ended, Bun.sleep(5)]);
      if (state === "ended") throw new StartError(errors, log);
      if (existsSync(path) && (await this.connect(path))) return;
    }
  }

  private connect(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("data", (data: Buffer) => this.receive(data));
      this.socket = socket;
    });
  }

  private receive(data: Buffer): void {
    this.received = Buffer.concat([this.received, data]);
    for (;;) {
      const parsed = parseReply(this.received, 0);
      if (parsed === null) return;
      this.received = this.received.subarray(parsed.end);
      this.waiting.shift()?.(parsed.reply);
    }
  }

  /** The reply to a command of latin1 words; that of an error is its text, code first. */
  call(...words: string[]): Promise<Reply> {
    const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.socket?.write(Buffer.from(`*${words.length}\r\n${parts.join("")}`, "latin1"));
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** CONFIG GET as an object. */
  async config(...patterns: string[]): Promise<Record<string, string>> {
    const flat = (await this.call("config", "get", ...patterns)) as string[];
    return Object.fromEntries(flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1]]])));
  }

  /** Ends the process; `start` may follow. */
  async halt(): Promise<void> {
    const child = this.process;
    this.socket?.destroy();
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(join(this.folder, "socket"), { force: true });
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function parseReply(bytes: Buffer, at: number): { reply: Reply; end: number } | null {
  const lineEnd = bytes.indexOf("\r\n", at);
  if (lineEnd < 0) return null;
  const line = bytes.toString("latin1", at + 1, lineEnd);
  const end = lineEnd + 2;
  const count = Number(line);
  switch (String.fromCharCode(bytes[at])) {
    case ":":
      return { reply: count, end };
    case "$": {
      if (count < 0) return { reply: null, end };
      if (bytes.length < end + count + 2) return null;
      return { reply: bytes.toString("latin1", end, end + count), end: end + count + 2 };
    }
    case "*": {
      const reply: Reply[] = [];
      let next = end;
      for (let i = 0; i < count; i++) {
        const item = parseReply(bytes, next);
        if (item === null) return null;
        reply.push(item.reply);
        next = item.end;
      }
      return { reply, end: next };
    }
    default:
      return { reply: line, end };
  }
}
