/** The connections of which replies wait for the disk, and how much waits in all. */

/** A connection, as this knows it. */
export interface HeldConnection {
  readonly output: { readonly heldSize: number };
  /** Of the bytes that wait for the disk, those that are counted in `size`; only HeldReplies'. */
  accountedHeldSize: number;
  /** Its place among those of which bytes wait, while there are any; only HeldReplies'. */
  heldPlace: number;
  /** Sends what waited for changes up to `mark`. */
  release(mark: number): void;
}

export class HeldReplies {
  /** Bytes of all of them. */
  size = 0;
  /** In no order; each knows its place. */
  private readonly connections: HeldConnection[] = [];

  /** To be called whenever it may be another size that waits of a connection. */
  account(connection: HeldConnection): void {
    const { heldSize } = connection.output;
    const { accountedHeldSize } = connection;
    if (heldSize === accountedHeldSize) return;
    this.size += heldSize - accountedHeldSize;
    connection.accountedHeldSize = heldSize;
    if (accountedHeldSize === 0) {
      connection.heldPlace = this.connections.push(connection) - 1;
    } else if (heldSize === 0) {
      const last = this.connections.pop() as HeldConnection;
      if (last === connection) return;
      this.connections[connection.heldPlace] = last;
      last.heldPlace = connection.heldPlace;
    }
  }

  /** Sends what waited for changes up to a mark. */
  release(mark: number): void {
    // From the end, since those of which nothing waits any more go, and the last takes the place.
    for (let i = this.connections.length - 1; i >= 0; i--) this.connections[i]?.release(mark);
  }
}
