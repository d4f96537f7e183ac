/** Digests of the runtime's own, for what must be secure. */
import process from "node:process";

/** The SHA-256 of bytes, as 64 hexadecimal digits in lower case. */
export const sha256Hex = (bytes: Uint8Array): string =>
  // Few servers have a password: the others start sooner without the module.
  process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
