/** What can be assigned to: names, members, and patterns of these. */
import type { AssignmentProperty, Expression, ObjectPattern, Pattern } from "acorn";
import type { Checker } from "./checker.ts";

export function checkPattern(
  checker: Checker,
  node: Pattern,
  depth: number,
  value: Expression | null,
  isDeclaration: boolean,
): void {
  checker.enter(node, depth);
  const part = (inner: Pattern) => checker.pattern(inner, depth + 1, null, isDeclaration);
  switch (node.type) {
    case "Identifier": {
      const declared = isDeclaration ? checker.scopes.find(node.name) : undefined;
      const binding = declared ?? checker.assigned(node);
      node.binding = binding;
      binding.values.push(value);
      break;
    }
    case "MemberExpression":
      if (isDeclaration || node.optional) checker.refuse(node);
      checker.expression(node, depth);
      checker.checkMemberAssignable(node);
      break;
    case "ObjectPattern":
      checkObjectPattern(checker, node, depth, part);
      break;
    case "ArrayPattern":
      for (const element of node.elements) if (element !== null) part(element);
      break;
    case "RestElement":
      part(node.argument);
      break;
    case "AssignmentPattern":
      checker.expression(node.right, depth + 1);
      part(node.left);
      break;
    default:
      checker.refuse(node);
  }
}

function checkObjectPattern(
  checker: Checker,
  node: ObjectPattern,
  depth: number,
  part: (inner: Pattern) => void,
): void {
  for (const property of node.properties) {
    if (property.type === "RestElement") {
      if (node.properties.some((other) => other.type === "Property" && other.computed)) {
        throw checker.error(property, "a rest property cannot stand beside computed names");
      }
      part(property.argument);
    } else {
      checkPropertyKey(checker, property, depth + 1);
      part(property.value);
    }
  }
}

/** The name of a property, of an object or in a pattern. */
export function checkPropertyKey(
  checker: Checker,
  { key, computed }: Pick<AssignmentProperty, "key" | "computed">,
  depth: number,
): void {
  if (computed || key.type === "Literal") checker.expression(key, depth);
  else if (key.type === "Identifier") {
    checker.checkPropertyName(key);
    checker.mayNameMethod(key.name);
  } else checker.refuse(key);
}
