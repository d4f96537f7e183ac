/** The arguments of redis.registerFunction, or redis.register_function; texts are Redis's. */
import type { FunctionDefinition } from "../host.ts";
import { SCRIPT_FLAGS } from "../script_flags.ts";
import type { ScriptObject, ScriptValue } from "../value.ts";

const OF = "given to redis.register_function";

/** The function that the arguments describe; or, as a text, why they describe none. */
export function functionDefinition(args: readonly ScriptValue[]): FunctionDefinition | string {
  const [first, callback] = args;
  if (args.length < 1 || args.length > 2) {
    return "ERR wrong number of arguments to redis.register_function";
  }
  if (args.length === 2) {
    if (typeof first !== "string") {
      return "ERR first argument to redis.register_function must be a string";
    }
    if (typeof callback !== "function") {
      return "ERR second argument to redis.register_function must be a function";
    }
    return { name: first, callback, description: null, flags: [] };
  }
  if (typeof first !== "object" || first === null || Array.isArray(first)) {
    return (
      "ERR calling redis.register_function with a single argument is only applicable to an " +
      "object (representing named arguments)."
    );
  }
  return namedDefinition(first as ScriptObject);
}

function namedDefinition(given: ScriptObject): FunctionDefinition | string {
  let name: string | null = null;
  let callback: ScriptValue = null;
  let description: string | null = null;
  let flags: string[] = [];
  for (const key of Object.keys(given)) {
    const value = given[key];
    if (key === "name" || key === "function_name") {
      if (typeof value !== "string") return `ERR ${key} argument ${OF} must be a string`;
      name = value;
    } else if (key === "description") {
      if (typeof value !== "string") return `ERR description argument ${OF} must be a string`;
      description = value;
    } else if (key === "callback") {
      if (typeof value !== "function") return `ERR callback argument ${OF} must be a function`;
      callback = value;
    } else if (key === "flags") {
      if (!Array.isArray(value)) {
        return "ERR flags argument to redis.register_function must be an array of flags";
      }
      const texts = value.filter((flag): flag is string => SCRIPT_FLAGS.has(flag as string));
      if (texts.length < value.length) return "ERR unknown flag given";
      flags = texts;
    } else {
      return "ERR unknown argument given to redis.register_function";
    }
  }
  if (name === null) return "ERR redis.register_function must get a function name argument";
  if (callback === null) return "ERR redis.register_function must get a callback argument";
  return { name, callback, description, flags };
}
