/** What members with their scores look like in either protocol, for the tests of sorted sets. */

/**
 * A session's text as RESP3 has it, for the protocol: in RESP2 scores are bulk strings, and the
 * outermost array is flat, if of pairs. (Of fewer than five, so that the numbers are as wide.)
 */
export function inProtocol(text: string, protocol: number): string {
  if (protocol === 3) return text;
  const indent = /^ *(?=> )/m.exec(text)?.[0] ?? "";
  const pairs = `^${indent}(\\d)\\) 1\\) (.*)\n${indent}   2\\) \\(double\\) (.*)$`;
  const flat = text.replace(new RegExp(pairs, "gm"), (_, number, member, score) => {
    const last = 2 * Number(number);
    return `${indent}${last - 1}) ${member}\n${indent}${last}) "${score}"`;
  });
  return flat.replace(/\(double\) (\S+)/g, '"$1"');
}
