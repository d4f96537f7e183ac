/** Purpose: a socket that takes bytes of one place at a time, where several may be offered. */
import type { Sender } from "../../src/runtime/parts.ts";

/** A socket that takes bytes by a function, until that takes fewer than it is offered. */
export const oneByOne = (write: Sender["write"]): Sender => ({ write });
