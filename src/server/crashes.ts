/**
 * The end of a server that cannot go on. Nothing is saved: what was thrown where nobody expected it
 * may have left any data half changed. What was confirmed is in the append-only log already.
 */
import type { Log } from "../base/log.ts";
import type { CrashKind } from "../calls/server_control.ts";
import type { Host } from "../runtime/host.ts";
import { type CrashSignal, signalNumber } from "../runtime/process_end.ts";
import {
  type Crash,
  type CrashingServer,
  crashBy,
  crashBySignal,
  panic,
  writeCrashReport,
} from "./crash_report.ts";

const EXIT_FAILURE = 1;

type CrashHost = Pick<Host, "exit" | "endBySignal" | "removeFile">;

export class Crashes {
  private readonly server: CrashingServer;
  private readonly log: Log;
  private readonly host: CrashHost;
  private hasBegun = false;

  constructor(server: CrashingServer, log: Log, host: CrashHost) {
    this.server = server;
    this.log = log;
    this.host = host;
  }

  /** Something was thrown that nobody was to catch. */
  threw(error: unknown): void {
    this.report(crashBy(error));
    this.tidyUp();
    this.host.exit(EXIT_FAILURE);
  }

  /** A signal that stands for a fault of the process. */
  signal(name: CrashSignal): void {
    if (this.isLogged) this.report(crashBySignal(signalNumber(name)));
    this.tidyUp();
    this.host.endBySignal(name);
  }

  /** As if there were a fault: DEBUG. */
  pretend(kind: CrashKind): void {
    if (kind === "segfault") {
      this.signal("SIGSEGV");
      return;
    }
    this.report(
      kind === "assert" ? failedAssertion() : guruMeditation(this.server.clock.nowSeconds),
    );
    this.tidyUp();
    if (this.server.config.flag("use-exit-on-panic")) this.host.exit(EXIT_FAILURE);
    this.host.endBySignal("SIGABRT");
  }

  /** Who looks for a server in the background is not to find a number that is another's by now. */
  private tidyUp(): void {
    const { config } = this.server;
    const path = config.text("pidfile");
    if (config.flag("daemonize") && path !== "") this.host.removeFile(path);
  }

  private get isLogged(): boolean {
    return this.server.config.flag("crash-log-enabled");
  }

  /** A report that has a fault itself is the last. */
  private report(crash: Crash): void {
    if (this.hasBegun) this.host.exit(EXIT_FAILURE);
    this.hasBegun = true;
    writeCrashReport(this.server, this.log, crash, this.isLogged);
  }
}

function guruMeditation(seconds: number): Crash {
  return panic(
    "------------------------------------------------",
    "!!! Software Failure. Press left mouse button to continue",
    `Guru Meditation: DEBUG PANIC called at Unix time ${seconds}`,
  );
}

const failedAssertion = () => panic("=== ASSERTION FAILED ===", "==> '1 == 2' is not true");
