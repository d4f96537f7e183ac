/**
 * What rusk.conf says beyond the table of directives: what stands before a section, more than one
 * sentence about a directive where people need it, and examples for directives that are unset.
 */

/** At the top of the file. */
export const HEADER = `
Configuration of Rusk, which reads what Redis 7.0 reads. The command line comes last and counts:

    rusk /path/to/rusk.conf --port 6380

One directive a line. "#" begins a comment, but only at the beginning of a line; a value with
blanks stands in quotes. Sizes have units: 1k is 1000 bytes, 1kb 1024, and so on with m and g.

What is set here has its default, but for "bind"; what is commented out is an example, or unset. A
running server is asked and changed by CONFIG GET and CONFIG SET, and CONFIG REWRITE brings this
file up to date. A directive that is not understood stops the start, with its line.

Another file is read where "include" stands, or all that match a pattern; what comes later counts:

    include /etc/rusk/conf.d/*.conf`;

/** Under the heading of a section. */
export const SECTION_NOTES: Readonly<Record<string, string>> = {
  TLS: `
Needs OpenSSL 3 on the machine, and is off. With "port 0" beside tls-port there is TLS only.`,
  Snapshots: `
A snapshot holds all data as they were at one moment. It is written to dbfilename in the working
folder, without another process, while commands go on; what has changed since the last one is lost
if the machine stops, unless there is the append-only log, too. A dump.rdb of Redis is loaded.`,
  Security: `
Besides the default user there may be others, here or in aclfile, but not in both:

    user worker on >password ~jobs:* &* +@read +@write

A command may get another name, or "" to remove it; better take it from users by ACL rules:

    rename-command CONFIG ""`,
  "Append-only log": `
With the log each change is written before it is confirmed, and with "appendfsync always" it is on
the disk before it is confirmed. At a start the log is loaded in place of the snapshot.`,
  "Encodings of collections": `
Small collections are packed in one block: less memory, more time for each element.`,
};

/** In place of the table's sentence about a directive. */
export const DIRECTIVE_NOTES: Readonly<Record<string, string>> = {
  bind: `
Addresses to listen on; one with a leading - may be missing on this machine, and * is all of IPv4,
::* all of IPv6. Without this line it is all of them. Before you listen to other machines, set a
password, or make users.`,
  "protected-mode": `
While the default user has no password, clients of other machines are refused, whatever "bind"
says.`,
  save: `
When a snapshot is written: after so many seconds, if there have been so many changes. With any of
these, one is also written by a shutdown. Several lines add up; "" means never.`,
  appendfsync: `
When the log is on the disk: "always": before a change is confirmed, so nothing confirmed is lost;
"everysec": a second later at most; "no": when the system likes.`,
  requirepass: `
Password of the default user. It can be guessed as fast as the network allows: make it long.`,
  logfile: `
File to log to; empty is standard output, which under systemd goes to the journal.`,
  "list-compress-depth": "Lists are not compressed, on purpose.",
  dir: `
Working folder: snapshots and the log are there, and relative paths start from it.`,
  "client-output-buffer-limit": `
Bytes of replies that may wait for a client that does not read them: class, hard limit, soft limit
and the seconds it may be above that. Above its limit a client is closed; without one (0), above
half of the machine's memory.`,
};

/** Values other than the default, which this file sets. */
export const VALUES: Readonly<Record<string, string>> = {
  bind: "127.0.0.1 -::1",
  "metrics-bind": "127.0.0.1 -::1",
  dir: "./",
  logfile: '""',
};

/** Directives that are shown but stay unset, with values to begin from. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  save: "3600 1 300 100 60 10000",
  unixsocket: "/run/rusk/rusk.sock",
  unixsocketperm: "770",
  pidfile: "/run/rusk/rusk.pid",
  requirepass: "a-long-random-text",
  aclfile: "/etc/rusk/users.acl",
  maxmemory: "2gb",
  "notify-keyspace-events": "Ex",
  "tls-port": "6380",
  "tls-cert-file": "/etc/rusk/server.crt",
  "tls-key-file": "/etc/rusk/server.key",
  "tls-ca-cert-file": "/etc/rusk/ca.crt",
  "tls-ca-cert-dir": "/etc/ssl/certs",
  "tls-client-cert-file": "/etc/rusk/client.crt",
  "tls-client-key-file": "/etc/rusk/client.key",
  "tls-dh-params-file": "/etc/rusk/dh.pem",
  "tls-protocols": '"TLSv1.2 TLSv1.3"',
};

/** Sections that are commented out as a whole. */
export const UNSET_SECTIONS: readonly string[] = ["TLS"];
