/** What happens to a key, by the names of Redis's keyspace events. */
export type KeyEvent = string;
