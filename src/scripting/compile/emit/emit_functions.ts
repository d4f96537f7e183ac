/** Functions, and the script itself, which is one. */
import type { Program, Statement } from "acorn";
import type { FunctionInfo, FunctionNode } from "../tree.ts";
import type { Emitter } from "./emitter.ts";
import { canFail } from "./failing.ts";

/** The body of the script's function. */
export function emitProgram(emitter: Emitter, program: Program): string {
  const info = emitter.fn;
  const body = emitter.statements(program.body as Statement[]);
  const depth = info.suspends ? emitter.depthCheck(program, info) : "";
  return `${depth}${declarations(info)}${body}`;
}

export function emitFunction(emitter: Emitter, node: FunctionNode): string {
  const info = node.info as FunctionInfo;
  const outer = emitter.fn;
  emitter.fn = info;
  const parameters = ["$d"];
  let prologue = "";
  for (const param of node.params) {
    const isRest = param.type === "RestElement";
    const pattern = isRest ? param.argument : param;
    if (pattern.type === "Identifier" && !isRest) {
      parameters.push(pattern.binding?.emitted as string);
      continue;
    }
    const name = emitter.newName();
    parameters.push(isRest ? `...${name}` : name);
    const value = isRest ? `${emitter.helper("$arr")}(${name})` : name;
    const steps = emitter.pattern(pattern, value);
    prologue += `let ${steps.map((step) => `${step.target}=${step.value}`).join(",")};`;
  }
  const body = bodyCode(emitter, node.body);
  const start = info.suspends ? emitter.depthCheck(node, info) : `${emitter.fuelOf(node)};`;
  const inner = `${start}${declarations(info)}${prologue}${body}`;
  emitter.fn = outer;
  const name = node.type === "FunctionExpression" ? (node.id?.binding?.emitted ?? "") : "";
  return `function${info.suspends ? "*" : ""} ${name}(${parameters.join(",")}){${inner}}`;
}

function bodyCode(emitter: Emitter, body: FunctionNode["body"]): string {
  if (body.type === "BlockStatement") return `{${emitter.statements(body.body)}}`;
  return `${canFail(body) ? emitter.line(body) : ""}return ${emitter.expression(body)};`;
}

/** What is declared by `var`, and what the emitter needs. */
function declarations({ vars, temporaries }: FunctionInfo): string {
  const names = [...vars.map(({ emitted }) => emitted), ...temporaries];
  return names.length === 0 ? "" : `let ${names.join(",")};`;
}
