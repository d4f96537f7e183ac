/** FUNCTION: libraries of functions, and the function that runs. */
import { matchGlob } from "../../base/glob.ts";
import { BUSY } from "../../calls/busy.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import {
  isIntact,
  librariesOf,
  libraryPayload,
  NO_LIBRARY,
} from "../../persistence/rdb/dump_payload.ts";
import { Malformed } from "../../persistence/rdb/rdb_format.ts";
import { CommandError, wrongSubcommand } from "../../protocol/errors.ts";
import type { RestorePolicy } from "../../scripting/function_registry.ts";
import { ENGINE, type Library } from "../../scripting/library.ts";
import { SCRIPT_FLAGS } from "../../scripting/script_flags.ts";
import { isForced } from "./script_arguments.ts";

const NO_CODE = new CommandError("ERR Function code is missing");
const NOT_FOUND = new CommandError("ERR Library not found");
const NO_PATTERN = new CommandError("ERR library name argument was not given");
const BAD_FOOTER = new CommandError("ERR DUMP payload version or checksum are wrong");
const BAD_PAYLOAD = new CommandError("ERR failed loading the given functions payload");
const OTHER_TYPE = new CommandError("ERR given type is not a function");
const BAD_POLICY = new CommandError(
  "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
);
const BAD_FLUSH = new CommandError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
const POLICIES: readonly RestorePolicy[] = ["append", "replace", "flush"];
/** A subcommand's first argument, and what may follow it. */
const FIRST = 2;
const SECOND = 3;

const CHANGING = {
  flags: ["write", "noscript"],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  since: "7.0.0",
} as const;
const GROWING = { ...CHANGING, flags: ["write", "denyoom", "noscript"] } as const;

export const functionCommands = group("scripting", {
  FUNCTION: {
    arity: -2,
    since: "7.0.0",
    complexity: "Depends on subcommand.",
    summary: "Manages libraries of functions.",
    subcommands: {
      DELETE: {
        ...CHANGING,
        run: remove,
        arity: 3,
        args: "library-name",
        complexity: "O(1)",
        summary: "Removes a library with its functions.",
      },
      DUMP: {
        run: dump,
        arity: 2,
        flags: ["noscript"],
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions",
        summary: "Gives all libraries in the form that RESTORE takes.",
      },
      FLUSH: {
        ...CHANGING,
        run: flush,
        arity: -2,
        args: "async:[ASYNC | SYNC]",
        complexity: "O(N) where N is the number of functions deleted",
        summary: "Removes all libraries.",
      },
      HELP: helpEntry("7.0.0"),
      KILL: {
        run: kill,
        arity: -2,
        flags: ["noscript", "allow_busy"],
        args: "[FORCE@9.0.0]",
        since: "7.0.0",
        complexity: "O(1)",
        summary: "Ends the function that runs, and with FORCE undoes what it has changed.",
        tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
      },
      LIST: {
        run: list,
        arity: -2,
        flags: ["noscript"],
        args: "[LIBRARYNAME library-name-pattern] [WITHCODE]",
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions",
        summary: "Lists libraries and their functions.",
        tips: ["nondeterministic_output_order"],
      },
      LOAD: {
        ...GROWING,
        run: load,
        arity: -3,
        args: "[REPLACE] function-code",
        complexity: "O(1) (considering compilation time is redundant)",
        summary: "Makes a library of its code.",
      },
      RESTORE: {
        ...GROWING,
        run: restore,
        arity: -3,
        args: "serialized-value policy:[FLUSH | APPEND | REPLACE]",
        complexity: "O(N) where N is the number of functions on the payload",
        summary: "Takes up the libraries that DUMP has given.",
      },
      STATS: {
        run: stats,
        arity: 2,
        flags: ["noscript", "allow_busy"],
        since: "7.0.0",
        complexity: "O(1)",
        summary: "Tells what function runs, and how many there are.",
        tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
      },
    },
  },
});

function load(call: Call): void {
  const { argc, server, reply } = call;
  let at = FIRST;
  while (at < argc - 1) {
    if (!call.is(at, "replace")) {
      throw new CommandError(`ERR Unknown option given: ${call.cText(at)}`);
    }
    at++;
  }
  if (at >= argc) throw NO_CODE;
  call.keyspace.unsynced.lookAtLibraries();
  const name = server.functions.load(call.bytesOf(at), at > FIRST);
  changed(call);
  reply.bulkText(name);
}

function remove(call: Call): void {
  call.keyspace.unsynced.lookAtLibraries();
  if (!call.server.functions.remove(call.text(FIRST))) throw NOT_FOUND;
  changed(call);
  call.reply.ok();
}

function flush(call: Call): void {
  const { argc } = call;
  if (argc > SECOND) throw wrongSubcommand(call.args);
  if (argc === SECOND && !call.is(FIRST, "sync") && !call.is(FIRST, "async")) throw BAD_FLUSH;
  call.server.functions.clear();
  changed(call);
  call.reply.ok();
}

/** What was done is a change, though of no key. */
function changed({ keyspace }: Call): void {
  keyspace.dirty++;
  keyspace.unsynced.noteLibraries();
}

function list(call: Call): void {
  const { reply, server, keyspace } = call;
  const { pattern, withCode } = parseList(call);
  keyspace.unsynced.lookAtLibraries();
  const shown = [...server.functions.each()].filter(
    ({ name }) => pattern === null || matchGlob(pattern, name, true),
  );
  reply.array(shown.length);
  for (const library of shown) writeLibrary(call, library, withCode);
}

function parseList(call: Call): { pattern: string | null; withCode: boolean } {
  let pattern: string | null = null;
  let withCode = false;
  for (let i = FIRST; i < call.argc; i++) {
    if (!withCode && call.is(i, "withcode")) {
      withCode = true;
    } else if (pattern === null && call.is(i, "libraryname")) {
      if (++i >= call.argc) throw NO_PATTERN;
      pattern = call.text(i);
    } else {
      throw new CommandError(`ERR Unknown argument ${call.cText(i)}`);
    }
  }
  return { pattern, withCode };
}

function writeLibrary({ reply }: Call, library: Library, withCode: boolean): void {
  reply.map(withCode ? 4 : 3);
  reply.bulkText("library_name");
  reply.bulkText(library.name);
  reply.bulkText("engine");
  reply.bulkText(ENGINE);
  reply.bulkText("functions");
  reply.array(library.functions.length);
  for (const { name, description, flags } of library.functions) {
    reply.map(3);
    reply.bulkText("name");
    reply.bulkText(name);
    reply.bulkText("description");
    if (description === null) reply.nil();
    else reply.bulkText(description);
    reply.bulkText("flags");
    const names = [...SCRIPT_FLAGS].filter(([, flag]) => (flags & flag) !== 0);
    reply.set(names.length);
    for (const [flag] of names) reply.simple(flag);
  }
  if (!withCode) return;
  reply.bulkText("library_code");
  reply.bulkBytes(library.code);
}

function stats(call: Call): void {
  const { reply, server, keyspace } = call;
  const { functions, scripts } = server;
  if (scripts.running?.kind === "script") throw BUSY.script;
  keyspace.unsynced.lookAtLibraries();
  reply.map(2);
  reply.bulkText("running_script");
  writeRunning(call);
  reply.bulkText("engines");
  reply.map(1);
  reply.bulkText(ENGINE);
  reply.map(2);
  reply.bulkText("libraries_count");
  reply.integer(functions.libraryCount);
  reply.bulkText("functions_count");
  reply.integer(functions.functionCount);
}

/** The function that is suspended, while it is. */
function writeRunning({ reply, server }: Call): void {
  const { running, command, elapsedMs } = server.scripts;
  if (running === null || command === null) {
    reply.nil();
    return;
  }
  const { bytes, start, size, count } = command;
  reply.map(3);
  reply.bulkText("name");
  reply.bulkText(running.name);
  reply.bulkText("command");
  reply.array(count);
  for (let i = 0; i < count; i++) reply.bulk(bytes, start[i], size[i]);
  reply.bulkText("duration_ms");
  reply.integer(Math.floor(elapsedMs));
}

function kill(call: Call): void {
  call.server.scripts.kill("function", isForced(call));
  call.reply.ok();
}

function dump({ reply, server, keyspace }: Call): void {
  keyspace.unsynced.lookAtLibraries();
  const codes = [...server.functions.each()].map(({ code }) => code);
  const { bytes, size } = libraryPayload(codes, server.config.flag("rdbcompression"));
  reply.bulk(bytes, 0, size);
}

function restore(call: Call): void {
  const { argc, server } = call;
  if (argc > SECOND + 1) throw wrongSubcommand(call.args);
  const policy = argc > SECOND ? POLICIES.find((word) => call.is(SECOND, word)) : "append";
  if (policy === undefined) throw BAD_POLICY;
  const payload = call.bytesOf(FIRST);
  if (!isIntact(payload, 0, payload.length, !server.debug.checksumsSkipped)) throw BAD_FOOTER;
  call.keyspace.unsynced.lookAtLibraries();
  server.functions.restore(codesOf(payload), policy);
  changed(call);
  call.reply.ok();
}

function codesOf(payload: Uint8Array): Uint8Array[] {
  try {
    return librariesOf(payload);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw error.message === NO_LIBRARY ? OTHER_TYPE : BAD_PAYLOAD;
  }
}
