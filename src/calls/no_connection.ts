/** In place of a connection, for a client that has none. */
import type { ConnectionPort } from "./client.ts";

/** It takes whatever is sent, and shows this address. */
export function noConnection(address: string): ConnectionPort {
  return {
    remote: address,
    local: address,
    unix: false,
    closing: false,
    isDoomed: false,
    isFreed: false,
    descriptor: -1,
    queryBufferSize: 0,
    queryBufferRoom: 0,
    argumentsSize: 0,
    repliedSize: 0,
    outputSize: 0,
    outputCount: 0,
    heldSize: 0,
    outputPeakSize: 0,
    createdMs: 0,
    lastActiveMs: 0,
    closeAfterReplies: () => {},
    kill: () => {},
    killAfterTurn: () => {},
    suspend: () => {},
    resume: () => {},
    awaitDisk: () => {},
    resumeWithAnswer: () => {},
    outgrows: () => false,
    lacksMemory: () => {},
    push: () => {},
    deliver: () => {},
  };
}
