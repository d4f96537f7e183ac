/** One option of a program of the command line: for its help, the manual and completions. */
export interface Option {
  /** Its names, as they are typed, dashes and all. */
  readonly names: readonly string[];
  /** What stands for its value in the help ("PORT"); none: it takes no value. */
  readonly value?: string;
  /** The values that it may have, where they are few: for completions. */
  readonly values?: readonly string[];
  /** The value is a file's path, or a folder's. */
  readonly takesPath?: true;
  /** What it does, in a line or two, without a full stop. */
  readonly about: string;
}
