/** What a process that was killed had begun to write, beside the file that it was to replace. */
import type { Host } from "../runtime/host.ts";

/** What the name of such a file ends with: runtime/files.ts. */
const TEMPORARY = /\.tmp-(\d+)(-[0-9a-z]+)?$/;

/** Removes such files of a folder, of names that begin so, unless their process still writes. */
export function removeLeftovers(
  host: Pick<Host, "listFolder" | "isRunning" | "removeFile">,
  folder: string,
  name: string,
): void {
  for (const found of host.listFolder(folder)) {
    const processId = found.startsWith(`${name}.`) ? TEMPORARY.exec(found)?.[1] : undefined;
    if (processId === undefined || host.isRunning(Number(processId))) continue;
    host.removeFile(folder === "." ? found : `${folder}/${found}`);
  }
}
