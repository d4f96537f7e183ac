/** Who wants to know of what held the server up: the latency monitor, by way of the keyspace. */
export interface Delays {
  /** Before something that may take long; what it returns is for `end`. */
  begin(): number;
  /** It is over: as what it is told. */
  end(event: string, beganMs: number): void;
}

/** Nobody wants to know. */
export const NO_DELAYS: Delays = { begin: () => 0, end: () => {} };
