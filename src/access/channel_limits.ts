/** Who loses channels when a user's rules change. */
import type { ChannelLimits } from "../calls/users.ts";
import { argsOf } from "../protocol/args.ts";
import type { Pattern } from "./pattern.ts";
import type { User } from "./user.ts";

/**
 * What subscriptions of a user's clients may stay when it becomes as `after`; null when all may.
 * Channels of all selectors count, whatever else these allow. As in Redis, who had no channels at
 * all keeps what it subscribed to as another user; who had some does not, though none is taken.
 */
export function channelLimits(before: User, after: User): ChannelLimits | null {
  if (after.selectors.some(({ channels }) => channels.all)) return null;
  const allowed = channelsOf(after);
  const hadAll = before.selectors.some(({ channels }) => channels.all);
  if (!hadAll && channelsOf(before).length === 0) return null;
  return (channel, isPattern) => {
    const args = argsOf([channel]);
    return allowed.some((pattern) =>
      isPattern ? pattern.isWritten(args, 0) : pattern.matches(args, 0),
    );
  };
}

const channelsOf = (user: User): Pattern[] =>
  user.selectors.flatMap(({ channels }) => channels.list);
