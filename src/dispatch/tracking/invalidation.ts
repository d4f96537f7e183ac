/** What a client is told of keys that changed: one text in two forms, each encoded once. */
import { fromLatin1 } from "../../base/bytes.ts";

const PUSH = ">2\r\n$10\r\ninvalidate\r\n";
const MESSAGE = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

export class Invalidation {
  private readonly keys: string;
  private push: Uint8Array | null = null;
  private message: Uint8Array | null = null;

  /** `keys` is their list as it is sent. */
  constructor(keys: string) {
    this.keys = keys;
  }

  /** For a client that speaks RESP3. */
  get asPush(): Uint8Array {
    this.push ??= fromLatin1(PUSH + this.keys);
    return this.push;
  }

  /** For a subscriber that speaks RESP2. */
  get asMessage(): Uint8Array {
    this.message ??= fromLatin1(MESSAGE + this.keys);
    return this.message;
  }
}

/** Of these names, in latin1. */
export function invalidationOf(names: readonly string[]): Invalidation {
  let keys = `*${names.length}\r\n`;
  for (const name of names) keys += `$${name.length}\r\n${name}\r\n`;
  return new Invalidation(keys);
}

/** Of all keys, by the protocol of whom it is for, though another may be told in its place. */
export const ALL_KEYS: Readonly<Record<number, Invalidation>> = {
  2: new Invalidation("$-1\r\n"),
  3: new Invalidation("_\r\n"),
};

/** That the client with this number is gone, to which all was to be told. */
export function redirectBroken(clientId: number): Uint8Array {
  return fromLatin1(`>2\r\n$21\r\ntracking-redir-broken\r\n:${clientId}\r\n`);
}
