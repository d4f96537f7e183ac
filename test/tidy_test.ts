// Purpose: the rules of the code that a program can check, so that no reviewer has to.
//
// - Imports point down: a file imports from its own layer or from one below it, and never in a
//   circle.
// - Only src/runtime/ knows which runtime it is on, and only src/runtime/, src/base/ and
//   src/main.ts may ask for the time; all other code is handed it.
// - Chance comes from the system, by one file, and never from Math.random.
// - Handlers reach the server in facets; only DEBUG uses the one that ends the process.
// - Every command and subcommand of the table is sent by some test.
// - Every file under src/ is reachable from src/main.ts, and what it exports is used elsewhere.
// - Names of files, lines of at most 100 columns, and what the top level may hold.
//
// The linter (.biome.json) checks the length of functions, since it has a real parser.

import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative } from "node:path";
import { commandTable } from "../src/commands/all.ts";

const ROOT = normalize(join(import.meta.dir, ".."));

/** Bottom to top. A layer is a folder of src/, except main, which is src/main.ts. */
const LAYERS = [
  "runtime",
  "base",
  "config",
  "protocol",
  "arena",
  "structures",
  "values",
  "keyspace",
  "persistence",
  "scripting",
  "calls",
  "access",
  "commands",
  "dispatch",
  "durability",
  "client",
  "benchmark",
  "tools",
  "server",
  "main",
];

const TOP_LEVEL = new Set([
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "Makefile",
  "README.md",
  "SECURITY.md",
  "bench",
  "deno.json",
  "docs",
  "package-lock.json",
  "package.json",
  "packaging",
  "snapshots",
  "src",
  "test",
  "tsconfig.json",
]);

const MAX_COLUMNS = 100;

interface Source {
  path: string;
  text: string;
  /** The text with comments and the contents of strings blanked out, line for line. */
  code: string;
  /** The text with only the comments blanked out. */
  uncommented: string;
}

function sources(folder: string): Source[] {
  const base = join(ROOT, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const text = readFileSync(join(base, name), "utf8");
      return { path: `${folder}/${name}`, text, ...strip(text) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Comments, strings, templates and regular expressions; a slash after a value divides. */
const TOKENS = new RegExp(
  [
    /\/\/[^\n]*|\/\*[\s\S]*?\*\//,
    /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/,
    /(?<=(?:^|[(,=:[!&|?{};>]|return|=>)\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//,
  ]
    .map((part) => `(${part.source})`)
    .join("|"),
  "gm",
);

function strip(text: string): { code: string; uncommented: string } {
  const blank = (part: string) => part.replace(/[^\n]/g, " ");
  const code = text.replace(TOKENS, blank);
  const uncommented = text.replace(TOKENS, (part, comment) => (comment ? blank(part) : part));
  return { code, uncommented };
}

const src = sources("src");
const all = [...src, ...sources("test"), ...sources("bench"), ...sources("packaging")];

function layerOf(path: string): string {
  return path === "src/main.ts" ? "main" : (path.split("/")[1] ?? "");
}

/**
 * The circles in a graph, each as the sorted names of all that reach each other: R. Tarjan,
 * "Depth-first search and linear graph algorithms", 1972.
 */
function circles(targets: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): number => {
    const place = order.size;
    let low = place;
    order.set(name, place);
    open.push(name);
    for (const next of targets.get(name) ?? []) {
      if (!targets.has(next)) continue;
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) as number);
    }
    if (low === place) {
      const circle = open.splice(open.indexOf(name));
      if (circle.length > 1) found.push(circle.sort());
    }
    return low;
  };
  for (const name of targets.keys()) if (!order.has(name)) visit(name);
  return found;
}

/** Where each import or export-from of a file leads: paths from the root, or package names. */
function imports(file: Source): string[] {
  const found = file.uncommented.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g);
  return [...found].map((match) => resolve(file, match[1] ?? ""));
}

function resolve(file: Source, target: string): string {
  return target.startsWith(".") ? join(dirname(file.path), target) : target;
}

/** Lines of `files` whose code matches, as `path:line: text`. */
function linesWith(files: Source[], pattern: RegExp, part: "code" | "text" | "uncommented") {
  return files.flatMap((file) => {
    const original = file.text.split("\n");
    return file[part]
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file.path}:${index + 1}: ${original[index]?.trim()}`] : [],
      );
  });
}

/** A quote that begins neither the name of a test nor a later argument of a command. */
const FIRST_QUOTE = /(?<!(?:["'`]\s*,|\b(?:test|describe)(?:\.\w+)?\()\s*)["'`]/;
/** The first words of a command in a line of a session (`> SET key 1`) or of quoted words. */
const SENT = new RegExp(
  `(?:>\\s+|${FIRST_QUOTE.source})([a-z_-]+)(?:(?:["'\`],\\s*["'\`]| +)([a-z-]+))?(?=[\\s"'\`])`,
  "gi",
);

/** What may be commands that a test sends, and their subcommands, named as in the table. */
function commandsSent(text: string): string[] {
  return [...text.matchAll(SENT)].flatMap(([, name = "", word]) => {
    const command = name.toLowerCase();
    return word === undefined ? [command] : [command, `${command}|${word.toLowerCase()}`];
  });
}

describe("layers", () => {
  test("every file of src/ is main.ts or lies in the folder of a layer", () => {
    const stray = src.filter(({ path }) => !LAYERS.includes(layerOf(path))).map((f) => f.path);
    expect(stray).toEqual([]);
  });

  test("imports never point upward", () => {
    const upward = src.flatMap((file) =>
      imports(file)
        .filter((target) => target.startsWith("src/"))
        .filter((target) => LAYERS.indexOf(layerOf(target)) > LAYERS.indexOf(layerOf(file.path)))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test("imports make no circle, within a folder either, and be it of types", () => {
    const targets = new Map(src.map((file) => [file.path, imports(file)]));
    expect(circles(targets)).toEqual([]);
  });

  test("docs/architecture.md shows these layers, from the top down", () => {
    const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
    const plan = page.split("```")[1] ?? "";
    const shown = [...plan.matchAll(/^([a-z]+) /gm)].map((match) => match[1] ?? "");
    const built = LAYERS.filter(
      (layer) => layer === "main" || existsSync(join(ROOT, "src", layer)),
    );
    expect(shown).toEqual(built.reverse());
  });

  test("src/ imports nothing from test/, bench/ or packaging/", () => {
    const outward = src.flatMap((file) =>
      imports(file)
        .filter((target) => /^(test|bench|packaging|\.\.)\//.test(target) || target === "bun:test")
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(outward).toEqual([]);
  });

  test("every imported file exists", () => {
    const missing = src.flatMap((file) =>
      imports(file)
        .filter((target) => target.startsWith("src/") && !existsSync(join(ROOT, target)))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test("every file of src/ is reachable from main.ts", () => {
    const byPath = new Map(src.map((file) => [file.path, file]));
    if (!byPath.has("src/main.ts")) return;
    const reached = new Set<string>();
    const queue = ["src/main.ts"];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const file = byPath.get(path);
      if (file === undefined || reached.has(path)) continue;
      reached.add(path);
      // Workers are named by a string, not by an import.
      const named = [...file.uncommented.matchAll(/["'](\.{1,2}\/[^"'\n]+\.ts)["']/g)];
      queue.push(...named.map((match) => resolve(file, match[1] ?? "")));
    }
    expect([...byPath.keys()].filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe("the world is an argument", () => {
  const outside = (...layers: string[]) =>
    src.filter(({ path }) => !layers.includes(layerOf(path)));

  test("only src/runtime/ says Bun, Deno, process or node:", () => {
    const files = outside("runtime");
    expect([
      ...linesWith(files, /(?<![.\w$])(?:Bun|Deno|process)\s*\??\./, "code"),
      ...linesWith(files, /["'](?:node|bun):/, "uncommented"),
    ]).toEqual([]);
  });

  test("only runtime, base and main read the clock", () => {
    const files = outside("runtime", "base", "main");
    const world = /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\s*\)/;
    expect(linesWith(files, world, "code")).toEqual([]);
  });

  test("chance comes from one place, and nobody asks Math.random", () => {
    const files = src.filter(({ path }) => path !== "src/runtime/secret.ts");
    const chance = /\bMath\s*\.\s*random\b|\bcrypto\b|\brandom(?:UUID|Bytes|Int|Fill)\b/;
    expect(linesWith(files, chance, "code")).toEqual([]);
    const others = files.filter(({ path }) => path !== "src/runtime/digest.ts");
    expect(linesWith(others, /["'](?:node:)?crypto["']/, "uncommented")).toEqual([]);
  });
});

describe("handlers", () => {
  test("only DEBUG reaches what stops or ends the process", () => {
    const others = src
      .filter(({ path }) => path.startsWith("src/commands/"))
      .filter(({ path }) => path !== "src/commands/server/debug_commands.ts");
    expect(linesWith(others, /\bcontrol\b/, "code")).toEqual([]);
  });

  test("every command and subcommand is sent by a test of commands or of durability", () => {
    const tests = all.filter(({ path }) => /^test\/(?:commands|durability)\//.test(path));
    const sent = new Set(tests.flatMap(({ uncommented }) => commandsSent(uncommented)));
    const untested = commandTable.all.filter(({ name }) => !sent.has(name));
    expect(untested.map(({ name }) => name)).toEqual([]);
  });
});

test("what is exported is used in another file", () => {
  const users = new Map<string, number>();
  for (const { uncommented } of all) {
    for (const word of new Set(uncommented.match(/\w+/g)))
      users.set(word, (users.get(word) ?? 0) + 1);
  }
  const exported = /^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm;
  const unused = src.flatMap(({ path, code }) =>
    [...code.matchAll(exported)]
      .filter(([, name]) => (users.get(name) ?? 0) < 2)
      .map(([, name]) => `${path}: ${name}`),
  );
  expect(unused).toEqual([]);
});

describe("files", () => {
  test("names are snake_case", () => {
    const bad = all.map((file) => file.path).filter((path) => !/^[a-z0-9_/]+\.ts$/.test(path));
    expect(bad).toEqual([]);
  });

  test("tests are named *_test.ts, and nothing under src/ is", () => {
    const hidden = all
      .filter(({ path, text }) => path.startsWith("test/") && /\sfrom "bun:test"/.test(text))
      .filter(({ path, code }) => !path.endsWith("_test.ts") && /^\s*test[.(]/m.test(code))
      .map((file) => file.path);
    expect(hidden).toEqual([]);
    expect(src.filter(({ path }) => path.endsWith("_test.ts")).map((f) => f.path)).toEqual([]);
  });

  test(`lines have at most ${MAX_COLUMNS} columns`, () => {
    const long = all.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          [...line].length > MAX_COLUMNS ? [`${path}:${index + 1}: ${[...line].length}`] : [],
        ),
    );
    expect(long).toEqual([]);
  });

  test("private members have one form: the keyword, not #", () => {
    expect(linesWith(all, /(?<![\w`'"])#[a-zA-Z_]\w*/, "code")).toEqual([]);
  });

  test("nothing is put off to later in a comment", () => {
    expect(linesWith(all, /\b(?:TO[D]O|FIX[M]E|XX[X])\b/, "text")).toEqual([]);
  });

  test("the top level holds only what belongs there", () => {
    const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    const entries = new Set(tracked.split("\n").map((path) => path.split("/")[0] ?? ""));
    const extra = [...entries].filter((name) => name && name[0] !== "." && !TOP_LEVEL.has(name));
    expect(extra).toEqual([]);
  });

  test("Markdown links inside the repository lead somewhere", () => {
    const broken = markdown().flatMap(({ page, text }) => {
      return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !existsSync(join(ROOT, dirname(page), link)))
        .map((link) => `${page}: ${link}`);
    });
    expect(broken).toEqual([]);
  });

  test("files that comments and pages name are there", () => {
    const pages = markdown().map(({ page, text }) => ({ path: page, text }));
    const folders = [...LAYERS, "src", "test"].join("|");
    const named = new RegExp(`(?<![\\w./-])(?:${folders})/[a-z0-9_/]+\\.ts\\b`, "g");
    const isThere = (name: string) =>
      ["", "src", "test"].some((folder) => existsSync(join(ROOT, folder, name)));
    const missing = [...all, ...pages].flatMap(({ path, text }) =>
      [...text.matchAll(named)].filter(([it]) => !isThere(it)).map(([it]) => `${path}: ${it}`),
    );
    expect(missing.filter((line) => !line.startsWith("test/mutants/"))).toEqual([]);
  });

  test("commands in Markdown name Bun where npm has put it", () => {
    const bare = markdown().flatMap(({ page, text }) =>
      [...text.matchAll(/(?<![\w./])bun\s+(?:test|run|[\w/]+\.ts)/g)].map(
        ([it]) => `${page}: ${it}`,
      ),
    );
    expect(bare).toEqual([]);
  });
});

/** All pages for people. */
function markdown(): { page: string; text: string }[] {
  return readdirSync(ROOT, { encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .concat(...["docs", "snapshots", "test", "bench"].map(markdownUnder))
    .map((page) => ({ page, text: readFileSync(join(ROOT, page), "utf8") }));
}

function markdownUnder(folder: string): string[] {
  const base = join(ROOT, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => relative(ROOT, join(base, name)));
}

test("the scanner behind these tests tells code from comments and strings", () => {
  const sample = 'const a = "x // y"; // Bun.serve\nconst b = /[/"]/; /* Deno. */ c();';
  const { code, uncommented } = strip(sample);
  expect(code).not.toMatch(/Bun|Deno|x/);
  expect(code).toMatch(/c\(\);$/);
  expect(uncommented).toContain('"x // y"');
  expect(uncommented).not.toContain("Deno");
  expect(basename(import.meta.path)).toBe("tidy_test.ts");
});

test("the commands of a test are told from names of tests and from other arguments", () => {
  const sample = 'test("GET", ask(a, "CONFIG", "SET", "save")); session(`\n > client id\n OK`)';
  expect(commandsSent(sample)).toEqual(["config", "config|set", "client", "client|id"]);
});
