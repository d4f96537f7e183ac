/** Why the system would not do something, in its own words: what both runtimes say otherwise. */

/** The texts of strerror, by the names of the errors. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAFNOSUPPORT: "Address family not supported by protocol",
  EBUSY: "Device or resource busy",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EHOSTUNREACH: "No route to host",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENETUNREACH: "Network is unreachable",
  ENFILE: "Too many open files in system",
  ENOENT: "No such file or directory",
  ENOTFOUND: "Name or service not known",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  EPIPE: "Broken pipe",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
  ETIMEDOUT: "Connection timed out",
  ETXTBSY: "Text file busy",
};

/** The name of a system error (ENOENT ...), or "". */
export function systemCode(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** The error of one of the system's calls, by its name. */
export function systemFailure(code: string): Error {
  return Object.assign(new Error(REASONS[code] ?? code), { code });
}

/** What strerror says of an error; of one that is none of the system's, its own message. */
export function systemReason(error: unknown): string {
  const known = REASONS[systemCode(error)];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}

/** Runs something; what it throws becomes an Error with the system's reason as its message. */
export function orReason<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw withReason(error);
  }
}

/** An Error with the system's reason as its message, of what was thrown. */
export function withReason(error: unknown): Error {
  return new Error(systemReason(error), { cause: error });
}
