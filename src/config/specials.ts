/** The directives whose values are of no common kind, each with a grammar of its own. */
import { quoted } from "../base/quoted.ts";
import { formatMemory, parseMemory } from "../base/units.ts";
import { cString } from "../base/words.ts";
import {
  directive,
  type Meaning,
  parseLoose,
  parseSaturating,
  Refusal,
  type Traits,
} from "./kinds.ts";

const WRONG_COUNT = "wrong number of arguments";
const MAX_ADDRESSES = 16;
const DEFAULT_ADDRESSES = ["*", "-::*"];

/** The addresses to listen on; one with a leading - may be missing on this machine. */
export function addresses(traits: Traits & Meaning, initial = DEFAULT_ADDRESSES) {
  return directive<readonly string[]>(traits, {
    initial,
    grammar: `up to ${MAX_ADDRESSES} addresses`,
    manyWords: true,
    parse(words) {
      if (words.length > MAX_ADDRESSES) throw new Refusal("Too many bind addresses specified.");
      return words.length === 1 && words[0] === "" ? [] : words.map(cString);
    },
    print: (value) => value.join(" "),
    lines(value) {
      const shown = value.join(" ");
      return shown === initial.join(" ") ? [] : [shown || '""'];
    },
  });
}

/** The working folder: always the absolute path of the one the process is in. */
export function folder(traits: Traits & Meaning) {
  return directive<string>(traits, {
    initial: "",
    grammar: "path",
    parse: ([word]) => cString(word),
    print: (value) => value,
    lines: (value) => [quoted(value)],
    alwaysWritten: true,
    enact(value, host) {
      try {
        host.changeFolder(value);
      } catch (error) {
        throw new Refusal((error as Error).message);
      }
      return host.currentFolder();
    },
  });
}

/** Save when, after so many seconds, at least so many changes have been made. */
export interface SaveRule {
  readonly seconds: bigint;
  readonly changes: number;
}

const DEFAULT_RULES: readonly SaveRule[] = [
  { seconds: 3600n, changes: 1 },
  { seconds: 300n, changes: 100 },
  { seconds: 60n, changes: 10000 },
];

/** When to write a snapshot. */
export function saveRules(traits: Traits & Meaning) {
  return directive<readonly SaveRule[]>(traits, {
    initial: DEFAULT_RULES,
    grammar: 'pairs of seconds and changes, or ""',
    manyWords: true,
    addsUp: true,
    alwaysWritten: true,
    parse(words, current) {
      if (words.length === 1 && cString(words[0]) === "") return [];
      if (words.length % 2 === 1) throw new Refusal("Invalid save parameters");
      const rules = [...current];
      for (let i = 0; i < words.length; i += 2) {
        const seconds = parseSaturating(cString(words[i]));
        const changes = parseSaturating(cString(words[i + 1]));
        if (seconds === null || changes === null || seconds < 1n || changes < 0n) {
          throw new Refusal("Invalid save parameters");
        }
        rules.push({ seconds, changes: Number(BigInt.asIntN(32, changes)) });
      }
      return rules;
    },
    print: (value) => value.map((rule) => `${rule.seconds} ${rule.changes}`).join(" "),
    lines: (value) =>
      value.length === 0 ? ['""'] : value.map((rule) => `${rule.seconds} ${rule.changes}`),
  });
}

/** A client is closed at `hard` unsent bytes, or `softSeconds` above `soft`; 0 is no limit. */
export interface OutputLimit {
  readonly hard: bigint;
  readonly soft: bigint;
  readonly softSeconds: number;
}

/** The limits of each class of clients. */
export interface OutputLimits {
  readonly normal: OutputLimit;
  readonly replica: OutputLimit;
  readonly pubsub: OutputLimit;
}

const DEFAULT_LIMITS: OutputLimits = {
  normal: { hard: 0n, soft: 0n, softSeconds: 0 },
  replica: { hard: 268435456n, soft: 67108864n, softSeconds: 60 },
  pubsub: { hard: 33554432n, soft: 8388608n, softSeconds: 60 },
};
const CLASSES = ["normal", "replica", "pubsub"] as const;

/** How many unsent bytes a client may let pile up. */
export function outputLimits(traits: Traits & Meaning) {
  return directive<OutputLimits>(traits, {
    initial: DEFAULT_LIMITS,
    grammar: "class, hard limit, soft limit, seconds; any number of times",
    manyWords: true,
    parse(words, current) {
      if (words.length % 4 !== 0) {
        throw new Refusal("Wrong number of arguments in buffer limit configuration.");
      }
      const limits = { ...current };
      for (let i = 0; i < words.length; i += 4) {
        const given = cString(words[i]).toLowerCase();
        const name = CLASSES.find((known) => known === (given === "slave" ? "replica" : given));
        if (name === undefined) {
          throw new Refusal("Invalid client class specified in buffer limit configuration.");
        }
        limits[name] = parseLimit(words[i + 1], words[i + 2], words[i + 3]);
      }
      return limits;
    },
    print: (value) =>
      CLASSES.map((name) => {
        const { hard, soft, softSeconds } = value[name];
        return `${name === "replica" ? "slave" : name} ${hard} ${soft} ${softSeconds}`;
      }).join(" "),
    lines: (value) =>
      CLASSES.map((name) => {
        const { hard, soft, softSeconds } = value[name];
        return `${name} ${formatMemory(hard)} ${formatMemory(soft)} ${softSeconds}`;
      }),
  });
}

function parseLimit(hardWord: string, softWord: string, secondsWord: string): OutputLimit {
  const hard = parseMemory(cString(hardWord));
  const soft = parseMemory(cString(softWord));
  const seconds = parseSaturating(cString(secondsWord));
  const softSeconds = Number(BigInt.asIntN(32, seconds ?? -1n));
  if (hard === null || soft === null || softSeconds < 0) {
    throw new Refusal("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  }
  return { hard, soft, softSeconds };
}

/** How much likelier than others the kernel is to end this process when memory is short. */
export function oomScores(traits: Traits & Meaning) {
  return directive<readonly number[]>(traits, {
    initial: [0, 200, 800],
    grammar: "three integers, -2000 to 2000",
    manyWords: true,
    parse(words) {
      if (words.length !== 3) throw new Refusal(WRONG_COUNT);
      return words.map((word) => {
        const score = parseLoose(cString(word), 10);
        if (score === null || score < -2000n || score > 2000n) {
          throw new Refusal(
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
          );
        }
        return Number(score);
      });
    },
    print: (value) => value.join(" "),
  });
}

/** The classes of events that A stands for. */
const ALL_EVENTS = "g$lshzxetd";
const EVENT_CHARS = `${ALL_EVENTS}nKEmA`;

/** The classes of key events to publish. */
export function eventClasses(traits: Traits & Meaning) {
  return directive<string>(traits, {
    initial: "",
    grammar: "some of Ag$lshzxeKEtmdn",
    parse([word]) {
      const given = cString(word);
      if ([...given].some((char) => !EVENT_CHARS.includes(char))) {
        throw new Refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
      }
      const has = (char: string) => given.includes(char);
      const all = has("A") || [...ALL_EVENTS].every(has);
      const some = all ? "A" : [...ALL_EVENTS].filter(has).join("");
      return some + [..."nKEm"].filter(has).join("");
    },
    // As Redis shows it; in its configuration file n beside A would be lost as well.
    print: (value) => value.replace("An", "A"),
    lines: (value) => [`"${value}"`],
  });
}

const DOUBLE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEX = /^([+-]?)(0x[0-9a-f]+)$/i;
const INFINITE = /^[+-]?inf(inity)?$/i;

/** The percentiles of command latencies in INFO. */
export function percentiles(traits: Traits & Meaning) {
  return directive<readonly number[]>(traits, {
    initial: [50, 99, 99.9],
    grammar: "numbers, 0 to 100",
    manyWords: true,
    alwaysWritten: true,
    parse(words) {
      if (words.length === 1 && words[0] === "") return [];
      return words.map(parsePercentile);
    },
    print: (value) => value.map(printPercentile).join(" "),
    lines: (value) => [value.map(printPercentile).join(" ") || '""'],
  });
}

function parsePercentile(word: string): number {
  const isInfinite = INFINITE.test(word);
  const hex = HEX.exec(word);
  const value = hex ? Number(hex[2]) * (hex[1] === "-" ? -1 : 1) : Number(word);
  const isLost = !Number.isFinite(value) || (value === 0 && /[1-9]/.test(word.split(/e/i)[0]));
  if (!isInfinite && ((!hex && !DOUBLE.test(word)) || isLost)) {
    throw new Refusal("Invalid latency-tracking-info-percentiles parameters");
  }
  if (isInfinite || value > 100 || value < 0) {
    throw new Refusal(
      "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
    );
  }
  return value;
}

function printPercentile(value: number): string {
  const digits = value.toFixed(6).replace(/\.?0+$/, "");
  return Object.is(value, -0) ? `-${digits}` : digits;
}

/** The server to copy, as host and port. */
export function primary(traits: Traits & Meaning) {
  return directive<{ host: string; port: number } | null>(traits, {
    initial: null,
    grammar: "host and port, or no one",
    manyWords: true,
    parse(words) {
      if (words.length !== 2) throw new Refusal(WRONG_COUNT);
      const [host, portWord] = words.map(cString);
      if (host.toLowerCase() === "no" && portWord.toLowerCase() === "one") return null;
      const port = parseSaturating(portWord);
      if (port === null || BigInt.asIntN(32, port) < 0n || BigInt.asIntN(32, port) > 65535n) {
        throw new Refusal("Invalid master port");
      }
      return { host, port: Number(BigInt.asIntN(32, port)) };
    },
    print: (value) => (value === null ? "" : `${value.host} ${value.port}`),
    lines: (value) => (value === null ? [] : [`${value.host} ${value.port}`]),
  });
}

const TITLE =
  /^(?:[^{]|\{\{|\{(?:title|listen-addr|server-mode|port|tls-port|unixsocket|config-file)\})*$/;
/** What is empty in a plain server: a template of nothing else would make no title. */
const BLANK_IN_TITLE = /\{(?:title|server-mode)\}| /g;

/** For `text`: a template of the process title, with variables in braces; {{ is a brace. */
export function checkTitleTemplate(value: string): void {
  if (TITLE.test(value) && value.replace(BLANK_IN_TITLE, "") !== "") return;
  throw new Refusal("template format is invalid or contains unknown variables");
}

const MAX_HOST_SIZE = 255;

/** For `text`: the name of a host. */
export function checkHostName(value: string): void {
  if (value.length > MAX_HOST_SIZE) {
    throw new Refusal(`Hostnames must be less than ${MAX_HOST_SIZE + 1} characters`);
  }
  if (!/^[A-Za-z0-9.-]*$/.test(value)) {
    throw new Refusal("Hostnames may only contain alphanumeric characters, hyphens or dots");
  }
}

/** For `choices`: a shutdown cannot both save and not save. */
export function checkShutdown(chosen: readonly string[]): void {
  if (chosen.includes("save") && chosen.includes("nosave")) {
    throw new Refusal("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
}
