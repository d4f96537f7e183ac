/** redis:// addresses, as redis-cli takes them. */

export interface ServerUri {
  readonly usesTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: number | null;
}

const FORM = /^(rediss?):\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^:/?]*)(?::(\d+)[^/?]*)?(?:\/(\d*).*)?$/is;

/** What an address says; null if it is none. */
export function parseUri(text: string): ServerUri | null {
  const found = FORM.exec(text);
  if (found === null) return null;
  const [, scheme, access, host, port, database] = found;
  const colon = access?.indexOf(":") ?? -1;
  return {
    usesTls: scheme.toLowerCase() === "rediss",
    user: colon >= 0 ? percentDecoded(access.slice(0, colon)) : null,
    password: access === undefined ? null : percentDecoded(access.slice(colon + 1)),
    host: host === "" ? null : host.replace(/^\[|\]$/g, ""),
    port: port === undefined ? null : Number(port),
    database: database ? Number(database) : null,
  };
}

const percentDecoded = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
