/**
 * The names of the runtime that a script can say, and of the helpers that stand for them in
 * generated code. There are no others: what is not in these tables does not exist for a script.
 */
import { methods, pausingMethods } from "../builtins/methods.ts";
import {
  globalFunctions,
  namespaceConstants,
  namespaceFunctions,
  pausingFunctions,
} from "../builtins/namespaces.ts";
import { helpers as runtimeHelpers } from "../helpers.ts";
import type { MethodKind } from "./tree.ts";

type Members = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const constants = namespaceConstants as Readonly<
  Record<string, Readonly<Record<string, number | string>>>
>;

/** The runtime's part of generated code, by the name that it has there. */
export const helpers = new Map<string, unknown>(Object.entries(runtimeHelpers));

const methodKinds = new Map<string, MethodKind>([
  ...Object.keys(methods).map((name): [string, MethodKind] => [name, "plain"]),
  ...Object.keys(pausingMethods).map((name): [string, MethodKind] => [name, "suspending"]),
]);

const namespaces = new Set(Object.keys(namespaceFunctions));
const functions = new Set(Object.keys(globalFunctions));
const plainMembers = memberNames(namespaceFunctions as Members);
const suspendingMembers = memberNames(pausingFunctions as Members);
const constantMembers = new Map(
  Object.entries(constants).flatMap(([namespace, members]) =>
    Object.entries(members).map(([name, value]): [string, number | string] => [
      `${namespace}.${name}`,
      value,
    ]),
  ),
);
const COMMANDS = new Set(["redis.call", "redis.pcall"]);

/** What `new` may make: errors, and arrays. */
const CONSTRUCTORS = new Set(["Error", "TypeError", "RangeError", "Array"]);

function memberNames(tables: Members): Set<string> {
  return new Set(
    Object.entries(tables).flatMap(([namespace, members]) =>
      Object.keys(members).map((name) => `${namespace}.${name}`),
    ),
  );
}

export const isNamespace = (name: string): boolean => namespaces.has(name);
export const isBuiltinFunction = (name: string): boolean => functions.has(name);
export const isConstructor = (name: string): boolean => CONSTRUCTORS.has(name);

export function isMember(namespace: string, name: string): boolean {
  const full = `${namespace}.${name}`;
  return (
    plainMembers.has(full) ||
    suspendingMembers.has(full) ||
    constantMembers.has(full) ||
    COMMANDS.has(full)
  );
}

/** Undefined if the member is a function. */
export function constantOf(namespace: string, name: string): number | string | undefined {
  return constantMembers.get(`${namespace}.${name}`);
}

/** The helper that carries a member out; null for what is no function, or runs a command. */
export function memberHelper(
  namespace: string,
  name: string,
): { helper: string; suspends: boolean } | null {
  const full = `${namespace}.${name}`;
  if (suspendingMembers.has(full)) return { helper: `$nsg_${namespace}_${name}`, suspends: true };
  if (plainMembers.has(full)) return { helper: `$ns_${namespace}_${name}`, suspends: false };
  return null;
}

export const functionHelper = (name: string): string =>
  name === "Array" ? "$newArray" : `$gf_${name}`;

export const methodKind = (name: string): MethodKind => methodKinds.get(name) ?? "none";
export const methodHelper = (name: string, kind: "plain" | "suspending"): string =>
  kind === "plain" ? `$p_${name}` : `$g_${name}`;
