/** How a program of ours speaks TLS, as its options tell one by one. */
import type { ClientTls } from "../runtime/stream_connection.ts";

export type TlsOptions = { -readonly [Name in keyof ClientTls]: ClientTls[Name] };

/** Without any option: the system's authorities are trusted, and no certificate is shown. */
export const defaultTls = (): TlsOptions => ({
  serverName: null,
  authorityFile: null,
  authorityFolder: null,
  certificateFile: null,
  keyFile: null,
  ciphers: null,
  cipherSuites: null,
  isInsecure: false,
});
