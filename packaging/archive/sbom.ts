/** A bill of materials of all binaries, in CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/. */
import { createHash } from "node:crypto";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { BUN_VERSION, runtimeOf } from "../binary/runtimes.ts";
import type { Target } from "../binary/targets.ts";
import {
  type BundledPackage,
  bundledPackages,
  hexOf,
  LINKED_LIBRARIES,
  versionOf,
} from "./bundled.ts";

const RUSK = `pkg:generic/rusk@${RUSK_VERSION}`;
const BUN = `pkg:github/oven-sh/bun@bun-v${BUN_VERSION}`;

/** The document for binaries of these targets, made at a time (Unix, in seconds). */
export function bom(targets: readonly Target[], time: number): string {
  const packages = bundledPackages();
  const runtimes = targets.map(runtimeComponent);
  const components = [...packages.map(packageComponent), bunComponent(), ...runtimes];
  const dependencies = [
    { ref: RUSK, dependsOn: [...packages.map(purl), ...runtimes.map((each) => each["bom-ref"])] },
    ...runtimes.map((each) => ({ ref: each["bom-ref"], dependsOn: [BUN] })),
  ];
  const document = {
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": RUSK,
        name: "rusk",
        version: RUSK_VERSION,
        description: "A Redis-compatible server",
        licenses: [{ license: { id: "MIT" } }],
        purl: RUSK,
      },
    },
    components,
    dependencies,
  };
  const head = { bomFormat: "CycloneDX", specVersion: "1.6" };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(document))}`;
  return `${JSON.stringify({ ...head, serialNumber, version: 1, ...document }, null, 2)}\n`;
}

const purl = ({ name, version }: BundledPackage) => `pkg:npm/${name}@${version}`;

function packageComponent(each: BundledPackage) {
  return {
    type: "library",
    "bom-ref": purl(each),
    name: each.name,
    version: each.version,
    hashes: [{ alg: "SHA-512", content: each.sha512 }],
    licenses: [{ license: { id: each.license } }],
    purl: purl(each),
  };
}

/** The runtime as it comes from npm for one target. */
function runtimeComponent(target: Target) {
  const { integrity, sha256 } = runtimeOf(target);
  const reference = `pkg:npm/${target.runtime.replace("@", "%40")}@${BUN_VERSION}`;
  return {
    type: "platform",
    "bom-ref": reference,
    name: target.runtime,
    version: BUN_VERSION,
    description: `Bun's runtime in the binary for ${target.name}`,
    hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
    licenses: [{ license: { id: "MIT" } }],
    purl: reference,
    properties: [{ name: "rusk:executable:sha256", value: sha256 }],
  };
}

/** Bun with what it links. */
function bunComponent() {
  return {
    type: "platform",
    "bom-ref": BUN,
    name: "bun",
    version: BUN_VERSION,
    licenses: [{ license: { id: "MIT" } }],
    purl: BUN,
    components: LINKED_LIBRARIES.map((library) => {
      const version = versionOf(library);
      return {
        type: "library",
        name: library.name,
        ...(version === null ? {} : { version }),
        licenses: [{ license: licenseOf(library.license) }],
        externalReferences: [{ type: "website", url: library.url }],
      };
    }),
  };
}

/** One that SPDX has a name for, or words. */
function licenseOf(text: string): { id: string } | { name: string } {
  return /[ ,]/.test(text) ? { name: text } : { id: text };
}

/** A name-based UUID (RFC 9562, version 8): the same for the same text. */
function uuidOf(text: string): string {
  const digits = [...createHash("sha256").update(text).digest("hex").slice(0, 32)];
  digits[12] = "8";
  digits[16] = "8";
  return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
