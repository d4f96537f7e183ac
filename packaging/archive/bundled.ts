/** What a binary is made of besides Rusk itself: packages of npm, and Bun with what it links. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json";

const ROOT = join(import.meta.dir, "../..");

/** A package of npm whose code is in the binary. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The license in full. */
  readonly text: string;
  /** SHA-512 of the package, in hexadecimal. */
  readonly sha512: string;
}

/** A library that Bun links, by what Bun says of itself. */
export interface LinkedLibrary {
  readonly name: string;
  readonly license: string;
  /** What process.versions calls it, if it is there. */
  readonly versionKey?: string;
  readonly url: string;
}

/** Packages whose license is not in a file of theirs. */
const TEXTS: Readonly<Record<string, string>> = {
  "deno-std": "packaging/licenses/deno_std.txt",
};

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
  readonly license: string;
}

/** The packages in the order of their names. */
export function bundledPackages(): BundledPackage[] {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  return Object.keys(manifest.dependencies)
    .sort()
    .map((name) => {
      const locked = lock.packages[`node_modules/${name}`];
      if (locked === undefined) throw new Error(`${name} is not in package-lock.json`);
      const { version, license, integrity } = locked;
      const text = readFileSync(join(ROOT, TEXTS[name] ?? `node_modules/${name}/LICENSE`), "utf8");
      return { name, version, license, text, sha512: hexOf(integrity) };
    });
}

/** The hash of an npm integrity in hexadecimal. */
export const hexOf = (integrity: string) =>
  Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");

export const WEBKIT = "JavaScriptCore (WebKit)";

/** Source: https://github.com/oven-sh/bun/blob/main/LICENSE.md. */
export const LINKED_LIBRARIES: readonly LinkedLibrary[] = [
  {
    name: WEBKIT,
    license: "LGPL-2.0-or-later",
    versionKey: "webkit",
    url: "https://github.com/oven-sh/WebKit",
  },
  {
    name: "TinyCC",
    license: "LGPL-2.1-or-later",
    versionKey: "tinycc",
    url: "https://github.com/tinycc/tinycc",
  },
  ...others(),
];

function others(): LinkedLibrary[] {
  const github = "https://github.com/";
  return [
    ["BoringSSL", "several, see its LICENSE", "https://boringssl.googlesource.com", "boringssl"],
    ["Brotli", "MIT", `${github}google/brotli`],
    ["c-ares", "MIT", `${github}c-ares/c-ares`, "ares"],
    ["Highway", "Apache-2.0", `${github}google/highway`],
    ["ICU", "Unicode-3.0", `${github}unicode-org/icu`, "icu"],
    ["libarchive", "several, see its COPYING", `${github}libarchive/libarchive`, "libarchive"],
    ["libbase64", "BSD-2-Clause", `${github}aklomp/base64`],
    ["libdeflate", "MIT", `${github}ebiggers/libdeflate`, "libdeflate"],
    ["libjpeg-turbo", "BSD-3-Clause, IJG, Zlib", `${github}libjpeg-turbo/libjpeg-turbo`],
    ["libspng", "BSD-2-Clause", `${github}randy408/libspng`],
    ["libuv", "MIT", `${github}libuv/libuv`, "uv"],
    ["libwebp", "BSD-3-Clause", `${github}webmproject/libwebp`],
    ["lol-html", "BSD-3-Clause", `${github}cloudflare/lol-html`, "lolhtml"],
    ["ls-hpack", "MIT", `${github}litespeedtech/ls-hpack`, "lshpack"],
    ["ls-qpack", "MIT", `${github}litespeedtech/ls-qpack`],
    ["LSQUIC", "MIT", `${github}litespeedtech/lsquic`],
    ["mimalloc", "MIT", `${github}microsoft/mimalloc`, "mimalloc"],
    ["picohttpparser", "MIT", `${github}h2o/picohttpparser`, "picohttpparser"],
    ["simdutf", "Apache-2.0", `${github}simdutf/simdutf`],
    ["SQLite", "blessing", "https://sqlite.org", "sqlite"],
    ["uSockets", "Apache-2.0", `${github}uNetworking/uSockets`, "usockets"],
    ["uucode", "MIT", `${github}jacobsandlund/uucode`],
    ["uWebSockets", "Apache-2.0", `${github}jarred-sumner/uwebsockets`, "uwebsockets"],
    ["zlib-ng", "Zlib", `${github}zlib-ng/zlib-ng`, "zlib"],
    ["Zstandard", "BSD-3-Clause", `${github}facebook/zstd`, "zstd"],
  ].map(([name = "", license = "", url = "", versionKey]) => ({
    name,
    license,
    url,
    ...(versionKey === undefined ? {} : { versionKey }),
  }));
}

/** The version of a library in the Bun that runs, or null where it tells none. */
export function versionOf({ versionKey }: LinkedLibrary): string | null {
  if (versionKey === undefined) return null;
  return process.versions[versionKey] ?? null;
}
