/** What is said about what scripts have not got. */
import { SHOWN_SIZE_MAX } from "../limits.ts";
import { luaNameMessage } from "../parse/lua.ts";

/** Kinds of nodes, as whoever wrote them calls them. Each other kind is named by acorn's name. */
const NODES = new Map([
  ["ThisExpression", "'this'"],
  ["Super", "'super'"],
  ["ClassDeclaration", "'class'"],
  ["ClassExpression", "'class'"],
  ["MetaProperty", "'new.target' and 'import.meta'"],
  ["ImportExpression", "'import'"],
  ["ImportDeclaration", "'import'"],
  ["ExportNamedDeclaration", "'export'"],
  ["ExportDefaultDeclaration", "'export'"],
  ["ExportAllDeclaration", "'export'"],
  ["TaggedTemplateExpression", "a tagged template"],
  ["YieldExpression", "'yield'"],
  ["AwaitExpression", "'await'"],
  ["WithStatement", "'with'"],
  ["DebuggerStatement", "'debugger'"],
  ["PrivateIdentifier", "a private name"],
]);

/** What programs in JavaScript often have, and what there is here instead. */
const NAMES = new Map([
  ["Date", "use redis.call('TIME')"],
  ["Map", "use an object"],
  ["Set", "use an object"],
  ["WeakMap", "use an object"],
  ["WeakSet", "use an object"],
  ["Symbol", ""],
  ["RegExp", "use split, indexOf, startsWith and replaceAll with strings"],
  ["Promise", "a script runs to its end"],
  ["setTimeout", "a script runs to its end"],
  ["setInterval", "a script runs to its end"],
  ["queueMicrotask", "a script runs to its end"],
  ["console", "use redis.log"],
  ["print", "use redis.log"],
  ["structuredClone", "use JSON.parse(JSON.stringify(value))"],
  ["type", "use typeof"],
  ["require", "a script is on its own"],
  ["module", "a script is on its own"],
  ["exports", "a script is on its own"],
  ["process", ""],
  ["globalThis", ""],
  ["window", ""],
  ["global", ""],
  ["self", ""],
  ["Function", "write the function itself"],
  ["Reflect", "use Object.keys, Object.hasOwn and in"],
  ["Proxy", ""],
  ["BigInt", "integers beyond 2^53 come as large integers"],
  ["Buffer", "strings hold bytes"],
  ["Uint8Array", "strings hold bytes"],
  ["TextEncoder", "strings hold bytes"],
  ["TextDecoder", "strings hold bytes"],
  ["WebAssembly", ""],
  ["Intl", ""],
  ["fetch", ""],
]);

export function nodeRefused(kind: string): string {
  const hint = kind === "AwaitExpression" ? "; redis.call returns the reply" : "";
  return `${NODES.get(kind) ?? kind} is not allowed in scripts${hint}`;
}

/** About a name that is neither declared nor one of the runtime's. */
export function undefinedName(name: string, isCalled: boolean): string {
  const instead = NAMES.get(name);
  if (instead !== undefined) {
    return `${name} is not available in scripts${instead && `; ${instead}`}`;
  }
  return luaNameMessage(name, isCalled) ?? `'${short(name)}' is not defined`;
}

/** A name, short enough for a message. */
export const short = (name: string): string => name.slice(0, SHOWN_SIZE_MAX);
