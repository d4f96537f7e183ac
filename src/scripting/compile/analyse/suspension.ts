/**
 * Which functions can stop in their middle: those with a loop, with a call of a script's function
 * or with a built-in that calls one or may take long, and those with many operations. Only these
 * are generators; all others are plain functions, which engines call eight times as fast.
 */
import type { Checked } from "../check/check.ts";
import { LOOK_OPERATION_COUNT } from "../limits.ts";
import { directCallee, type FunctionInfo } from "../tree.ts";

/** Sets `suspends` of all functions. */
export function findSuspensions({ functions, main, ownMethodNames }: Checked): void {
  for (const info of functions) if (!info.isMain) info.suspends = suspends(info, ownMethodNames);
  // The script itself is carried out once, so it may call plain functions without becoming long.
  // A function may not: a few dozen, each of which calls another twice, would never end.
  main.suspends = suspends(main, ownMethodNames);
}

function suspends(info: FunctionInfo, ownMethodNames: ReadonlySet<string>): boolean {
  if (info.hasLoop || info.operationCount > LOOK_OPERATION_COUNT) return true;
  return info.calls.some((call) => {
    const target = call.target;
    switch (target?.kind) {
      case "command":
        return false;
      case "builtin":
        return target.suspends;
      case "method":
        return target.builtin !== "plain" || ownMethodNames.has(target.name);
      case "value":
        return !info.isMain || (directCallee(call)?.suspends ?? true);
      default:
        return true;
    }
  });
}
