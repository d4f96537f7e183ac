/**
 * What to say when a text that does not compile is plainly Lua, as what was written for Redis is.
 * Asked only of such texts: what is valid JavaScript is never said to be Lua.
 */
import { LUA_LOOK_SIZE } from "../limits.ts";

/** What is only in Lua, outside of strings and comments, and how a message names it. */
const EVIDENCE: readonly (readonly [RegExp, string])[] = [
  [/\blocal\s+(?:function\b|[A-Za-z_]\w*\s*(?:[=,;\n]|$|\blocal\b))/, "'local'"],
  [/\b(?:if|elseif)\b[^;{}]*?[\s)]then\b/, "'then'"],
  [/\b(?:for|while)\b[^;{}\n]*[\s)]do\b/, "'do'"],
  [/\bfunction\b\s*[\w.:]*\s*\([\w\s,.]*\)(?!\s*(?:\{|$))/, "a function without braces"],
  [/(?<!\b(?:return|case|typeof|in|of|else|throw)\s+)(?<=[\w)\]}";]\s+)end\s*[;)]?\s*$/, "'end'"],
  [/~=/, "'~='"],
  [/[^.\d]\.\.(?!\.)/, "'..'"],
  [/(?:^|\n)\s*--(?:\[\[|[ \t]|\w+[ \t]+\w)|--[ \t]+\w+[ \t]+\w/, "a '--' comment"],
  [/[\w)\]]\s+(?:and|or)\s+[\w("'[]|\bnot\s+[\w("']/, "'and', 'or', 'not'"],
  [/#\s*[A-Za-z_(]/, "'#' for a length"],
  [
    /\breturn\s*\{\s*(?:(?:""|-?[\d.]+)\s*[,}]|\w+\s*(?:\[|\.\w|=[^=>]|,[^{}:]*\w(?:\.\w|\[)))/,
    "a table",
  ],
  [/\brepeat\b[^{}]*\buntil\b/, "'repeat'"],
  [/[\w)\]"]:(?:byte|gmatch|gsub|len|lower|rep|sub|upper)\s*\(/, "a method"],
  [/\{\s*\[[^[\]{}]*\]\s*=[^=>]/, "a table"],
  [/\b(?:table|string|math|os)\.[a-z]+\s*\(/, "Lua's libraries"],
  [/\b(?:ipairs|pairs|tonumber|tostring|unpack|setmetatable)\s*\(/, "Lua's functions"],
];

/** Names that only a script in Lua expects, and what there is instead of them. */
const NAMES = new Map([
  ["cjson", "JSON"],
  ["cmsgpack", "msgpack"],
  ["getmetatable", ""],
  ["ipairs", "for (const x of array)"],
  ["loadstring", ""],
  ["nil", "null"],
  ["pairs", "Object.entries"],
  ["rawget", ""],
  ["rawset", ""],
  ["setmetatable", ""],
  ["tonumber", "Number"],
  ["tostring", "String"],
  ["unpack", "...array"],
]);

const STRINGS_AND_COMMENTS =
  /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The message for a text in which something else is wrong; null if nothing says that it is Lua. */
export function luaMessage(text: string): string | null {
  const looked = text.slice(0, LUA_LOOK_SIZE).replace(/^#![^\n]*/, "");
  // Strings stay as empty ones: a value before or after an operator.
  const code = looked.replace(STRINGS_AND_COMMENTS, (part) => (part[0] === "/" ? " " : '""'));
  const found = EVIDENCE.find(([pattern]) => pattern.test(code));
  return found === undefined ? null : messageOf(found[1]);
}

/** The message for a name that is not defined; null if it is none of Lua's. */
export function luaNameMessage(name: string): string | null {
  const instead = NAMES.get(name);
  if (instead === undefined) return null;
  return `'${name}' is not defined${instead && ` (here: ${instead})`}; ${messageOf(`'${name}'`)}`;
}

function messageOf(what: string): string {
  return `this looks like Lua (${what}), but scripts are JavaScript here: see docs/scripting.md`;
}
