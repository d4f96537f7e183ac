/**
 * The packages that hold the binary, one for each kind of machine. npm installs only the one that
 * fits: the package `rusk` names all of them as optional dependencies.
 */

/** One kind of machine, in npm's words. */
export interface Platform {
  /** What the package is called after `rusk-`. */
  readonly name: string;
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  /** The C library of the system; only Linux has two. */
  readonly libc?: "glibc" | "musl";
  /** The file by which a Linux binary is started: where it is missing, the binary cannot run. */
  readonly loader?: string;
}

export const PLATFORMS: readonly Platform[] = [
  {
    name: "linux-x64",
    os: "linux",
    cpu: "x64",
    libc: "glibc",
    loader: "/lib64/ld-linux-x86-64.so.2",
  },
  {
    name: "linux-arm64",
    os: "linux",
    cpu: "arm64",
    libc: "glibc",
    loader: "/lib/ld-linux-aarch64.so.1",
  },
  {
    name: "linux-x64-musl",
    os: "linux",
    cpu: "x64",
    libc: "musl",
    loader: "/lib/ld-musl-x86_64.so.1",
  },
  {
    name: "linux-arm64-musl",
    os: "linux",
    cpu: "arm64",
    libc: "musl",
    loader: "/lib/ld-musl-aarch64.so.1",
  },
  { name: "darwin-x64", os: "darwin", cpu: "x64" },
  { name: "darwin-arm64", os: "darwin", cpu: "arm64" },
  { name: "win32-x64", os: "win32", cpu: "x64" },
];

/** The name of the package for a platform. */
export const packageName = (platform: Platform): string => `rusk-${platform.name}`;

/** The name of the binary in it. */
export const binaryName = (platform: Platform): string =>
  platform.os === "win32" ? "rusk.exe" : "rusk";
