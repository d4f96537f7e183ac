/** What a client wants to be told of keys that change (CLIENT TRACKING), and waits to be told. */

/** What is known of a client that has, or had, tracking on. */
export class ClientTracking {
  isOn = false;
  redirect = 0;
  isBroadcast = false;
  isOptIn = false;
  isOptOut = false;
  noLoop = false;
  /** CLIENT CACHING was the last command, or has begun the transaction. */
  isCachingGiven = false;
  /** Who is to be told in its place is gone. */
  isRedirectBroken = false;
  /** With `isBroadcast`. */
  readonly prefixes = new Set<string>();
  /** Bytes of all prefixes. */
  prefixesSize = 0;
  /** Others have what they are to be told sent to this client, or had so. */
  isTarget = false;
  /** What it is to be told once its command has replied: names, null for all keys. */
  readonly pending: (string | null)[] = [];

  /** Whether the keys of what it reads now are followed. */
  get followsReads(): boolean {
    if (!this.isOn || this.isBroadcast) return false;
    if (this.isOptIn) return this.isCachingGiven;
    return !(this.isOptOut && this.isCachingGiven);
  }
}
