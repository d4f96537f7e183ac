// @ts-nocheck
export { helpers as H } from '../helpers.ts';
export { methods as P, pausingMethods as G } from '../builtins/methods.ts';
export { NS, NSG, CONST, GLOBALF } from '../builtins/namespaces.ts';
export { utf8Of as utf8 } from '../builtins/utf8.ts';
