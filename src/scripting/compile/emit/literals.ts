/**
 * Values of a script's text as they stand in generated code. No character of the text is copied:
 * each one of a string is written as \xNN, so that none can end the string, begin a comment or be
 * taken for code, and all code is ASCII.
 */

const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
});

/** A byte string. */
export function stringCode(bytes: string): string {
  let code = '"';
  for (let index = 0; index < bytes.length; index++) code += ESCAPES[bytes.charCodeAt(index)];
  return `${code}"`;
}

/** A number by its value, not as it was written. In brackets where a sign could meet another. */
export function numberCode(value: number): string {
  if (Number.isNaN(value)) return "(0/0)";
  if (value === Number.POSITIVE_INFINITY) return "(1/0)";
  if (value === Number.NEGATIVE_INFINITY) return "(-1/0)";
  if (Object.is(value, -0)) return "(-0)";
  return value < 0 ? `(${value})` : `${value}`;
}
