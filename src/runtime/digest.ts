/** Digests of the runtime's own, for what must be secure. */
import { createHash } from "node:crypto";

/** The SHA-256 of bytes, as 64 hexadecimal digits in lower case. */
export const sha256Hex = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");
