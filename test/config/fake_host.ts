/** A ConfigHost of texts and folders in memory, or of the real files below a folder. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Config } from "../../src/config/config.ts";
import { loadConfig, parseCommandLine } from "../../src/config/file.ts";
import type { ConfigHost } from "../../src/config/kinds.ts";

export interface FakeHost extends ConfigHost {
  readonly files: Map<string, string>;
  readonly renamed: [string, string][];
  folder: string;
  input: string;
}

const NOT_FOUND = "No such file or directory";

/** A host whose files are those given, by absolute path; folders are what leads to them. */
export function fakeHost(files: Record<string, string> = {}): FakeHost {
  const host: FakeHost = {
    files: new Map(Object.entries(files)),
    renamed: [],
    folder: "/home",
    input: "",
    readFile(path) {
      const text = host.files.get(resolve(host.folder, path));
      if (text === undefined) throw new Error(NOT_FOUND);
      return text;
    },
    writeFile: (path, text) => void host.files.set(resolve(host.folder, path), text),
    listFolder(path) {
      const prefix = `${resolve(host.folder, path)}/`.replace("//", "/");
      const below = [...host.files.keys()].filter((name) => name.startsWith(prefix));
      return [...new Set(below.map((name) => name.slice(prefix.length).split("/")[0]))];
    },
    readStandardInput: () => host.input,
    currentFolder: () => host.folder,
    changeFolder(path) {
      const to = resolve(host.folder, path);
      if (path === "" || to.startsWith("/nowhere")) throw new Error(NOT_FOUND);
      host.folder = to;
    },
    renameCommand(from, to) {
      if (from === "nosuch") return "No such command in rename-command";
      host.renamed.push([from, to]);
      return null;
    },
    userProblem: ([name]) => (name === "nobody" ? "Error in user declaration 'nobody': x" : null),
  };
  return host;
}

/** A host on the real files, with a current folder of its own. */
export function realHost(folder: string, input = ""): ConfigHost {
  let current = folder;
  return {
    readFile(path) {
      if (!existsSync(resolve(current, path))) throw new Error(NOT_FOUND);
      return readFileSync(resolve(current, path), "latin1");
    },
    writeFile: (path, text) => writeFileSync(resolve(current, path), text, "latin1"),
    listFolder(path) {
      try {
        return readdirSync(resolve(current, path));
      } catch {
        return [];
      }
    },
    readStandardInput: () => input,
    currentFolder: () => current,
    changeFolder(path) {
      const to = resolve(current, path);
      const stat = path === "" ? undefined : statSync(to, { throwIfNoEntry: false });
      if (!stat) throw new Error(NOT_FOUND);
      if (!stat.isDirectory()) throw new Error("Not a directory");
      current = to;
    },
    renameCommand: () => null,
    userProblem: () => null,
  };
}

/** A configuration made of a command line. */
export function configOf(host: ConfigHost, ...args: string[]): Config {
  const config = new Config(host);
  loadConfig(config, parseCommandLine(args));
  return config;
}
