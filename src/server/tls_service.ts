/** TLS as the configuration has it: what connections are made from, and renewed by CONFIG SET. */

import { splitWords } from "../base/words.ts";
import type { Config } from "../config/config.ts";
import type { Name } from "../config/directives.ts";
import type { BlockingConnect, Socket, SocketEvents } from "../runtime/net.ts";
import type { ClientCertificates, Tls } from "../runtime/tls.ts";
import {
  TLS_PROTOCOLS,
  type TlsOptions,
  TlsProblem,
  type TlsProtocol,
} from "../runtime/tls_context.ts";

const NOT_UPDATED = "Unable to update TLS configuration. Check server logs.";
const NO_AUTHORITY =
  "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, " +
  "tls-replication or tls-auth-clients are enabled!";
const WRONG_PROTOCOLS =
  "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and " +
  "'TLSv1.3'.";

/** When none are named. */
const DEFAULT_PROTOCOLS: readonly TlsProtocol[] = ["TLSv1.2", "TLSv1.3"];

/** Those that a context is made of. */
const OF_CONTEXT: readonly Name[] = [
  "tls-cert-file",
  "tls-key-file",
  "tls-key-file-pass",
  "tls-client-cert-file",
  "tls-client-key-file",
  "tls-client-key-file-pass",
  "tls-cluster",
  "tls-ca-cert-file",
  "tls-ca-cert-dir",
  "tls-dh-params-file",
  "tls-protocols",
  "tls-ciphers",
  "tls-ciphersuites",
  "tls-prefer-server-ciphers",
  "tls-session-caching",
  "tls-session-cache-size",
  "tls-session-cache-timeout",
];

export class TlsService {
  private readonly tls: Tls;
  private readonly config: Config;
  private readonly warn: (text: string) => void;
  /** What was configured last is what is configured now. */
  private isCurrent = false;

  constructor(tls: Tls, config: Config, warn: (text: string) => void) {
    this.tls = tls;
    this.config = config;
    this.warn = warn;
  }

  /** Whether TLS is asked for, so that it must be possible. */
  get isNeeded(): boolean {
    const { config } = this;
    const isForServers = config.flag("tls-replication") || config.flag("tls-cluster");
    return config.number("tls-port") !== 0 || isForServers;
  }

  /** Sees that connections can be taken; false, with the reason in the log, when they cannot. */
  prepare(): boolean {
    return this.isCurrent || this.configure();
  }

  /** Has connections be as the configuration says whenever CONFIG SET changes that. */
  followConfig(): void {
    this.config.onChange(OF_CONTEXT, () => {
      this.isCurrent = false;
      return !this.isNeeded || this.configure() ? null : NOT_UPDATED;
    });
  }

  private configure(): boolean {
    try {
      const options = this.options();
      const isOutgoing = this.config.flag("tls-cluster");
      this.tls.configure(options, isOutgoing ? this.outgoing(options) : null);
    } catch (error) {
      if (!(error instanceof TlsProblem)) throw error;
      this.warn(error.message);
      return false;
    }
    this.isCurrent = true;
    return true;
  }

  private options(): TlsOptions {
    const { config } = this;
    const certificateFile = this.needed("tls-cert-file");
    const keyFile = this.needed("tls-key-file");
    const [authorityFile, authorityFolder] = [
      config.value("tls-ca-cert-file"),
      config.value("tls-ca-cert-dir"),
    ];
    const isForServers = config.flag("tls-replication") || config.flag("tls-cluster");
    const needsAuthority = isForServers || config.text("tls-auth-clients") !== "no";
    if (needsAuthority && authorityFile === null && authorityFolder === null) {
      throw new TlsProblem(NO_AUTHORITY);
    }
    return {
      certificateFile,
      keyFile,
      keyPassword: config.value("tls-key-file-pass") ?? "",
      authorityFile,
      authorityFolder,
      dhParamsFile: config.value("tls-dh-params-file"),
      protocols: protocolsOf(config.value("tls-protocols")),
      ciphers: config.value("tls-ciphers"),
      cipherSuites: config.value("tls-ciphersuites"),
      prefersServerCiphers: config.flag("tls-prefer-server-ciphers"),
      sessions: config.flag("tls-session-caching")
        ? {
            count: config.number("tls-session-cache-size"),
            seconds: config.number("tls-session-cache-timeout"),
          }
        : null,
    };
  }

  /** As Redis: with a certificate of its own, or the server's. */
  private outgoing(options: TlsOptions): TlsOptions {
    const { config } = this;
    const [certificateFile, keyFile] = [
      config.value("tls-client-cert-file"),
      config.value("tls-client-key-file"),
    ];
    if (certificateFile === null || keyFile === null) return options;
    const keyPassword = config.value("tls-client-key-file-pass") ?? "";
    return { ...options, certificateFile, keyFile, keyPassword };
  }

  private needed(name: "tls-cert-file" | "tls-key-file"): string {
    const file = this.config.value(name);
    if (file === null) throw new TlsProblem(`No ${name} configured!`);
    return file;
  }

  /** Connections to other servers by `connect`, of TLS if tls-cluster says so. */
  outgoingBy(connect: BlockingConnect | null): BlockingConnect | null {
    if (connect === null) return null;
    return (host, port, timeoutMs) => {
      const socket = connect(host, port, timeoutMs);
      return this.config.flag("tls-cluster") ? this.tls.secure(socket, timeoutMs) : socket;
    };
  }

  /** As `Tls.accept`; why a handshake was in vain is logged. */
  accept(socket: Socket, accept: (socket: Socket) => SocketEvents): SocketEvents {
    const certificates = this.config.text("tls-auth-clients") as ClientCertificates;
    return this.tls.accept(socket, certificates, accept, (reason) => {
      this.warn(`Error accepting a client connection: ${reason}`);
    });
  }
}

/** Those that a text names; throws a TlsProblem when one is none. */
function protocolsOf(text: string | null): ReadonlySet<TlsProtocol> {
  if (text === null) return new Set(DEFAULT_PROTOCOLS);
  const words = splitWords(text);
  const found = words?.map((word) =>
    TLS_PROTOCOLS.find((each) => each.toLowerCase() === word.toLowerCase()),
  );
  const known = found?.filter((each) => each !== undefined);
  if (known === undefined || known.length < (words?.length ?? 0)) {
    throw new TlsProblem(WRONG_PROTOCOLS);
  }
  return new Set(known);
}
