// Purpose: whatever a client sends, the error that shows it is one line.

import { expect, test } from "bun:test";
import { argsOf } from "../../src/protocol/args.ts";
import { CommandError, inOneLine, wrongSubcommand } from "../../src/protocol/errors.ts";
import { Reply } from "../../src/protocol/reply.ts";

const MB = 2 ** 20;

test("line ends at the end of an error go, others become blanks", () => {
  expect(new CommandError("ERR a\r\nb\r\n").message).toBe("ERR a  b");
  expect(new CommandError("ERR\n'\r'").message).toBe("ERR ' '");
  expect(new CommandError("\r\n").message).toBe("");
  expect(inOneLine("a\r\n")).toBe("a  ");
});

test("many line ends take no more time than other text", () => {
  const text = `${"\r\n".repeat(MB)}x`;
  expect(new CommandError(text).message).toBe(`${" ".repeat(2 * MB)}x`);
});

test("the code is the first word", () => {
  expect(new CommandError("WRONGTYPE Operation").code).toBe("WRONGTYPE");
  expect(new CommandError("NOAUTH").code).toBe("NOAUTH");
});

test("a subcommand is shown up to a zero byte, and to 128 bytes", () => {
  const shown = (word: string) =>
    /for '([^']*)'\. Try X HELP\.$/.exec(wrongSubcommand(argsOf(["x", word])).message)?.[1];
  expect(shown("a\r\nb\0c")).toBe("a  b");
  expect(shown("x".repeat(200))).toBe("x".repeat(128));
});

test("the reply writer takes no second line", () => {
  expect(() => new Reply().error("ERR a\nb")).toThrow("an error is one line");
  expect(() => new Reply().simple("a\r")).toThrow("a status is one line");
});
