/** --eval: a script from a file; --scan: the names of all keys. */

import { quoted } from "../base/quoted.ts";
import { connected, scanSteps } from "./asking.ts";
import type { Session } from "./session.ts";

const BEFORE_ARGUMENTS = ",";

/** Sends EVAL with the words as keys, and those after a comma as arguments. */
export async function runScript(session: Session): Promise<number> {
  const { options, parts } = session;
  await connected(session);
  let script: string;
  try {
    script = parts.readFile(options.modeArgument);
  } catch (error) {
    const { message } = error as Error;
    parts.writeError(`Can't open file '${options.modeArgument}': ${message}\n`);
    return 1;
  }
  const comma = options.words.indexOf(BEFORE_ARGUMENTS);
  const keys = comma < 0 ? options.words : options.words.slice(0, comma);
  const others = comma < 0 ? [] : options.words.slice(comma + 1);
  const isSent = await session.run(
    ["EVAL", script, String(keys.length), ...keys, ...others],
    options.repeat,
  );
  return isSent ? 0 : 1;
}

export async function scanKeys(session: Session): Promise<number> {
  const link = await connected(session);
  const isPlain = session.format !== "standard";
  for await (const keys of scanSteps(session, link)) {
    session.print(keys.map((key) => `${isPlain ? key : quoted(key)}\n`).join(""));
  }
  return 0;
}
