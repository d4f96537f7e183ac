/**
 * What to say when a text that does not compile is plainly Lua, as what was written for Redis is.
 * Asked only of such texts: what is valid JavaScript is never said to be Lua.
 */
import { LUA_LOOK_SIZE } from "../limits.ts";

/** What is only in Lua, outside of strings and comments, and how a message names it. */
const EVIDENCE: readonly (readonly [{ test(code: string): boolean }, string])[] = [
  [/\blocal\s+(?:function\b|[A-Za-z_]\w*\s*(?:[=,;\n]|$|\blocal\b))/, "'local'"],
  [/\b(?:if|elseif)\b[^;{}]*?[\s)]then\b/, "'then'"],
  [/\b(?:for|while)\b[^;{}\n]*[\s)]do\b/, "'do'"],
  [/\bfunction\b\s*[\w.:]*\s*\([\w\s,.]*\)(?!\s*(?:\{|$))/, "a function without braces"],
  [/(?<!\b(?:return|case|typeof|in|of|else|throw)\s+)(?<=[\w)\]}";]\s+)end\s*[;)]?\s*$/, "'end'"],
  [/~=/, "'~='"],
  [/[^.\d]\.\.(?!\.)/, "'..'"],
  [/(?:^|\n)\s*--(?:\[\[|[ \t]|\w+[ \t]+\w)|--[ \t]+\w+[ \t]+\w/, "a '--' comment"],
  [{ test: hasCommentOfOneWord }, "a '--' comment"],
  [{ test: hasStatementBehindCall }, "statements without ';' between them"],
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
  [/(?<!\b(?:function|catch)\s+|[.\w$])error\s*(?:""|\(?\s*\{\s*\w+\s*=[^=>])/, "'error'"],
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

/** As NAMES, but of names that a program in JavaScript can well have: those of what is called. */
const FUNCTIONS = new Map([
  ["error", "throw"],
  ["select", ""],
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
export function luaNameMessage(name: string, isCalled: boolean): string | null {
  const instead = NAMES.get(name) ?? (isCalled ? FUNCTIONS.get(name) : undefined);
  if (instead === undefined) return null;
  return `'${name}' is not defined${instead && ` (here: ${instead})`}; ${messageOf(`'${name}'`)}`;
}

/** Whether a line ends with `--word`, and nothing else has that name, so that it is no variable. */
function hasCommentOfOneWord(code: string): boolean {
  const found = [...code.matchAll(/(?:^|[\w)\]}"])[ \t]*--([A-Za-z_]\w*)[ \t]*$/gm)];
  if (found.length === 0) return false;
  const counts = new Map<string, number>();
  for (const [word] of code.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return found.some(([, word]) => counts.get(word) === 1);
}

/** Whether `return` or a command follows a call in its line, with nothing in between. */
function hasStatementBehindCall(code: string): boolean {
  const found = code.matchAll(/\)[ \t]+(?=return\b|redis\.p?call\b)/g);
  return [...found].some(({ index }) => isCall(code, index));
}

/** Longer calls are not looked at. */
const CALL_LOOK_SIZE = 1000;
const HEADS = new Set(["if", "while", "for", "with", "switch", "catch"]);

/** Whether this bracket closes the arguments of a call, and not the head of a statement. */
function isCall(code: string, close: number): boolean {
  let depth = 0;
  for (let at = close; at >= Math.max(0, close - CALL_LOOK_SIZE); at--) {
    if (code[at] === ")") depth++;
    else if (code[at] === "(" && --depth === 0) {
      const [, name] = /([\w$]+)[ \t]*$/.exec(code.slice(Math.max(0, at - 32), at)) ?? [];
      return name !== undefined && !HEADS.has(name);
    }
  }
  return false;
}

function messageOf(what: string): string {
  return `this looks like Lua (${what}), but scripts are JavaScript here: see docs/scripting.md`;
}
