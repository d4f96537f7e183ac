/**
 * Purpose: which tests can catch a change of a file, and in which order they are asked: those that
 * import it themselves or are named alike, those of its family, the rest of the folder that tests
 * its layer, those of the folders of its few users, then those of the layers above through which it
 * shows; of each of these waves, the fastest first.
 *
 * A test that starts a server, from source, reaches every file; one that does not reaches what it
 * imports, and is not asked about anything else.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folders of test/ through which a layer of src/ shows, the nearest first. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  runtime: ["runtime", "server", "tls", "commands", "durability"],
  base: ["base", "structures", "values", "keyspace", "commands", "server"],
  config: ["config", "commands", "server"],
  protocol: ["protocol", "server", "commands", "client"],
  arena: ["arena", "structures", "values", "keyspace", "commands", "server"],
  structures: ["structures", "values", "keyspace", "commands", "persistence", "scenarios"],
  values: ["values", "keyspace", "commands", "persistence", "scenarios"],
  keyspace: ["keyspace", "values", "dispatch", "commands", "persistence", "server", "scenarios"],
  persistence: ["persistence", "durability", "server", "commands"],
  scripting: ["scripting", "commands", "server"],
  access: ["access", "commands", "dispatch", "server"],
  calls: ["calls", "commands", "dispatch", "server", "scenarios"],
  commands: ["commands", "dispatch", "server", "scenarios", "clients"],
  dispatch: ["dispatch", "commands", "server", "clients", "scenarios"],
  durability: ["durability", "persistence", "server", "tools", "commands"],
  tools: ["tools", "durability"],
  client: ["rusk_cli"],
  benchmark: ["benchmark"],
  server: ["server", "commands", "durability", "clients", "runtime", "tls", "service"],
  main: ["server", "config", "commands", "runtime"],
};
/** A change that survives costs so much time, without that of the file's own tests. */
const MS_MAX = 75_000;
/** Look at all of a layer at once, from elsewhere: asked after a file's own tests. */
const BROAD: Readonly<Record<string, readonly string[]>> = {
  structures: ["test/commands/server/debug_test.ts"],
  values: ["test/commands/changes_test.ts"],
  keyspace: ["test/commands/changes_test.ts"],
  commands: ["test/commands/changes_test.ts", "test/durability/propagation_test.ts"],
};
/** Asked last about everything: random commands, compared with the real server. */
const LAST = "test/fuzz/fuzz_test.ts";
/** Look at the text of src/, or at what was built from it, and not at what it does. */
const LEFT_OUT = /^test\/(tidy|release)_test\.ts$|^test\/(bench|mutants)\//;
/** Words of one meaning in names of files. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  zset: ["sorted", "set"],
  score: ["sorted", "set"],
  id: ["stream"],
  append: ["append", "log", "propagation", "loading"],
  rdb: ["rdb", "snapshot", "dump"],
  blocked: ["blocked", "blocking", "waits"],
  output: ["output", "slow", "limits"],
  propagate: ["propagation", "changes"],
  feed: ["propagation", "changes"],
  permission: ["acl"],
  user: ["acl"],
  tools: ["tools"],
};
/** Say nothing about a file's subject. */
const EMPTY_WORDS = new Set(["value", "test", "ts", "commands", "command"]);
/** A file with users in more folders is used everywhere. */
const USER_FOLDERS_MAX = 5;
/** Imports from a test to a file, at most, for the test to be one of that file. */
const NEAR_COUNT = 1;

/** A test to ask about a file. */
export interface AskedTest {
  readonly test: string;
  /** It is one of the file's own. */
  readonly isOwn: boolean;
}

/** Finds the tests of a file in a tree. */
export class Mapping {
  private readonly root: string;
  private readonly tests: readonly string[];
  private readonly sources: readonly string[];
  private readonly userFolders = new Map<string, ReadonlySet<string>>();
  private readonly imports = new Map<string, string[]>();
  private readonly distances = new Map<string, ReadonlyMap<string, number>>();

  constructor(root: string) {
    this.root = root;
    const namesIn = (folder: string) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .map((name) => `${folder}/${name}`)
        .sort();
    this.sources = namesIn("src").filter((path) => path.endsWith(".ts"));
    this.tests = namesIn("test").filter(
      (path) => path.endsWith("_test.ts") && !LEFT_OUT.test(path),
    );
  }

  /**
   * The tests of a file of src/, in the order in which to ask them: its own, and of the others as
   * many as take MS_MAX, going by how many ms each takes.
   */
  testsOf(file: string, msOf: (test: string) => number): AskedTest[] {
    const ranked = this.tests
      .map((test) => ({ test, wave: this.waveOf(test, file), ms: msOf(test) }))
      .filter(({ wave }) => wave < Infinity);
    ranked.sort((a, b) => a.wave - b.wave || a.ms - b.ms);
    let left = MS_MAX;
    const isAsked = ({ test, wave, ms }: (typeof ranked)[number]) => {
      left -= ms < Infinity ? ms : 0;
      return wave <= 1 || left > 0 || test === LAST;
    };
    return ranked.filter(isAsked).map(({ test, wave }) => ({ test, isOwn: wave === 0 }));
  }

  /** 0 and 1 for the file's own tests, higher the further away; Infinity: says nothing of it. */
  private waveOf(test: string, file: string): number {
    const distance = this.distancesFrom(test).get(file) ?? Infinity;
    if (distance === Infinity && !this.startsServer(test)) return Infinity;
    if (test === LAST) return 90;
    if (distance <= NEAR_COUNT) return 0;
    const layer = file === "src/main.ts" ? "main" : file.split("/")[1];
    if (BROAD[layer]?.includes(test)) return 1;
    const folders = FOLDERS[layer];
    const place = folders.indexOf(test.split("/")[1]);
    if (place < 0) return Infinity;
    const alike = commonWords(test, file) || Number(isSameFolder(test, file));
    if (alike > 0) return alike > 1 ? 0 : 2 + place;
    if (place === 0 || !this.isOfUser(test, file)) return 10 * (1 + place);
    return 15;
  }

  /** Whether a test is in the folder of one of the file's few users. */
  private isOfUser(test: string, file: string): boolean {
    let folders = this.userFolders.get(file);
    if (folders === undefined) {
      const users = this.sources.filter((source) => this.importsOf(source).includes(file));
      folders = new Set(users.map((user) => dirname(user).replace("src", "test")));
      this.userFolders.set(file, folders);
    }
    return folders.size <= USER_FOLDERS_MAX && folders.has(dirname(test));
  }

  private startsServer(test: string): boolean {
    return this.distancesFrom(test).has("test/client/server.ts");
  }

  /** How many imports away each file is that a test imports, itself or through others. */
  private distancesFrom(test: string): ReadonlyMap<string, number> {
    let distances = this.distances.get(test);
    if (distances !== undefined) return distances;
    distances = this.passed(test);
    this.distances.set(test, distances);
    return distances;
  }

  private passed(from: string): ReadonlyMap<string, number> {
    const distances = new Map([[from, 0]]);
    for (const [file, distance] of distances) {
      for (const next of this.importsOf(file)) {
        if (!distances.has(next)) distances.set(next, distance + 1);
      }
    }
    return distances;
  }

  private importsOf(file: string): readonly string[] {
    let found = this.imports.get(file);
    if (found === undefined) {
      const text = readFileSync(join(this.root, file), "utf8");
      const names = text.matchAll(/^(?:import|export|\})[^;]*?from "(\.[^"]+\.ts)"/gm);
      found = [...names].map(([, name]) => join(dirname(file), name));
      this.imports.set(file, found);
    }
    return found;
  }
}

/** Whether the file and the test are of one part of a layer: commands/lists, persistence/rdb. */
function isSameFolder(test: string, file: string): boolean {
  const [, ...folders] = dirname(test).split("/");
  return folders.length > 1 && dirname(file) === join("src", ...folders);
}

/** How many words the names of a test and of a file have in common. */
function commonWords(test: string, file: string): number {
  const own = new Set(wordsOf(test));
  const wanted = wordsOf(file).flatMap((word) => SYNONYMS[word] ?? [word]);
  return wanted.filter((word) => own.has(word)).length;
}

function wordsOf(path: string): string[] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.split(/[_.]/).filter((word) => !EMPTY_WORDS.has(word));
}
