/** Text in double quotes with everything unprintable escaped, as Redis shows it in its logs. */

const NAMED: Record<string, string> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

/** A latin1 text, quoted; splitting the result as words gives the text again. */
export function quoted(text: string): string {
  let shown = '"';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (NAMED[character] !== undefined) shown += NAMED[character];
    else if (code < 32 || code > 126) shown += `\\x${code.toString(16).padStart(2, "0")}`;
    else shown += character;
  }
  return `${shown}"`;
}
