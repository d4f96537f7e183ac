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

/** A percent sign, with what follows it up to a colon: two digits, in an address that is sound. */
const PERCENT = /%([^:][^:]?)?/g;

/** What an address says; or what is wrong with it, for the person. */
export function parseUri(text: string): ServerUri | string {
  const found = FORM.exec(text);
  if (found === null) return "Invalid URI scheme";
  const [, scheme, access, host, port, database] = found;
  for (const [, digits] of access?.matchAll(PERCENT) ?? []) {
    if (digits === undefined) return "Incomplete URI encoding";
    if (!/^[0-9a-f]{2}$/i.test(digits)) return "Illegal character in URI encoding";
  }
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
  text.replace(PERCENT, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
