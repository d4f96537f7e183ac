/** The page of an archive that tells whose work the executable holds, and under which licenses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUN_VERSION } from "../binary/runtimes.ts";
import { bundledPackages, LINKED_LIBRARIES, versionOf, WEBKIT } from "./bundled.ts";

const LGPL = join(import.meta.dir, "../licenses/lgpl_2.1.txt");

/** The page's text. */
export function licensesPage(): string {
  const packages = bundledPackages();
  const named = packages.map(({ name, version, license }) => `- ${name} ${version}: ${license}`);
  const linked = LINKED_LIBRARIES.map(({ name, license, url }) => `- ${name} (${url}): ${license}`);
  const webkit = LINKED_LIBRARIES.find(({ name }) => name === WEBKIT);
  const commit = webkit === undefined ? null : versionOf(webkit);
  return `Rusk itself is under the MIT license, which is in the file LICENSE. The executable holds
the work of others, too.

Packages of npm, whose licenses are below:

${named.join("\n")}

Bun ${BUN_VERSION} (https://bun.com), the runtime, under the MIT license
(https://github.com/oven-sh/bun/blob/main/LICENSE.md). It links these libraries:

${linked.join("\n")}

JavaScriptCore and TinyCC are under the GNU Lesser General Public License, which is below, too.
You may change them and link Bun anew: the source of JavaScriptCore is that of
https://github.com/oven-sh/WebKit at commit ${commit},
Bun's that of https://github.com/oven-sh/bun at the tag bun-v${BUN_VERSION}; its pages say how it
is built. \`bun packaging/binary/compile.ts rusk\`, in the source of Rusk, makes an executable of
the Bun that runs it.

${packages.map(({ name, text }) => chapter(name, text)).join("\n")}
${chapter("GNU Lesser General Public License", readFileSync(LGPL, "utf8"))}`;
}

function chapter(title: string, text: string): string {
  return `${"=".repeat(80)}\n${title}\n\n${text.trim()}\n`;
}
