/**
 * What shells complete, packaging/completions/: made from the tables of options, tools and
 * directives.
 */
import type { Option } from "../../src/base/option.ts";
import { DIRECTIVES, type Name } from "../../src/config/directives.ts";
import { SERVER_OPTIONS, TOOL_PAGES } from "../../src/tools/tool_help.ts";

const MADE = "Made by packaging/pages/completions.ts.";

/** What stands for any directive in a table of options. */
const ANY_DIRECTIVE = "--NAME";
/** Directives whose value is a path. */
const PATHS = /^(dir|unixsocket|logfile|pidfile|aclfile|tls-.*-(file|dir))$/;

/** All directives, as options. */
const DIRECTIVE_OPTIONS: readonly Option[] = (Object.keys(DIRECTIVES) as Name[])
  .filter((name) => !DIRECTIVES[name].traits.hidden)
  .map((name) => {
    const { grammar, traits } = DIRECTIVES[name];
    const values = /^[a-z-]+(, [a-z-]+)+$/.test(grammar) ? grammar.split(", ") : undefined;
    const about = Object.values({ ...traits, since: undefined }).find(
      (each) => typeof each === "string" && each.endsWith("."),
    );
    return {
      names: [`--${name}`],
      value: "VALUE",
      about: String(about ?? "").replace(/\.$/, ""),
      ...(values && { values }),
      ...(PATHS.test(name) && { takesPath: true as const }),
    };
  });

/** Those that tools are given. */
const WHERE_FILES_ARE = DIRECTIVE_OPTIONS.filter(({ names: [name] }) =>
  ["--dir", "--dbfilename"].includes(name),
);

/** Options, with directives in place of what stands for any of them. */
const whole = (options: readonly Option[], directives: readonly Option[]): Option[] =>
  options.flatMap((each) => (each.names[0] === ANY_DIRECTIVE ? directives : [each]));

const OPTIONS: Readonly<Record<string, readonly Option[]>> = {
  "": whole(SERVER_OPTIONS, DIRECTIVE_OPTIONS),
  ...Object.fromEntries(
    Object.entries(TOOL_PAGES).map(([name, { options }]) => [
      name,
      whole(options, WHERE_FILES_ARE),
    ]),
  ),
};
const TOOLS = Object.entries(TOOL_PAGES).map(([name, { about }]) => ({ name, about }));

/** A text between single quotes, for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const namesOf = (options: readonly Option[]) => options.flatMap(({ names }) => names);

/** The lines of `lines`, so much further in. */
const indented = (columns: number, lines: readonly string[]) =>
  lines.map((line) => `${" ".repeat(columns)}${line}\n`).join("");

/** packaging/completions/rusk.bash */
export function bashCompletions(): string {
  const all = Object.values(OPTIONS).flat();
  const pattern = (options: readonly Option[]) => [...new Set(namesOf(options))].join("|");
  const valued = new Map(
    all.flatMap(({ names, values }) => (values ? names.map((name) => [name, values]) : [])) as [
      string,
      readonly string[],
    ][],
  );
  const ofValues = [...valued].map(
    ([name, values]) =>
      `${name}) COMPREPLY=($(compgen -W ${quoted(values.join(" "))} -- "$word")); return ;;`,
  );
  const ofTools = Object.entries(OPTIONS).map(
    ([tool, options]) =>
      `${tool === "" ? "*" : tool}) options=${quoted(namesOf(options).join(" "))} ;;`,
  );
  const free = all.filter(({ value, values, takesPath }) => value && !values && !takesPath);
  return `\
# ${MADE}
_rusk() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} options=
  COMPREPLY=()
  case $before in
${indented(4, ofValues)}\
    ${pattern(all.filter(({ takesPath }) => takesPath))})
      COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${pattern(free)})
      return ;;
  esac
  case \${COMP_WORDS[1]} in
${indented(4, [...ofTools.slice(1), ofTools[0]])}\
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
    [ "$COMP_CWORD" = 1 ] &&
      COMPREPLY+=($(compgen -W ${quoted(TOOLS.map(({ name }) => name).join(" "))} -- "$word"))
  fi
}
complete -o filenames -F _rusk rusk
`;
}

/** packaging/completions/_rusk, for zsh */
export function zshCompletions(): string {
  const about = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const specs = ({ names, value, values, takesPath, about: told }: Option) =>
    names
      .filter((name) => name.startsWith("-") && name !== "-")
      .map((name) => {
        const action = takesPath ? "_files" : values ? `(${values.join(" ")})` : "";
        const rest = value === undefined ? "" : `:${about(value.toLowerCase())}:${action}`;
        return quoted(`*${name}[${about(told)}]${rest}`);
      });
  const ofTool = ([tool, options]: [string, readonly Option[]]) =>
    `    ${tool === "" ? "(*)" : `(${tool})`}\n      _arguments -S \\\n` +
    `${options
      .flatMap(specs)
      .map((spec) => `        ${spec} \\\n`)
      .join("")}        '*:file:_files' ;;\n`;
  const [server, ...tools] = Object.entries(OPTIONS);
  return `\
#compdef rusk
# ${MADE}
local -a tools
tools=(
${indented(
  2,
  TOOLS.map(({ name, about: told }) => quoted(`${name}:${about(told)}`)),
)})
if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
  _describe tool tools
  _files
else
  local tool=$words[2]
  case $tool in
${tools.map(ofTool).join("")}${ofTool(server)}  esac
fi
`;
}

/** packaging/completions/rusk.fish */
export function fishCompletions(): string {
  const option = (condition: string, { names, value, values, takesPath, about }: Option) => {
    const flags = names
      .filter((name) => name !== "-")
      .map((name) => {
        if (name.startsWith("--")) return ` -l ${name.slice(2)}`;
        return name.length === 2 ? ` -s ${name[1]}` : ` -o ${name.slice(1)}`;
      });
    const takes = value === undefined ? "" : takesPath ? " -rF" : " -x";
    const choice = values ? ` -a ${quoted(values.join(" "))}` : "";
    const told = ` -d ${quoted(about)}`;
    return flags.length === 0
      ? []
      : [`complete -c rusk -n ${quoted(condition)}${flags.join("")}${takes}${choice}${told}\n`];
  };
  const names = TOOLS.map(({ name }) => name).join(" ");
  const [[, ofServer], ...tools] = Object.entries(OPTIONS);
  const lines = [
    ...TOOLS.map(
      ({ name, about }) =>
        `complete -c rusk -n __fish_use_subcommand -a ${name} -d ${quoted(about)}\n`,
    ),
    ...ofServer.flatMap((each) => option(`not __fish_seen_subcommand_from ${names}`, each)),
    ...tools.flatMap(([name, options]) =>
      options.flatMap((each) => option(`__fish_seen_subcommand_from ${name}`, each)),
    ),
  ];
  return `# ${MADE}\n${lines.join("")}`;
}
