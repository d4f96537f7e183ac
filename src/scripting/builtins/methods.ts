/** All built-in methods by name. A name has one entry, which sees to all kinds of receivers. */
import { arrayMethods } from "./array_methods.ts";
import { callbackMethods } from "./callback_methods.ts";
import type { Method, PausingMethod } from "./method.ts";
import { replaceMethods } from "./replace.ts";
import { sharedMethods } from "./shared_methods.ts";
import { sortMethods } from "./sort.ts";
import { stringMethods } from "./string_methods.ts";

export const methods: Record<string, Method> = {
  ...sharedMethods,
  ...stringMethods,
  ...arrayMethods,
};

export const pausingMethods: Record<string, PausingMethod> = {
  ...callbackMethods,
  ...sortMethods,
  ...replaceMethods,
};
