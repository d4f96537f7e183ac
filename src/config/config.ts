/**
 * The server's configuration: one value for each directive of the table. Files set values at the
 * start (file.ts); CONFIG SET changes several of them or none, telling the parts of the server
 * that asked to hear of it, each of which may still object. Texts hold bytes, one per character.
 */
import { matchGlob } from "../base/glob.ts";
import { cString } from "../base/words.ts";
import { DIRECTIVES, NAMES, type Name, type NameOf, type ValueOf } from "./directives.ts";
import { type ConfigHost, Refusal } from "./kinds.ts";

/** Makes changed values effective; returns why that cannot be, or null. */
export type Apply = () => string | null;

/** Who asks for a change, and when. */
export interface Asker {
  /** The client is on this machine. */
  isLocal: boolean;
  /** The server is loading its data set. */
  isLoading: boolean;
}

/** A directive, and the value that it had. */
type Setting = readonly [name: Name, value: unknown];

/** One pair of CONFIG SET. `shown` is the name as it was given, alias or not, in lower case. */
interface Change {
  name: Name;
  shown: string;
  words: string[];
}

interface Listener {
  names: readonly Name[];
  apply: Apply;
}

const LOADING = "LOADING Redis is loading the dataset in memory";

export class Config {
  readonly host: ConfigHost;
  /** The absolute path of the configuration file, or "" when the server runs without one. */
  file = "";
  /** The words after `user` of each such statement in the files read, in their order. */
  readonly users: (readonly string[])[] = [];
  /** Directives of other versions that the files name, and why each is without effect here. */
  readonly ignored = new Map<string, string>();
  private values = new Map<Name, unknown>();
  /** How values are shown, of those that were: who looks at a configuration looks again. */
  private readonly shown = new Map<Name, string>();
  private mentioned = new Set<Name>();
  private listeners: Listener[] = [];

  /** A configuration of defaults. */
  constructor(host: ConfigHost) {
    this.host = host;
    for (const name of Object.keys(DIRECTIVES) as Name[]) {
      this.put(name, DIRECTIVES[name].initial);
    }
    this.put("dir", host.currentFolder());
  }

  /** The value of a directive, which must not be changed in place. */
  value<N extends Name>(name: N): ValueOf<N> {
    return this.values.get(name) as ValueOf<N>;
  }

  /** The value of a numeric directive, rounded above 2^53. A look-up: hot paths keep a copy. */
  number(name: NameOf<bigint>): number {
    return Number(this.value(name));
  }

  flag(name: NameOf<boolean>): boolean {
    return this.value(name);
  }

  /** The value of any directive as CONFIG GET shows it. */
  text(name: Name): string {
    const known = this.shown.get(name);
    if (known !== undefined) return known;
    const text = DIRECTIVES[name].print(this.values.get(name));
    this.shown.set(name, text);
    return text;
  }

  private put(name: Name, value: unknown): void {
    this.values.set(name, value);
    this.shown.delete(name);
  }

  /**
   * Of these directives, by any of their names, those that are set and without effect, as one text
   * with the reasons; null if there are none.
   */
  warningOf(names: Iterable<string>): string | null {
    let byReason: Map<string, string[]> | null = null;
    for (const each of names) {
      const name = NAMES.get(each.toLowerCase());
      const reason = name === undefined ? null : this.withoutEffect(name);
      if (reason === null) continue;
      byReason ??= new Map();
      byReason.set(reason, [...(byReason.get(reason) ?? []), each.toLowerCase()]);
    }
    return byReason === null ? null : withoutEffectText(byReason);
  }

  /** The same of the directives of other versions that the files name. */
  warningOfIgnored(): string | null {
    const byReason = Map.groupBy(this.ignored.keys(), (name) => this.ignored.get(name) ?? "");
    return withoutEffectText(byReason);
  }

  /** Calls `apply` after any CONFIG SET that changes one of these directives, once for all. */
  onChange(names: readonly Name[], apply: Apply): void {
    this.listeners.push({ names, apply });
  }

  /** Has `apply` run now, and whenever one of the directives changes. */
  follow(names: readonly Name[], apply: () => void): void {
    apply();
    this.onChange(names, () => {
      apply();
      return null;
    });
  }

  /** Sets a directive as a line of a file does; throws a Refusal. */
  assign(name: Name, words: readonly string[]): void {
    const directive = DIRECTIVES[name];
    const isFirst = directive.addsUp && !this.mentioned.has(name);
    this.mentioned.add(name);
    this.change(name, words, isFirst ? [] : this.values.get(name));
  }

  /**
   * Why a directive, which has another value than its default, has no effect; null if it has, or
   * has its default.
   */
  withoutEffect(name: Name): string | null {
    const { traits } = DIRECTIVES[name];
    return "kept" in traits && this.isChanged(name) ? traits.kept : null;
  }

  /** Why a directive cannot have the value that it has; null when it can. */
  refusal(name: Name): string | null {
    const { traits } = DIRECTIVES[name];
    return "refused" in traits && this.isChanged(name) ? traits.refused : null;
  }

  private isChanged(name: Name): boolean {
    return this.text(name) !== DIRECTIVES[name].print(DIRECTIVES[name].initial);
  }

  /**
   * What CONFIG GET shows: names and values. A pattern without `*`, `?` and `[` is a name, and is
   * shown as it was given; hidden directives are found by name only.
   */
  get(patterns: readonly string[]): [name: string, value: string][] {
    if (patterns.length === 1) {
      // What is asked for again and again is nearly always a name as it stands.
      const name = NAMES.get(patterns[0]);
      if (name !== undefined) return [[patterns[0], this.text(name)]];
    }
    if (patterns.length === 1 && !isGlob(patterns[0])) {
      const name = NAMES.get(patterns[0].toLowerCase());
      return name === undefined ? [] : [[patterns[0], this.text(name)]];
    }
    const found = new Map<string, [string, string]>();
    for (const pattern of patterns) {
      for (const [key, shown] of this.match(pattern)) {
        const name = NAMES.get(key);
        if (name !== undefined && !found.has(key)) found.set(key, [shown, this.text(name)]);
      }
    }
    return [...found.values()];
  }

  private match(pattern: string): [key: string, shown: string][] {
    if (!isGlob(pattern)) return [[pattern.toLowerCase(), pattern]];
    const glob = cString(pattern);
    return [...NAMES]
      .filter(([, name]) => DIRECTIVES[name].traits.hidden !== true)
      .filter(([key]) => matchGlob(glob, key, true))
      .map(([key]) => [key, key]);
  }

  /**
   * CONFIG SET with these arguments: names, each with its value. Either all of them are set and
   * null is returned, or none, and the error is.
   */
  set(args: readonly string[], asker: Asker): string | null {
    if (args.length === 2 && this.isAlready(args[0], args[1])) return null;
    if (args.length % 2 === 1) return "ERR syntax error";
    const changes = this.check(args, asker);
    if (typeof changes === "string") return changes;
    const before = changes.map(({ name }): Setting => [name, this.values.get(name)]);
    let pending: Map<Listener, string> | null = null;
    for (const { name, shown, words } of changes) {
      const old = this.values.get(name);
      const { addsUp, print, traits } = DIRECTIVES[name];
      try {
        this.change(name, words, addsUp ? [] : old);
        const refusal = this.refusal(name);
        if (refusal !== null) throw new Refusal(refusal);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.restore(before);
        return failure(shown, error.message);
      }
      const value = this.values.get(name);
      if ((value === old || print(value) === print(old)) && traits.volatile !== true) continue;
      pending ??= new Map();
      for (const listener of this.listeners) {
        if (listener.names.includes(name) && !pending.has(listener)) pending.set(listener, shown);
      }
    }
    if (pending === null) return null;
    for (const [listener, shown] of pending) {
      const reason = listener.apply();
      if (reason === null) continue;
      this.restore(before);
      for (const { apply } of pending.keys()) apply();
      return failure(shown, reason);
    }
    return null;
  }

  /**
   * Whether a directive that anybody may set at any time, and that is no more than its value, has
   * the value that is asked for.
   */
  private isAlready(given: string, value: string): boolean {
    const name = NAMES.get(given);
    if (name === undefined || this.text(name) !== value) return false;
    const { traits, enact, addsUp } = DIRECTIVES[name];
    const isFree = !traits.immutable && !traits.protected && !traits.denyLoading;
    return isFree && enact === undefined && !addsUp && traits.volatile !== true;
  }

  /** The changes that CONFIG SET asks for, or why this client may not make them. */
  private check(args: readonly string[], asker: Asker): Change[] | string {
    const allowed = this.value("enable-protected-configs");
    const mayProtected = allowed === "yes" || (allowed === "local" && asker.isLocal);
    const changes: Change[] = [];
    for (let i = 0; i < args.length; i += 2) {
      const given = cString(args[i]);
      const shown = args[i].toLowerCase();
      const name = NAMES.get(shown);
      if (name === undefined) {
        return `ERR Unknown option or number of arguments for CONFIG SET - '${given}'`;
      }
      const { traits, manyWords } = DIRECTIVES[name];
      if (traits.immutable) return failure(given, "can't set immutable config");
      if (traits.protected && !mayProtected) return failure(given, "can't set protected config");
      if (traits.denyLoading && asker.isLoading) return LOADING;
      if (changes.some((change) => change.shown === shown)) {
        return failure(given, "duplicate parameter");
      }
      const value = args[i + 1];
      const words = !manyWords ? [value] : value === "" ? [] : value.split(" ");
      changes.push({ name, shown, words });
    }
    return changes;
  }

  private change(name: Name, words: readonly string[], current: unknown): void {
    const { parse, enact } = DIRECTIVES[name];
    const value = parse(words, current);
    this.put(name, enact === undefined ? value : enact(value, this.host));
  }

  private restore(before: readonly Setting[]): void {
    for (const [name, value] of before) {
      const isSame = this.values.get(name) === value;
      this.put(name, value);
      if (isSame) continue;
      try {
        DIRECTIVES[name].enact?.(value, this.host);
      } catch (error) {
        // The old folder may be gone by now; there is no better one to be in.
        if (!(error instanceof Refusal)) throw error;
      }
    }
  }
}

const isGlob = (pattern: string) => /[[*?]/.test(cString(pattern));

function failure(name: string, reason: string): string {
  return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
}

/** Names by the reasons why they are without effect, as one text; null: there are none. */
function withoutEffectText(byReason: ReadonlyMap<string, readonly string[]>): string | null {
  if (byReason.size === 0) return null;
  const reasons = [...byReason].map(
    ([reason, each]) => `${each.join(", ")} (${reason.replace(/\.$/, "")})`,
  );
  return `Set, but without effect: ${reasons.join("; ")}`;
}
