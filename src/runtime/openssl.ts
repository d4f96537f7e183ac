/**
 * OpenSSL, as the system has it: the library by which Redis does TLS, so that what can be said of
 * certificates, protocols and ciphers, and its complaints, are the same. It is opened when TLS is
 * first asked for. Facts are those of OpenSSL's manual pages and headers, 1.1.1 and 3.
 */
import type { Foreign, ForeignSignatures, ForeignType, Handle, Place } from "./foreign.ts";

/** Calls return 0 or less where they fail, unless said otherwise. */
export interface OpenSslCalls {
  TLS_server_method(): Handle;
  TLS_client_method(): Handle;
  SSL_CTX_new(method: Handle): Handle | null;
  SSL_CTX_free(context: Handle): void;
  SSL_CTX_ctrl(context: Handle, command: number, number: number, pointer: Handle | null): number;
  SSL_CTX_set_options(context: Handle, options: number): void;
  SSL_CTX_set_verify(context: Handle, mode: number, callback: null): void;
  SSL_CTX_use_certificate_chain_file(context: Handle, path: Place): number;
  SSL_CTX_use_PrivateKey_file(context: Handle, path: Place, format: number): number;
  SSL_CTX_set_default_passwd_cb_userdata(context: Handle, password: Place | null): void;
  SSL_CTX_load_verify_locations(context: Handle, file: Place | null, dir: Place | null): number;
  SSL_CTX_set_cipher_list(context: Handle, list: Place): number;
  SSL_CTX_set_ciphersuites(context: Handle, list: Place): number;
  SSL_CTX_set_timeout(context: Handle, seconds: number): void;
  SSL_CTX_set_session_id_context(context: Handle, id: Place, size: number): number;
  SSL_new(context: Handle): Handle | null;
  SSL_free(ssl: Handle): void;
  SSL_set_bio(ssl: Handle, input: Handle, output: Handle): void;
  SSL_set_verify(ssl: Handle, mode: number, callback: null): void;
  SSL_set_accept_state(ssl: Handle): void;
  SSL_set_connect_state(ssl: Handle): void;
  SSL_do_handshake(ssl: Handle): number;
  SSL_read(ssl: Handle, into: Place, size: number): number;
  SSL_write(ssl: Handle, bytes: Place, size: number): number;
  SSL_pending(ssl: Handle): number;
  SSL_shutdown(ssl: Handle): number;
  SSL_get_error(ssl: Handle, result: number): number;
  BIO_s_mem(): Handle;
  BIO_new(method: Handle): Handle | null;
  BIO_new_file(path: Place, mode: Place): Handle | null;
  BIO_up_ref(bio: Handle): number;
  BIO_free(bio: Handle): number;
  BIO_read(bio: Handle, into: Place, size: number): number;
  BIO_write(bio: Handle, bytes: Place, size: number): number;
  BIO_ctrl_pending(bio: Handle): number;
  PEM_read_bio_DHparams(bio: Handle, dh: null, callback: null, password: null): Handle | null;
  DH_free(dh: Handle): void;
  ERR_get_error(): number;
  ERR_clear_error(): void;
  ERR_error_string_n(error: number, text: Place, size: number): void;
}

export interface OpenSsl extends Pick<Foreign, "place"> {
  readonly calls: OpenSslCalls;
}

/** What SSL_get_error says. */
export const SslError = { wantRead: 2, peerEnded: 6 } as const;

/** Modes of verifying. */
export const Verify = { none: 0, peer: 1, failWithoutCertificate: 2 } as const;

const p = "pointer";
const b = "bytes";
const i = "int";
const l = "long";
const v = "void";

const SSL: ForeignSignatures = {
  TLS_server_method: signature(p),
  TLS_client_method: signature(p),
  SSL_CTX_new: signature(p, p),
  SSL_CTX_free: signature(v, p),
  SSL_CTX_ctrl: signature(i, p, i, l, p),
  SSL_CTX_set_options: signature(v, p, l),
  SSL_CTX_set_verify: signature(v, p, i, p),
  SSL_CTX_use_certificate_chain_file: signature(i, p, b),
  SSL_CTX_use_PrivateKey_file: signature(i, p, b, i),
  SSL_CTX_set_default_passwd_cb_userdata: signature(v, p, b),
  SSL_CTX_load_verify_locations: signature(i, p, b, b),
  SSL_CTX_set_cipher_list: signature(i, p, b),
  SSL_CTX_set_ciphersuites: signature(i, p, b),
  SSL_CTX_set_timeout: signature(v, p, l),
  SSL_CTX_set_session_id_context: signature(i, p, b, i),
  SSL_new: signature(p, p),
  SSL_free: signature(v, p),
  SSL_set_bio: signature(v, p, p, p),
  SSL_set_verify: signature(v, p, i, p),
  SSL_set_accept_state: signature(v, p),
  SSL_set_connect_state: signature(v, p),
  SSL_do_handshake: signature(i, p),
  SSL_read: signature(i, p, b, i),
  SSL_write: signature(i, p, b, i),
  SSL_pending: signature(i, p),
  SSL_shutdown: signature(i, p),
  SSL_get_error: signature(i, p, i),
};

const CRYPTO: ForeignSignatures = {
  BIO_s_mem: signature(p),
  BIO_new: signature(p, p),
  BIO_new_file: signature(p, b, b),
  BIO_up_ref: signature(i, p),
  BIO_free: signature(i, p),
  BIO_read: signature(i, p, b, i),
  BIO_write: signature(i, p, b, i),
  BIO_ctrl_pending: signature(i, p),
  PEM_read_bio_DHparams: signature(p, p, p, p, p),
  DH_free: signature(v, p),
  // Errors have 32 bits.
  ERR_get_error: signature(i),
  ERR_clear_error: signature(v),
  ERR_error_string_n: signature(v, l, b, l),
};

function signature(returns: ForeignType, ...takes: ForeignType[]) {
  return { takes, returns };
}

/** The versions whose functions these are, the best first. */
const VERSIONS = ["3", "1.1"];

const ERROR_TEXT_SIZE = 256;

/** The library, or null where there is none. */
export function openOpenSsl(foreign: Foreign): OpenSsl | null {
  for (const version of VERSIONS) {
    const opened = foreign.open([
      [`libssl.so.${version}`, SSL],
      [`libcrypto.so.${version}`, CRYPTO],
    ]);
    if (opened !== null) return { calls: opened as OpenSslCalls, place: foreign.place };
  }
  return null;
}

/** The text of the first error since errors were last cleared; clears them. */
export function takeErrorText({ calls, place }: OpenSsl): string {
  const error = calls.ERR_get_error();
  calls.ERR_clear_error();
  return errorText({ calls, place }, error);
}

/** OpenSSL's text of an error by its number. */
export function errorText({ calls, place }: OpenSsl, error: number): string {
  const text = new Uint8Array(ERROR_TEXT_SIZE);
  calls.ERR_error_string_n(error >>> 0, place(text, 0), text.length);
  return new TextDecoder("latin1").decode(text.subarray(0, text.indexOf(0)));
}
