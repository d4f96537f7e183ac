/** Purpose: the server as it is released, where it is built, since it starts fast. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ruskCommand } from "../client/server.ts";

const BINARY = resolve(import.meta.dir, "../../dist/rusk");

/** The command line that starts it; RUSK_BINARY names another. */
export function binaryCommand(): string[] {
  return process.env.RUSK_BINARY || !existsSync(BINARY) ? ruskCommand() : [BINARY];
}
