/**
 * Whether selectors allow a call. It is asked about every command of a user with limits, and makes
 * no object.
 */
import { type Command, Flag, takesKeys } from "../calls/command.ts";
import { KeyPlaces } from "../calls/key_places.ts";
import { KeyFlag } from "../calls/key_specs.ts";
import type { Denial } from "../calls/users.ts";
import type { Args } from "../protocol/args.ts";
import { type ChannelPlace, channelPlaceOf } from "./channel_places.ts";
import { KeyUse } from "./pattern.ts";
import type { Selector } from "./selector.ts";

/** What is denied, by how far a call came: of several selectors' objections the highest counts. */
const ALLOWED = 0;
const COMMAND = 1;
const KEY = 2;
const CHANNEL = 3;
const NAMES: readonly (Denial | null)[] = [null, "command", "key", "channel"];

const WRITING = KeyFlag.insert | KeyFlag.delete | KeyFlag.update;

/** What rules ask of a command besides being allowed. */
interface Needs {
  readonly keys: boolean;
  readonly channels: ChannelPlace | null;
}

export class CallCheck {
  /** Of the last call that was denied: the argument that was it; 0: the command itself. */
  deniedAt = 0;
  /** By id. */
  private readonly needs: readonly Needs[];
  private readonly keys = new KeyPlaces();
  /** Whether `keys` are those of the call at hand. */
  private foundKeys = false;
  /** The key or channel that a selector objected to last. */
  private objectedAt = 0;

  constructor(commands: readonly Command[]) {
    this.needs = commands.map((command) => ({
      keys: takesKeys(command),
      channels: channelPlaceOf(command),
    }));
  }

  /** What is against the call; null if a selector allows it. */
  check(selectors: readonly Selector[], command: Command, args: Args): Denial | null {
    let denied = COMMAND;
    let at = 0;
    this.foundKeys = false;
    this.objectedAt = 0;
    for (const selector of selectors) {
      const objection = this.objectionOf(selector, command, args);
      if (objection === ALLOWED) return null;
      if (objection > denied || (objection === denied && this.objectedAt > at)) {
        denied = objection;
        at = this.objectedAt;
      }
    }
    this.deniedAt = at;
    return NAMES[denied];
  }

  /** Whether one selector allows the call, and reading any key. */
  allowsReadingAll(selectors: readonly Selector[], command: Command, args: Args): boolean {
    this.foundKeys = false;
    return selectors.some(
      (selector) =>
        selector.keys.allowAll(KeyUse.read) &&
        this.objectionOf(selector, command, args) === ALLOWED,
    );
  }

  private objectionOf(selector: Selector, command: Command, args: Args): number {
    const { commands } = selector;
    if (!commands.has(command.id) && (command.flags & Flag.no_auth) === 0) {
      if (!commands.allowsCall(command, args)) return COMMAND;
    }
    const { keys, channels } = this.needs[command.id];
    if (keys && !selector.keys.all && !this.allowsKeys(selector, command, args)) return KEY;
    if (channels === null || selector.channels.all) return ALLOWED;
    return this.allowsChannels(selector, channels, args) ? ALLOWED : CHANNEL;
  }

  private allowsKeys(selector: Selector, command: Command, args: Args): boolean {
    const { keys } = this;
    if (!this.foundKeys) keys.find(command, args);
    this.foundKeys = true;
    for (let i = 0; i < keys.count; i++) {
      if (selector.keys.allows(args, keys.index[i], useOf(keys.flags[i]))) continue;
      this.objectedAt = keys.index[i];
      return false;
    }
    return true;
  }

  private allowsChannels({ channels }: Selector, place: ChannelPlace, args: Args): boolean {
    const end = place.areAll ? args.count : Math.min(2, args.count);
    for (let index = 1; index < end; index++) {
      if (place.arePatterns ? channels.has(args, index) : channels.allows(args, index, 0)) continue;
      this.objectedAt = index;
      return false;
    }
    return true;
  }
}

/** What a user needs to be allowed to do with a key that has these flags: a mask of KeyUse. */
function useOf(flags: number): number {
  const reads = (flags & KeyFlag.access) !== 0 ? KeyUse.read : 0;
  return (flags & WRITING) !== 0 ? reads | KeyUse.write : reads;
}
