/** Runs what a command line asks for that is no server. */
import { REDIS_VERSION, RUSK_VERSION } from "../base/version.ts";
import type { Program } from "./programs.ts";
import type { ToolParts } from "./tool_parts.ts";

type Run = (program: Program, parts: ToolParts) => Promise<number>;

/** What is not in tools.ts. */
const PROGRAMS: Readonly<Record<string, Run>> = {
  version: tellVersion,
  help: tellHelp,
  sentinel: refuseSentinel,
  async "test-memory"({ args }, parts) {
    const { testMemory } = await import("./test_memory.ts");
    return testMemory(args, parts);
  },
  async "check-system"(_program, parts) {
    const { checkSystem } = await import("./check_system.ts");
    return checkSystem(parts);
  },
  async "check-rdb"({ args }, parts) {
    const { checkRdb } = await import("./check_rdb.ts");
    return checkRdb(args, parts);
  },
  async cli({ args, actsAs }) {
    const { runClient } = await import("../client/main.ts");
    return runClient(args, { actsAs, usage: () => usageOf("cli", actsAs) });
  },
  async benchmark({ args, actsAs }) {
    const { runBenchmark } = await import("../benchmark/main.ts");
    return runBenchmark(args, { actsAs, usage: () => usageOf("benchmark", actsAs) });
  },
};

/** Runs the tool that is asked for; returns the exit status. */
export async function runProgram(program: Program, shared: ToolParts): Promise<number> {
  const parts = { ...shared, actsAs: program.actsAs };
  const name = program.tool ?? "";
  if (asksForHelp(program)) {
    parts.writeOut(await usageOf(name, program.actsAs));
    return 0;
  }
  if (Object.hasOwn(PROGRAMS, name)) return PROGRAMS[name](program, parts);
  const { runTool } = await import("./tools.ts");
  return runTool([name, ...program.args], parts);
}

async function usageOf(name: string, actsAs: string | null): Promise<string> {
  const { helpOf } = await import("./tool_help.ts");
  return helpOf(name, actsAs ?? `rusk ${name}`);
}

/** To the client and the benchmark -h is a host; to redis-check-aof and -rdb all is a file. */
function asksForHelp({ tool, args: [first], actsAs }: Program): boolean {
  const isClient = tool === "cli" || tool === "benchmark";
  if (isClient) return first === "--help";
  return actsAs === null && (first === "--help" || first === "-h");
}

async function tellVersion({ actsAs }: Program, { writeOut }: ToolParts): Promise<number> {
  // As INFO tells the same; programs look for `v=`.
  const asRedis = `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=arena bits=64 build=0\n`;
  const asRusk = `Rusk server v=${RUSK_VERSION} redis_version=${REDIS_VERSION}\n`;
  writeOut(actsAs === null ? asRusk : asRedis);
  return 0;
}

/** redis-server's help is an error, and is told as one. */
async function tellHelp({ actsAs }: Program, parts: ToolParts): Promise<number> {
  const { programHelp } = await import("./tool_help.ts");
  if (actsAs === null) parts.writeOut(programHelp());
  else parts.writeError(programHelp());
  return actsAs === null ? 0 : 1;
}

async function refuseSentinel(_program: Program, { writeError }: ToolParts): Promise<number> {
  writeError(
    "There is no Sentinel in Rusk: it has no replication yet, and nothing to fail over to.\n" +
      "redis-sentinel of Redis's cannot watch it either.\n",
  );
  return 1;
}
