// Purpose: the image for containers holds all that the binary needs, and its files are well formed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TARGETS } from "../../packaging/binary/targets.ts";
import { freePort } from "../client/server.ts";

const ROOT = join(import.meta.dir, "../..");
const BINARY = join(ROOT, "dist/rusk");
const FOLDER = join(ROOT, "packaging/docker");
const NOBODY = 65532;

/** The instructions of the Dockerfile, each on one line. */
const instructions = readFileSync(join(FOLDER, "Dockerfile"), "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll("\\\n", "")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? [line, "unknown", line])
  .map(([, name = "", words = ""]) => ({ name, words }));
const wordsOf = (name: string) =>
  instructions.filter((each) => each.name === name).map(({ words }) => words);

describe("Dockerfile", () => {
  test("its instructions are known, in an order that Docker takes", () => {
    const stages = instructions.map(({ name }) => name).join(" ");
    expect(stages).toBe(
      "FROM ARG COPY COPY RUN FROM COPY USER WORKDIR VOLUME EXPOSE HEALTHCHECK ENTRYPOINT",
    );
  });

  test("what it runs needs no shell, and is nobody's", () => {
    for (const words of [...wordsOf("ENTRYPOINT"), ...wordsOf("HEALTHCHECK")]) {
      const program: unknown = JSON.parse(words.slice(words.indexOf("[")));
      expect(program).toContain("/usr/bin/rusk");
    }
    expect(wordsOf("USER")).toEqual([String(NOBODY)]);
  });

  test("what it copies is in the repository or built, and not ignored", () => {
    const ignored = readFileSync(join(FOLDER, "Dockerfile.dockerignore"), "utf8");
    const kept = ignored.split("\n").filter((line) => line.startsWith("!"));
    const built = TARGETS.filter(({ os, libc }) => os === "linux" && libc === "glibc");
    const wanted = built.map(({ name }) => `!dist/binaries/${name}/rusk`);
    const copied = wordsOf("COPY").flatMap((words) => words.split(" ").slice(0, -1));
    for (const path of copied.filter((word) => !/^--|^\/|^dist\//.test(word))) {
      expect(existsSync(join(ROOT, path))).toBe(true);
      wanted.push(`!${path}`);
    }
    expect(kept.sort()).toEqual(wanted.sort());
  });
});

test("compose.yaml builds it, and leaves it only what it needs", () => {
  const { services, volumes } = Bun.YAML.parse(
    readFileSync(join(FOLDER, "compose.yaml"), "utf8"),
  ) as { services: Record<string, Record<string, unknown>>; volumes: object };
  expect(volumes).toEqual({ data: null });
  expect(services.rusk).toMatchObject({
    build: { context: "../..", dockerfile: "packaging/docker/Dockerfile" },
    ports: ["127.0.0.1:6379:6379"],
    volumes: ["data:/data"],
    read_only: true,
    cap_drop: ["ALL"],
  });
  expect(existsSync(join(FOLDER, "../..", "packaging/docker/Dockerfile"))).toBe(true);
});

/** A name space for mounts of its own, as only root may have, and not in every container. */
const isAllowed = spawnSync("unshare", ["--mount", "true"]).status === 0;
const why =
  process.platform !== "linux" || !existsSync(BINARY)
    ? "it needs Linux and dist/rusk"
    : isAllowed
      ? ""
      : "nothing may be mounted here";
const skipped = why === "" ? "" : ` (skipped: ${why})`;

describe.skipIf(why !== "")(`with nothing but the C library around it${skipped}`, () => {
  let root = "";

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "rusk-image-"));
    const listed = execFileSync("ldd", [BINARY], { encoding: "utf8" });
    for (const [path] of listed.matchAll(/\/\S+/g))
      cpSync(path, join(root, path), { dereference: true });
    cpSync(BINARY, join(root, "usr/bin/rusk"));
    mkdirSync(join(root, "data"));
    chownSync(join(root, "data"), NOBODY, NOBODY);
    mkdirSync(join(root, "dev"));
    mkdirSync(join(root, "proc"));
    execFileSync("mknod", ["-m", "666", join(root, "dev/null"), "c", "1", "3"]);
    execFileSync("chmod", ["755", root]);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** As a container starts it: with /dev/null and /proc, and without rights. */
  const inImage = (words: readonly string[]): [string, string[]] => {
    const enter = `exec chroot --userspec=${NOBODY}:${NOBODY} "$0" /usr/bin/rusk "$@"`;
    const shell = ["sh", "-c", `mount -t proc proc "$0/proc"; ${enter}`, root, ...words];
    return ["unshare", ["--mount", ...shell]];
  };

  test("the libraries that it asks for are those of the C library", () => {
    const libraries = execFileSync("ldd", [BINARY], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
    const folders = new Set(libraries.map((path) => dirname(path).split("/")[1]));
    expect([...folders].every((name) => name === "lib" || name === "lib64")).toBe(true);
    const names = libraries.map((path) => path.replace(/.*\/|\.so.*/g, "").replace(/-[-_\w]+/, ""));
    expect(names.sort()).toEqual(["ld", "libc", "libdl", "libm", "libpthread"]);
  });

  test("it serves, tells that it is well, and saves when it is told to end", async () => {
    const port = String(await freePort());
    const words = ["--port", port, "--dir", "/data", "--save", "3600 1"];
    const server = spawn(...inImage(words), { stdio: "ignore" });
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      const ask = (...request: string[]) =>
        spawnSync(...inImage(["cli", "-p", port, ...request]), { encoding: "utf8" });
      let healthy = ask("ping");
      for (let tries = 0; healthy.status !== 0 && tries < 100; tries++) healthy = ask("ping");
      expect(healthy.stdout).toBe("PONG\n");
      expect(ask("set", "key", "value").stdout).toBe("OK\n");
      server.kill("SIGTERM");
      expect(await ended).toBe(0);
      expect(existsSync(join(root, "data/dump.rdb"))).toBe(true);
    } finally {
      server.kill("SIGKILL");
    }
  });
});
