/**
 * rusk.conf: a commented configuration file, made from the table of directives so that it cannot
 * fall behind it. `node_modules/.bin/bun packaging/config_file.ts` prints the one of the archives,
 * with `debian` as argument the one of the Debian package.
 */
import { type AnyDirective, SECTIONS } from "../src/config/directives.ts";
import type { Meaning } from "../src/config/kinds.ts";
import {
  DIRECTIVE_NOTES,
  EXAMPLES,
  HEADER,
  SECTION_NOTES,
  UNSET_SECTIONS,
  VALUES,
} from "./config_notes.ts";

/** For whom: `plain` starts anywhere; `debian` is /etc/rusk/rusk.conf of the Debian package. */
export type ConfigFileKind = "plain" | "debian";

const COLUMNS = 80;

/** What the Debian package's file sets, besides. The log goes to the journal. */
const DEBIAN_VALUES: Readonly<Record<string, string>> = {
  supervised: "systemd",
  dir: "/var/lib/rusk",
};

/** The text of rusk.conf. */
export function configFile(kind: ConfigFileKind): string {
  const values = kind === "debian" ? { ...VALUES, ...DEBIAN_VALUES } : VALUES;
  const sections = Object.entries(SECTIONS).map(([title, directives]) =>
    section(title, directives, values),
  );
  return `${[comment(HEADER), ...sections].join("\n\n")}\n`;
}

type Values = Readonly<Record<string, string>>;

function section(
  title: string,
  directives: Readonly<Record<string, AnyDirective>>,
  values: Values,
): string {
  const shown = Object.entries(directives).filter(([, { traits }]) => traits.hidden !== true);
  const parts = [heading(title)];
  const note = SECTION_NOTES[title];
  if (note !== undefined) parts.push(comment(note));
  const isUnset = UNSET_SECTIONS.includes(title);
  for (const [name, directive] of shown) {
    if ("does" in directive.traits || name in values) {
      parts.push(paragraph(name, directive, values, isUnset));
    }
  }
  return [...parts, ...withoutEffect(shown, values)].join("\n\n");
}

function heading(title: string): string {
  const text = ` ${title.toUpperCase()} `;
  return text.padStart((COLUMNS + text.length) >> 1, "#").padEnd(COLUMNS, "#");
}

/** Grammars that tell a reader nothing. */
const PLAIN_GRAMMARS = ["yes, no", "text", "path"];

/** One directive: what it does, what its value may be, and its line or lines. */
function paragraph(
  name: string,
  { traits, grammar, initial, lines }: AnyDirective,
  values: Values,
  isUnset: boolean,
): string {
  const meaning = DIRECTIVE_NOTES[name] ?? ("does" in traits ? traits.does : "");
  const facts = [
    PLAIN_GRAMMARS.includes(grammar) ? "" : `Value: ${grammar}.`,
    traits.immutable ? "Set at start only." : "",
    traits.own ? "Redis has no such directive." : "",
  ].filter((fact) => fact !== "");
  const usual = lines(initial).filter((line) => line !== '""');
  const given = values[name] ?? EXAMPLES[name];
  const shown = given === undefined ? usual : [given];
  const isSet = values[name] !== undefined || (EXAMPLES[name] === undefined && !isUnset);
  const mark = isSet && shown.length > 0 ? "" : "# ";
  return [
    comment(meaning),
    ...(facts.length === 0 ? [] : [comment(facts.join(" "))]),
    ...(shown.length > 0 ? shown : ['""']).map((line) => `${mark}${name} ${line}`),
  ].join("\n");
}

/** Directives of Redis that change nothing here, or cannot be had, by the reason. */
function withoutEffect(shown: [string, AnyDirective][], values: Values): string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, { traits }] of shown) {
    const reason = reasonOf(name, traits);
    if (reason === null || name in values) continue;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => comment(`${reason} ${names.join(", ")}`));
}

function reasonOf(name: string, traits: Meaning): string | null {
  if ("kept" in traits) {
    return `${DIRECTIVE_NOTES[name] ?? traits.kept} Read, but without effect:`;
  }
  if ("anyway" in traits) return `${traits.anyway} So anyway, whatever it says:`;
  return "refused" in traits ? `${traits.refused} Refused:` : null;
}

/** A text as comments, wrapped; indented lines stay as they are. */
function comment(text: string): string {
  const paragraphs = text.trim().replace(/(?<=\S)\n(?=\S)/g, (_, at: number, whole: string) => {
    const line = whole.slice(whole.lastIndexOf("\n", at - 1) + 1, at);
    return line.startsWith(" ") ? "\n" : " ";
  });
  return paragraphs.split("\n").flatMap(wrap).join("\n");
}

function wrap(paragraph: string): string[] {
  if (paragraph === "" || paragraph.startsWith(" ")) return [`# ${paragraph}`.trimEnd()];
  const lines: string[] = [];
  let line = "#";
  for (const word of paragraph.split(" ")) {
    if (line !== "#" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

if (import.meta.main) {
  process.stdout.write(configFile(process.argv[2] === "debian" ? "debian" : "plain"));
}
