/**
 * Purpose: commands as templates. A word that begins with `@` stands for something picked by chance
 * from few things, so that connections meet each other.
 */

import type { Random } from "../fuzz/random.ts";
import type { Words } from "./step.ts";

/** Commands, one a line; words are split at blanks. */
export function templates(text: string): readonly Words[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => line.split(/ +/));
}

/** What words that begin with `@` stand for. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  s: ["s1", "s2", "s3"],
  l: ["l1", "l2"],
  h: ["h1", "h2"],
  t: ["t1", "t2"],
  z: ["z1", "z2"],
  x: ["x1", "x2"],
  k: ["s1", "s2", "s3", "l1", "l2", "h1", "t1", "z1", "x1", "nosuch"],
  v: ["a", "b", "1", "22", ""],
  f: ["f", "g"],
  n: ["1", "2", "-1", "10"],
  c: ["c1", "c2", "c.x"],
  p: ["c*", "c?", "*", "c.*", "[cx]1"],
  u: ["alice", "bob"],
  w: ["one", "two"],
  d: ["0", "1"],
  far: ["1000", "100000"],
  past: ["-1", "0"],
  wait: ["0", "0", "0", "0.02"],
  side: ["LEFT", "RIGHT"],
};

/** The template with all that is left to chance. Connections are numbered below `connections`. */
export function filled(random: Random, template: Words, connections: number): string[] {
  return template.map((word) => {
    if (!word.startsWith("@")) return word;
    if (word === "@id") return `{id:${random.below(connections)}}`;
    const choices = CHOICES[word.slice(1)];
    if (choices === undefined) throw new Error(`nothing is known of ${word}`);
    return random.pick(choices);
  });
}

/** Commands on data whose replies leave nothing to chance. */
export const DATA = templates(`
  SET @s @v
  SET @s @v
  SET @s @v EX @far
  SET @s @v KEEPTTL GET
  SET @s @v NX
  SETNX @s @v
  SETEX @s @far @v
  GETSET @s @v
  GETDEL @s
  GETEX @s EX @far
  GETEX @s PERSIST
  GET @s
  GET @s
  MGET @s @s @l
  MSET @s @v @s @v
  MSETNX @s @v @s @v
  APPEND @s @v
  SETRANGE @s @n @v
  GETRANGE @s 0 -1
  STRLEN @s
  INCR @s
  DECRBY @s @n
  INCRBYFLOAT @s 1.5
  SETBIT @s 3 1
  BITOP OR @s @s @s
  BITFIELD @s SET u8 0 @n
  LPUSH @l @v
  RPUSH @l @v @v
  LPUSHX @l @v
  LPOP @l
  RPOP @l 2
  LLEN @l
  LRANGE @l 0 -1
  LSET @l 0 @v
  LINSERT @l BEFORE a @v
  LREM @l 1 @v
  LTRIM @l 0 2
  LMOVE @l @l @side @side
  RPOPLPUSH @l @l
  LMPOP 2 @l @l @side
  HSET @h @f @v
  HSET @h @f @v @f @v
  HSETNX @h @f @v
  HGET @h @f
  HDEL @h @f
  HDEL @h f g
  HINCRBY @h n @n
  HINCRBYFLOAT @h n 0.5
  HEXISTS @h @f
  SADD @t @v
  SADD @t @v @v
  SREM @t @v
  SMOVE @t @t @v
  SCARD @t
  SISMEMBER @t @v
  SINTERSTORE @t @t @t
  SUNIONSTORE @t @t @t
  ZADD @z @n @v
  ZADD @z @n @v @n @v
  ZADD @z XX CH @n @v
  ZINCRBY @z @n @v
  ZREM @z @v
  ZRANGE @z 0 -1 WITHSCORES
  ZPOPMIN @z
  ZPOPMAX @z 2
  ZMPOP 2 @z @z MIN
  ZREMRANGEBYRANK @z 0 0
  ZUNIONSTORE @z 2 @z @z
  ZRANGESTORE @z @z 0 1
  GEOADD @z 13.3 38.1 @v
  PFADD @s @v
  XADD @x 1-* @f @v
  XADD @x MAXLEN 2 2-* @f @v
  XLEN @x
  XDEL @x 1-0
  XTRIM @x MAXLEN 1
  XRANGE @x - +
  XGROUP CREATE @x g 0 MKSTREAM
  XGROUP CREATECONSUMER @x g c
  XGROUP SETID @x g 0
  XGROUP DELCONSUMER @x g c
  XGROUP DESTROY @x g
  XREADGROUP GROUP g c STREAMS @x >
  XACK @x g 1-0 1-1
  XSETID @x 9-9
  DEL @k
  DEL @k @k
  UNLINK @k
  EXISTS @k @k
  TYPE @k
  TOUCH @k
  EXPIRE @k @far
  EXPIRE @k @past
  PEXPIREAT @k 1
  PERSIST @k
  RENAME @k @k
  RENAMENX @k @k
  COPY @k @k
  COPY @k @k REPLACE
  COPY @k @k DB 1
  MOVE @k 1
  SORT @l ALPHA STORE @l
  OBJECT ENCODING @k
  DBSIZE
`);

/** Commands that change much at once, and so are sent seldom. */
export const SELDOM = templates(`
  FLUSHDB
  FLUSHALL
  SWAPDB 0 1
  SELECT @d
  SELECT @d
  PING
  PING @v
  ECHO @v
  NOSUCH @v
  GET
  INCR @l
  RESET
  HELLO 2
  HELLO 3
  HELLO 4
  CLIENT GETNAME
  CLIENT SETNAME @w
  CLIENT ID
  CLIENT INFO
  CLIENT LIST ID @id @id
  CLIENT NO-EVICT on
  CONFIG SET maxmemory-samples 5
  DEBUG SET-ACTIVE-EXPIRE 0
`);
