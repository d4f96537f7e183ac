/** The connections of which replies wait for the disk, and how much waits in all. */
import type { Connection } from "./connection.ts";

export class HeldReplies {
  /** Bytes of all of them. */
  size = 0;
  private readonly connections = new Set<Connection>();

  /** To be called whenever it may be another size that waits of a connection. */
  account(connection: Connection): void {
    const { heldSize } = connection.output;
    if (heldSize === connection.accountedHeldSize) return;
    this.size += heldSize - connection.accountedHeldSize;
    connection.accountedHeldSize = heldSize;
    if (heldSize > 0) this.connections.add(connection);
    else this.connections.delete(connection);
  }

  /** Sends what waited for changes up to a mark. */
  release(mark: number): void {
    for (const connection of this.connections) connection.release(mark);
  }
}
