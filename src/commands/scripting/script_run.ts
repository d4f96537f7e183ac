/** One run of a script: what it was started as, and the reply that comes of it. */
import { cString } from "../../base/words.ts";
import type { Client } from "../../calls/client.ts";
import type { Command } from "../../calls/command.ts";
import type { ScriptKind, ScriptProgram, ScriptRun } from "../../calls/scripts.ts";
import type { ServerFigures } from "../../calls/server_figures.ts";
import { CommandError, errorLine } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Execution, ScriptFailure } from "../../scripting/execution.ts";
import { ScriptFlag } from "../../scripting/script_flags.ts";
import { isError, type ScriptValue } from "../../scripting/value.ts";
import { type ErrorReplies, writeValue } from "./value_replies.ts";

/** How a script's text is named in errors. */
const FILES: Readonly<Record<ScriptKind, string>> = {
  script: "user_script",
  function: "user_function",
};

/** There is one, since scripts run one at a time; `begin` makes it that of the next. */
export class CommandRun implements ScriptRun, ErrorReplies {
  hasWritten = false;
  execution!: Execution;
  kind: ScriptKind = "script";
  name = "";
  isAtomic = false;
  mayRunLong = false;
  readonly client: Client;
  readonly inner: Reply;
  /** What has started it. */
  private command!: Command;
  private readonly figures: ServerFigures;
  /** Error replies that its commands got: they are counted already. */
  private counted: Set<ScriptValue> | null = null;

  constructor(client: Client, inner: Reply, figures: ServerFigures) {
    this.client = client;
    this.inner = inner;
    this.figures = figures;
  }

  begin(program: ScriptProgram, isReadOnly: boolean, command: Command): void {
    this.hasWritten = false;
    this.kind = program.kind;
    this.name = program.name;
    this.isAtomic = !isReadOnly && ((program.flags ?? 0) & ScriptFlag.atomic) !== 0;
    this.mayRunLong = !isReadOnly && program.mayRunLong;
    this.command = command;
    this.counted = null;
  }

  /** A command has failed, with this error; it is counted. */
  hasCounted(error: ScriptValue): void {
    this.counted ??= new Set();
    this.counted.add(error);
  }

  finish(reply: Reply): boolean {
    const { execution, client } = this;
    const { failure, value } = execution;
    // It is held until the next script begins.
    execution.value = undefined;
    if (failure !== null) {
      this.fail(reply, failure);
      return false;
    }
    const from = reply.position;
    try {
      writeValue(reply, value, client.protocol, this);
      return !isError(value);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reply.truncate(from);
      this.writeError(reply, error.message, null);
      return false;
    }
  }

  /** Replies an error that is part of what the script returned, or all of it. */
  writeError(reply: Reply, message: string, error: ScriptValue): void {
    const { commands } = this.figures;
    commands.failed[this.command.id]++;
    const text = errorLine(cString(message));
    if (error === null || this.counted === null || !this.counted.has(error)) {
      commands.countError(codeOf(text));
    }
    reply.error(text);
  }

  private fail(reply: Reply, { message, isReply, line, value }: ScriptFailure): void {
    const file = FILES[this.kind];
    const text = isReply ? message : message.replace(/^ERR /, `ERR ${file}:${line}: `);
    this.writeError(reply, `${text} script: ${this.name}, on @${file}:${line}.`, value);
  }
}

/** What an error is counted as: its first word, unless there is no other. */
function codeOf(message: string): string {
  const blank = message.indexOf(" ");
  return blank < 0 ? "ERR" : message.slice(0, blank);
}
