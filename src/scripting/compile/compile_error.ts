/** Why a text is no script. The position is in the text that was given, from 1 on. */
export class CompileError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}
