/** Patterns: each becomes a list of assignments, in the order in which they happen. */
import type { ArrayPattern, MemberExpression, ObjectPattern, Pattern, Property } from "acorn";
import type { Binding } from "../tree.ts";
import type { Emitter, Step } from "./emitter.ts";
import { stringCode } from "./literals.ts";

export function emitPattern(emitter: Emitter, node: Pattern, value: string): Step[] {
  switch (node.type) {
    case "Identifier":
      return [{ target: (node.binding as Binding).emitted, value }];
    case "MemberExpression": {
      const kept = emitter.newName();
      return [
        { target: kept, value },
        { target: emitter.newName(), value: setMember(emitter, node, kept) },
      ];
    }
    case "AssignmentPattern": {
      const kept = emitter.newName();
      const orDefault = `(${kept}===undefined?${emitter.expression(node.right)}:${kept})`;
      return [{ target: kept, value }, ...emitter.pattern(node.left, orDefault)];
    }
    case "ObjectPattern":
      return objectPattern(emitter, node, value);
    case "ArrayPattern":
      return arrayPattern(emitter, node, value);
    default:
      throw new Error(`Bug: ${node.type} was not refused`);
  }
}

function objectPattern(emitter: Emitter, node: ObjectPattern, value: string): Step[] {
  const object = emitter.newName();
  const steps: Step[] = [{ target: object, value: `${emitter.helper("$dest")}(${value})` }];
  const names: string[] = [];
  for (const property of node.properties) {
    if (property.type === "RestElement") {
      const rest = `${emitter.helper("$rest")}(${[object, ...names].join(",")})`;
      steps.push(...emitter.pattern(property.argument, rest));
    } else if (property.computed) {
      const key = emitter.expression(property.key);
      const read = `${emitter.helper("$get")}(${object},${key})`;
      steps.push(...emitter.pattern(property.value, read));
    } else {
      const key = keyCode(property.key);
      names.push(key);
      steps.push(...emitter.pattern(property.value, `${emitter.helper("$gp")}(${object},${key})`));
    }
  }
  return steps;
}

function arrayPattern(emitter: Emitter, node: ArrayPattern, value: string): Step[] {
  const list = emitter.newName();
  const steps: Step[] = [{ target: list, value: `${emitter.helper("$iter")}(${value})` }];
  for (const [index, element] of node.elements.entries()) {
    if (element?.type === "RestElement") {
      const rest = `${emitter.helper("$slice")}(${list},${index})`;
      steps.push(...emitter.pattern(element.argument, rest));
    } else if (element !== null) steps.push(...emitter.pattern(element, `${list}[${index}]`));
  }
  return steps;
}

/** The name of a property that is not computed. */
export function keyCode(key: Property["key"]): string {
  if (key.type === "Identifier") return stringCode(key.name);
  if (key.type !== "Literal") throw new Error(`Bug: ${key.type} was not refused`);
  return stringCode(key.bytes ?? String(key.value));
}

/** The assignment of a value to a member of an object or an array. */
export function setMember(emitter: Emitter, node: MemberExpression, value: string): string {
  const object = emitter.expression(node.object);
  if (!node.computed) {
    return `${emitter.helper("$sp")}(${object},${memberKey(node)},${value})`;
  }
  return `${emitter.helper("$set")}(${object},${computedKey(emitter, node)},${value})`;
}

/** The name of a member that is written with a dot. */
export function memberKey({ property }: MemberExpression): string {
  if (property.type !== "Identifier") throw new Error(`Bug: ${property.type} was not refused`);
  return stringCode(property.name);
}

/** What stands in the brackets of a member. */
export function computedKey(emitter: Emitter, { property }: MemberExpression): string {
  if (property.type === "PrivateIdentifier") throw new Error("Bug: a private name was not refused");
  return emitter.expression(property);
}
