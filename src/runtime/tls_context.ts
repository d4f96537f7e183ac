/** What a server is told of TLS, made into what OpenSSL makes connections from. */
import { Buffer } from "node:buffer";
import { closeSync, openSync } from "node:fs";
import { nativePath } from "./files.ts";
import type { Handle } from "./foreign.ts";
import { type OpenSsl, takeErrorText, Verify } from "./openssl.ts";
import { systemReason } from "./system_error.ts";

/** Files are of PEM; all texts hold bytes, one per character. */
export interface TlsOptions {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** "" is none. */
  readonly keyPassword: string;
  /** Who has signed clients' certificates; either may be null. */
  readonly authorityFile: string | null;
  readonly authorityFolder: string | null;
  readonly dhParamsFile: string | null;
  /** Versions that are spoken. */
  readonly protocols: ReadonlySet<TlsProtocol>;
  /** For TLS up to 1.2, in OpenSSL's grammar; null is its default. */
  readonly ciphers: string | null;
  /** For TLS 1.3. */
  readonly cipherSuites: string | null;
  readonly prefersServerCiphers: boolean;
  /** Sessions kept, so that clients need not greet in full again; null is none. */
  readonly sessions: { readonly count: number; readonly seconds: number } | null;
}

/** Why the options cannot be: the text is Redis's, for the log. */
export class TlsProblem extends Error {}

/** SSL_OP_NO_TLSv1 and so on. */
const REFUSING = {
  TLSv1: 1 << 26,
  "TLSv1.1": 1 << 28,
  "TLSv1.2": 1 << 27,
  "TLSv1.3": 1 << 29,
} as const;

export type TlsProtocol = keyof typeof REFUSING;

export const TLS_PROTOCOLS = Object.keys(REFUSING) as readonly TlsProtocol[];

const SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS = 1 << 11;
const SSL_OP_NO_COMPRESSION = 1 << 17;
const SSL_OP_CIPHER_SERVER_PREFERENCE = 1 << 22;
const SSL_OP_NO_SSLV3 = 1 << 25;
const SSL_OP_NO_RENEGOTIATION = 1 << 30;
/** As Redis: without what is old, or lets a client make the server work for nothing. */
const OPTIONS =
  SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS |
  SSL_OP_NO_COMPRESSION |
  SSL_OP_NO_SSLV3 |
  SSL_OP_NO_RENEGOTIATION;

/** Commands of SSL_CTX_ctrl. */
const SSL_CTRL_SET_TMP_DH = 3;
const SSL_CTRL_MODE = 33;
const SSL_CTRL_SET_SESSION_CACHE_SIZE = 42;
const SSL_CTRL_SET_SESSION_CACHE_MODE = 44;

/** What is no data is dealt with on the way; who is silent has no buffers. */
const MODES = 0x4 | 0x10;
const SSL_SESSION_CACHE_OFF = 0;
const SSL_SESSION_CACHE_SERVER = 2;
/** Sessions of another server are not taken. */
const SESSION_CONTEXT = "redis";
const FILETYPE_PEM = 1;

/** Whose side of connections is made from it. */
export type TlsSide = "server" | "client";

/** Makes one; the caller frees it by SSL_CTX_free. Throws a TlsProblem. */
export function newTlsContext(openSsl: OpenSsl, side: TlsSide, options: TlsOptions): Handle {
  const { calls } = openSsl;
  calls.ERR_clear_error();
  const method = side === "server" ? calls.TLS_server_method() : calls.TLS_client_method();
  const context = calls.SSL_CTX_new(method);
  if (context === null) throw new TlsProblem(takeErrorText(openSsl));
  try {
    calls.SSL_CTX_ctrl(context, SSL_CTRL_MODE, MODES, null);
    const refused = TLS_PROTOCOLS.filter((each) => !options.protocols.has(each));
    for (const each of refused) calls.SSL_CTX_set_options(context, REFUSING[each]);
    calls.SSL_CTX_set_options(context, OPTIONS);
    if (options.prefersServerCiphers) {
      calls.SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    }
    calls.SSL_CTX_set_verify(context, Verify.peer | Verify.failWithoutCertificate, null);
    loadFiles(openSsl, context, options);
    setCiphers(openSsl, context, options);
    keepSessions(openSsl, context, options.sessions);
    if (options.dhParamsFile !== null) loadDhParams(openSsl, context, options.dhParamsFile);
  } catch (error) {
    calls.SSL_CTX_free(context);
    throw error;
  }
  // What was tried on the way, and not needed.
  calls.ERR_clear_error();
  return context;
}

function loadFiles(openSsl: OpenSsl, context: Handle, options: TlsOptions): void {
  const { calls, place } = openSsl;
  const { certificateFile, authorityFile, authorityFolder } = options;
  const certificate = zeroEnded(certificateFile);
  if (calls.SSL_CTX_use_certificate_chain_file(context, place(certificate, 0)) <= 0) {
    const reason = takeErrorText(openSsl);
    throw new TlsProblem(`Failed to load certificate: ${certificateFile}: ${reason}`);
  }
  loadKey(openSsl, context, options);
  if (authorityFile === null && authorityFolder === null) return;
  const [file, folder] = [zeroEnded(authorityFile ?? ""), zeroEnded(authorityFolder ?? "")];
  const filePlace = authorityFile === null ? null : place(file, 0);
  const folderPlace = authorityFolder === null ? null : place(folder, 0);
  if (calls.SSL_CTX_load_verify_locations(context, filePlace, folderPlace) > 0) return;
  const reason = takeErrorText(openSsl);
  throw new TlsProblem(`Failed to configure CA certificate(s) file/directory: ${reason}`);
}

function loadKey(openSsl: OpenSsl, context: Handle, { keyFile, keyPassword }: TlsOptions): void {
  const { calls, place } = openSsl;
  const [path, password] = [zeroEnded(keyFile), zeroEnded(keyPassword)];
  // OpenSSL would ask at the terminal for one that it is not given.
  calls.SSL_CTX_set_default_passwd_cb_userdata(context, place(password, 0));
  const loaded = calls.SSL_CTX_use_PrivateKey_file(context, place(path, 0), FILETYPE_PEM);
  calls.SSL_CTX_set_default_passwd_cb_userdata(context, null);
  password.fill(0);
  if (loaded > 0) return;
  throw new TlsProblem(`Failed to load private key: ${keyFile}: ${takeErrorText(openSsl)}`);
}

function setCiphers(openSsl: OpenSsl, context: Handle, options: TlsOptions): void {
  const { calls, place } = openSsl;
  const { ciphers, cipherSuites } = options;
  if (ciphers !== null) {
    const list = zeroEnded(ciphers);
    if (calls.SSL_CTX_set_cipher_list(context, place(list, 0)) <= 0) {
      throw new TlsProblem(`Failed to configure ciphers: ${ciphers}`);
    }
  }
  if (cipherSuites === null) return;
  const list = zeroEnded(cipherSuites);
  if (calls.SSL_CTX_set_ciphersuites(context, place(list, 0)) <= 0) {
    throw new TlsProblem(`Failed to configure ciphersuites: ${cipherSuites}`);
  }
}

function keepSessions(
  { calls, place }: OpenSsl,
  context: Handle,
  sessions: TlsOptions["sessions"],
): void {
  const mode = sessions === null ? SSL_SESSION_CACHE_OFF : SSL_SESSION_CACHE_SERVER;
  calls.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESSION_CACHE_MODE, mode, null);
  if (sessions === null) return;
  calls.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESSION_CACHE_SIZE, sessions.count, null);
  calls.SSL_CTX_set_timeout(context, sessions.seconds);
  const id = zeroEnded(SESSION_CONTEXT);
  calls.SSL_CTX_set_session_id_context(context, place(id, 0), SESSION_CONTEXT.length);
}

function loadDhParams(openSsl: OpenSsl, context: Handle, file: string): void {
  const { calls, place } = openSsl;
  try {
    closeSync(openSync(nativePath(file), "r"));
  } catch (error) {
    throw new TlsProblem(`Failed to load ${file}: ${systemReason(error)}`);
  }
  const [path, mode] = [zeroEnded(file), zeroEnded("r")];
  const bio = calls.BIO_new_file(place(path, 0), place(mode, 0));
  const dh = bio === null ? null : calls.PEM_read_bio_DHparams(bio, null, null, null);
  if (bio !== null) calls.BIO_free(bio);
  if (dh === null) throw new TlsProblem(`${file}: failed to read DH params.`);
  const used = calls.SSL_CTX_ctrl(context, SSL_CTRL_SET_TMP_DH, 0, dh);
  calls.DH_free(dh);
  if (used > 0) return;
  throw new TlsProblem(`Failed to load DH params file: ${file}: ${takeErrorText(openSsl)}`);
}

const zeroEnded = (text: string) => Buffer.from(`${text}\0`, "latin1");
