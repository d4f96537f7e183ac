/** Runs scripts, one at a time, as commands inside the one that starts it. */
import type { CallServer } from "../calls/call.ts";
import type {
  CommandHost,
  ScriptCaller,
  ScriptKind,
  ScriptRun,
  Scripts,
} from "../calls/scripts.ts";
import { ServerCommandHost } from "../commands/scripting/command_host.ts";
import { CommandError } from "../protocol/errors.ts";
import { resetMeter } from "../scripting/execution.ts";
import { ScriptCache } from "../scripting/script_cache.ts";

const NOT_BUSY = new CommandError("NOTBUSY No scripts in execution right now.");

export class ScriptRunner implements Scripts {
  running: ScriptRun | null = null;
  readonly cache = new ScriptCache();
  readonly host: CommandHost;
  private readonly server: CallServer;

  constructor(server: CallServer) {
    this.server = server;
    this.host = new ServerCommandHost(server);
  }

  run({ reply }: ScriptCaller, run: ScriptRun): void {
    const { server } = this;
    resetMeter();
    this.running = run;
    server.enter(run.client, run.inner);
    try {
      while (!run.execution.step(Infinity));
    } finally {
      server.leave(run.client);
      this.running = null;
    }
    run.finish(reply);
  }

  kill(_kind: ScriptKind, _force: boolean): void {
    throw NOT_BUSY;
  }
}
