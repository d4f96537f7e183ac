/** What Rusk is built for: systems, processors and C libraries, and Bun's runtime for each. */

/** A kind of machine that gets a binary of its own. */
export interface Target {
  /** As archives are named: rusk-<version>-<name>. */
  readonly name: string;
  /** As npm and Node.js name them, for packages that are installed on such machines only. */
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  readonly libc: "glibc" | "musl" | null;
  /** The program by which Linux starts the binary: where it is missing, none starts. */
  readonly loader: string | null;
  /** As `bun build --target` names it. */
  readonly bunTarget: string;
  /** The npm package that Bun's runtime comes in, see runtimes.json. */
  readonly runtime: string;
  /** What a machine must have, in words for who downloads the archive. */
  readonly needs: string;
}

const X64 =
  "a processor with SSE4.2, as all since 2009 (Intel Nehalem) and 2011 (AMD Bulldozer): " +
  "newer instructions are used where there are any, so that there is no baseline build beside it";

export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    os: "linux",
    cpu: "x64",
    libc: "glibc",
    loader: "/lib64/ld-linux-x86-64.so.2",
    bunTarget: "bun-linux-x64",
    runtime: "@oven/bun-linux-x64",
    needs: `Linux with glibc 2.17 or newer (Debian 8, RHEL 7, Ubuntu 14.04), and ${X64}`,
  },
  {
    name: "linux-x64-musl",
    os: "linux",
    cpu: "x64",
    libc: "musl",
    loader: "/lib/ld-musl-x86_64.so.1",
    bunTarget: "bun-linux-x64-musl",
    runtime: "@oven/bun-linux-x64-musl",
    needs: `Linux with musl and libstdc++ (on Alpine: apk add libstdc++), and ${X64}`,
  },
  {
    name: "linux-arm64",
    os: "linux",
    cpu: "arm64",
    libc: "glibc",
    loader: "/lib/ld-linux-aarch64.so.1",
    bunTarget: "bun-linux-arm64",
    runtime: "@oven/bun-linux-aarch64",
    needs: "Linux with glibc 2.17 or newer, on a 64-bit ARM processor",
  },
  {
    name: "linux-arm64-musl",
    os: "linux",
    cpu: "arm64",
    libc: "musl",
    loader: "/lib/ld-musl-aarch64.so.1",
    bunTarget: "bun-linux-arm64-musl",
    runtime: "@oven/bun-linux-aarch64-musl",
    needs:
      "Linux with musl and libstdc++ (on Alpine: apk add libstdc++), on a 64-bit ARM processor",
  },
  {
    name: "macos-x64",
    os: "darwin",
    cpu: "x64",
    libc: null,
    loader: null,
    bunTarget: "bun-darwin-x64",
    runtime: "@oven/bun-darwin-x64",
    needs: "macOS 13 or newer on an Intel processor",
  },
  {
    name: "macos-arm64",
    os: "darwin",
    cpu: "arm64",
    libc: null,
    loader: null,
    bunTarget: "bun-darwin-arm64",
    runtime: "@oven/bun-darwin-aarch64",
    needs: "macOS 13 or newer on Apple silicon",
  },
  {
    name: "windows-x64",
    os: "win32",
    cpu: "x64",
    libc: null,
    loader: null,
    bunTarget: "bun-windows-x64",
    runtime: "@oven/bun-windows-x64",
    needs: `Windows 10 (1809) or newer, and ${X64}`,
  },
];

/** The target of this name; throws what names there are if there is none. */
export function targetOf(name: string): Target {
  const found = TARGETS.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = TARGETS.map((each) => each.name).join(", ");
  throw new Error(`There is no target "${name}": there are ${names}`);
}

/** What the executable is called. */
export const executableName = (target: Target) => (target.os === "win32" ? "rusk.exe" : "rusk");
