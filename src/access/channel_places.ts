/** Where the channels of a call stand among its arguments. */
import type { Command } from "../calls/command.ts";

/** How a command names channels that its user must be allowed. */
export interface ChannelPlace {
  /** They are patterns, to be allowed as they are written. */
  readonly arePatterns: boolean;
  /** All arguments are, not only the first. */
  readonly areAll: boolean;
}

/** By name. Whoever ends a subscription needs no permission. */
const PLACES: ReadonlyMap<string, ChannelPlace> = new Map([
  ["publish", { arePatterns: false, areAll: false }],
  ["spublish", { arePatterns: false, areAll: false }],
  ["subscribe", { arePatterns: false, areAll: true }],
  ["ssubscribe", { arePatterns: false, areAll: true }],
  ["psubscribe", { arePatterns: true, areAll: true }],
]);

export const channelPlaceOf = ({ name }: Command): ChannelPlace | null => PLACES.get(name) ?? null;
