/**
 * `rusk script-check`: compiles scripts and libraries as EVAL, SCRIPT LOAD and FUNCTION LOAD would,
 * runs nothing, and tells of each that is no script where that shows and why, as compilers do.
 */
import { fromLatin1, latin1 } from "../base/bytes.ts";
import { CommandError } from "../protocol/errors.ts";
import { SOURCE_SIZE_MAX } from "../scripting/compile/limits.ts";
import { libraryName } from "../scripting/library.ts";
import { CompileError, compileScript } from "../scripting/script.ts";
import { scriptHead } from "../scripting/script_head.ts";
import { STANDARD, STANDARD_INPUT_NAME } from "./tool_files.ts";
import { usageOf } from "./tool_help.ts";
import type { ToolParts } from "./tool_parts.ts";
import { otherThanText } from "./wrong_file.ts";

/** Bytes that tell what a file is. */
const HEAD_SIZE = 64;
/** No script is longer. */
const READ_SIZE_MAX = SOURCE_SIZE_MAX + 1;
/** Characters of a line that are shown before and after the place of an error. */
const EXCERPT_SIDE = 40;
/** The first line of a library names it. */
const LIBRARY = /^#!.*\sname=/;

/** Checks the files that the words after `script-check` name; returns the exit code. */
export async function checkScripts(names: readonly string[], parts: ToolParts): Promise<number> {
  const stray = names.find((name) => name.startsWith("-") && name !== STANDARD);
  if (names.length === 0 || stray !== undefined) {
    parts.writeError(`Usage:\n${usageOf("script-check")}`);
    return 1;
  }
  let failed = 0;
  for (const name of names) {
    const problem = await problemWith(name, parts);
    if (problem === null) continue;
    parts.writeError(problem);
    failed++;
  }
  return failed === 0 ? 0 : 1;
}

/** What is wrong with a file, as lines; null if it is a script. */
async function problemWith(name: string, parts: ToolParts): Promise<string | null> {
  const shownName = name === STANDARD ? STANDARD_INPUT_NAME : name;
  let source: string;
  try {
    source = await sourceOf(name, parts);
  } catch (error) {
    return `${shownName}: ${error instanceof Error ? error.message : error}\n`;
  }
  const other = otherThanText(fromLatin1(source.slice(0, HEAD_SIZE)));
  if (other !== null) return `${shownName}: this is no script: it is ${other}\n`;
  return problemOf(source, shownName);
}

/** What is wrong with a text of bytes, with an excerpt of it; null if it is a script. */
function problemOf(source: string, name: string): string | null {
  const isLibrary = LIBRARY.test(source);
  try {
    if (isLibrary) libraryName(fromLatin1(source));
    else scriptHead(source);
    compileScript(source, isLibrary ? "library" : "script");
    return null;
  } catch (error) {
    if (error instanceof CommandError) {
      return `${name}:1:1: ${error.message.replace(/^ERR /, "")}\n`;
    }
    if (!(error instanceof CompileError)) throw error;
    const { message, line, column } = error;
    const text = (source.split("\n")[line - 1] ?? "").replace(/\r$/, "");
    // Compilers count bytes, people characters.
    const before = charactersOf(text.slice(0, column - 1));
    const place = `${name}:${line}:${before.length + 1}`;
    return `${place}: ${message}\n${excerpt(before, charactersOf(text.slice(column - 1)))}`;
  }
}

/** The characters of a text of UTF-8 bytes, each as its bytes. */
const charactersOf = (bytes: string) => bytes.match(/[^\x80-\xbf][\x80-\xbf]*|[\x80-\xbf]/g) ?? [];

/** A piece of a line, and a mark below the place between what is before it and what is after. */
function excerpt(before: string[], after: string[]): string {
  const head = before.slice(-EXCERPT_SIDE);
  const tail = after.slice(0, EXCERPT_SIDE);
  const line = [
    before.length > head.length ? "..." : "",
    ...head,
    ...tail,
    after.length > tail.length ? "..." : "",
  ];
  // A tab stays one, so that the mark stands below its place.
  const indent = head.map((one) => (one === "\t" ? one : " ")).join("");
  return `  ${line.join("")}\n  ${before.length > head.length ? "   " : ""}${indent}^\n`;
}

async function sourceOf(name: string, { disk, standardInput }: ToolParts): Promise<string> {
  if (name === STANDARD) {
    let source = "";
    for await (const piece of standardInput()) {
      source += latin1(piece, 0, piece.length);
      if (source.length >= READ_SIZE_MAX) break;
    }
    return source;
  }
  const file = disk.openInput(name);
  try {
    // One that is too long is known by that.
    const bytes = new Uint8Array(READ_SIZE_MAX);
    let size = 0;
    for (let count = 1; count > 0 && size < READ_SIZE_MAX; size += count) {
      count = file.read(bytes, size, READ_SIZE_MAX - size);
    }
    return latin1(bytes, 0, size);
  } finally {
    file.close();
  }
}
