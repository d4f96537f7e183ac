/**
 * Records what a real redis-server replies to COMMAND, for the tests beside this folder:
 *
 *   redis-server --port 7777 --save "" &
 *   node_modules/.bin/bun test/commands/server/oracle/record.ts 7777
 *
 * Every file has one JSON line per command or call, so that a difference shows where it is. The
 * summaries are left out: ours are our own.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { decode, type Tree, withoutFields } from "./reply_tree.ts";

const KEY_CALLS = `
  GET k
  GET
  GET k extra
  get k
  NOSUCH k
  PING k
  CLIENT nosuch k
  CLIENT id
  CONFIG GET x
  OBJECT ENCODING k
  OBJECT ENCODING
  OBJECT HELP
  MEMORY USAGE k
  memory usage k SAMPLES 5
  memory|usage k
  MSET a 1 b 2
  MSET a 1 b
  MSET a 1
  MGET a b c
  DEL a b
  WATCH a b
  TOUCH a
  EXISTS a a
  COPY a b
  RENAME a b
  RENAMENX a b
  LCS a b
  LCS a b LEN
  SET k v
  SET k v GET
  SET k v get EX 5
  SET k get
  SET k
  GETEX k PERSIST
  EXPIRE k 1
  EVAL script 2 a b
  EVAL script 0
  EVAL script 9 a
  EVAL script x a
  ZUNION 2 a b
  ZUNION 9 a
  ZUNION 0 a
  ZUNION 01 a b
  ZUNION 1x a b
  ZUNION x a b
  ZUNION 4294967297 a b
  ZUNION 9007199254740994 a b
  ZUNION -4294967295 a b
  ZUNION 2147483649 a b
  ZUNION 9223372036854775807 a b
  ZUNION 18446744073709551617 a b
  ZUNION -18446744073709551615 a b
  ZUNIONSTORE d 2 a b
  ZUNIONSTORE d +1 a b
  ZINTERSTORE d 2 a
  LMPOP 2 a b LEFT
  BLMPOP 1 2 a b LEFT
  BLPOP a b 0
  PFMERGE d a b
  BITOP AND d a b
  XREAD STREAMS a b 0 0
  XREAD COUNT 2 STREAMS a b 0
  XREAD a b 0 0
  XREADGROUP GROUP g c STREAMS a b 0 0
  SPUBLISH channel message
  SORT k STORE d
  GEORADIUS k 1 1 1 m STORE d
  MIGRATE host 1 k 0 1
  MIGRATE host 1 "" 0 1 KEYS a b
  MIGRATE host 1 "" 0 1 COPY AUTH keys REPLACE keys a
  MIGRATE host 1 "" 0 1 AUTH2 keys keys KEYS a b
  MIGRATE host 1 k 0 1 KEYS a b
  MIGRATE host 1 "" 0 1 COPY KEYS
  MIGRATE host 1 k 0 1 AUTH
  SINTERSTORE d a b
  BITFIELD k GET u8 0
  XGROUP CREATE k g $
  XADD k * a 1
  XADD k NOMKSTREAM MAXLEN ~ 5 * a 1
  XADD k * a
  XLEN k
  XRANGE k - + COUNT 1
  XREVRANGE k + -
  XDEL k 1-1 2-2
  XTRIM k MAXLEN 5
  XSETID k 1-1
  XREAD STREAMS a 0
  XREAD STREAMS a
  XREAD STREAMS a b c 0 0 0
  XREAD STREAMS a b c 0 0
  xread block 0 streams a $
  XREAD BLOCK STREAMS a 0
  XREAD COUNT STREAMS STREAMS a 0
  XREAD STREAMS streams 0
  XREAD STREAMS STREAMS b 0 0
  XREAD COUNT 1 BLOCK 0
  XREAD NOACK STREAMS a 0
  XREAD FOO STREAMS a 0
  XREADGROUP GROUP g c STREAMS a >
  XREADGROUP GROUP g c COUNT 1 BLOCK 0 NOACK STREAMS a b > 0
  XREADGROUP GROUP STREAMS c STREAMS a >
  XREADGROUP GROUP g STREAMS STREAMS a >
  XREADGROUP GROUP g STREAMS a b 0 0
  XREADGROUP NOACK COUNT 1 GROUP g c STREAMS a >
  XREADGROUP STREAMS a b c > > >
  XACK k g 1-1 2-2
  XPENDING k g
  XPENDING k g IDLE 5 - + 10 c
  XCLAIM k g c 0 1-1 2-2 FORCE
  XAUTOCLAIM k g c 0 0 COUNT 5
  XGROUP CREATE k g $ MKSTREAM
  XGROUP CREATE k g
  XGROUP SETID k g 0
  XGROUP DESTROY k g
  XGROUP CREATECONSUMER k g c
  XGROUP DELCONSUMER k g c
  XGROUP HELP
  XGROUP nosuch k g
  XGROUP
  XINFO STREAM k
  XINFO STREAM k FULL COUNT 5
  XINFO GROUPS k
  XINFO CONSUMERS k g
  XINFO HELP
`;

function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")}`;
}

/** The subcommands have lines of their own; their order is that of a hash. */
function namesOnly(subcommands: Tree): Tree {
  if (!Array.isArray(subcommands)) return subcommands;
  return (subcommands as Tree[][]).map((info) => info[0] as string).sort();
}

async function write(file: string, lines: readonly unknown[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await Bun.write(new URL(file, import.meta.url), text);
  console.log(`${file}: ${lines.length} lines, ${text.length} bytes`);
}

const socket = connect(Number(process.argv[2]), "127.0.0.1");
socket.setEncoding("latin1");

async function ask(...args: string[]): Promise<Tree> {
  socket.write(encode(args), "latin1");
  let text = "";
  for (;;) {
    const [chunk] = await once(socket, "data");
    text += chunk;
    const decoded = decode(text);
    if (decoded !== null) return decoded.tree;
  }
}

await ask("HELLO", "3");
const names = ((await ask("COMMAND", "LIST")) as string[]).sort();

const infos = (await ask("COMMAND", "INFO", ...names)) as Tree[][];
await write(
  "command_info.jsonl",
  infos.map((info) => [info[0], [...info.slice(0, 9), namesOnly(info[9])]]),
);

const docs = (await ask("COMMAND", "DOCS", ...names)) as { "%": [string, Tree][] };
await write(
  "command_docs.jsonl",
  docs["%"].map(([name, doc]) => [name, withoutFields(doc, ["summary", "subcommands"])]),
);

const calls: unknown[] = [];
for (const line of KEY_CALLS.trim().split("\n")) {
  const words = line.trim().split(" ");
  const call = words.map((word) => (word === '""' ? "" : word));
  for (const subcommand of ["GETKEYS", "GETKEYSANDFLAGS"]) {
    const args = ["COMMAND", subcommand, ...call];
    calls.push([args, await ask(...args)]);
  }
}
await write("command_getkeys.jsonl", calls);
socket.end();
