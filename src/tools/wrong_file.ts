/** What a file is that a tool was given in the place of another: for who has mixed them up. */
import { latin1 } from "../base/bytes.ts";
import { formatOf } from "../persistence/open_loader.ts";
import { isGzip, isZip } from "./packing.ts";

const LOG = /^(?:\*\d+\r?\n|#TS:\d)/;
const MANIFEST = /^(?:#.*\n)*file \S+ seq /;

/** Whether commands of a log begin so. */
export const isLog = (head: Uint8Array) => LOG.test(latin1(head, 0, head.length));

/** What begins so and holds no data as a snapshot does, as in "it is …"; null: nobody knows. */
export function otherThanData(head: Uint8Array): string | null {
  if (head.length === 0) return "empty";
  if (isLog(head)) {
    const loaded = "a server with appendonly yes loads it";
    return `an append-only log: rusk check-aof tells of it, and ${loaded}`;
  }
  if (MANIFEST.test(latin1(head, 0, head.length))) {
    return "the manifest of an append-only log: rusk check-aof tells of that";
  }
  return null;
}

/** What begins so and is no text, as in "it is …"; null: it may be one. */
export function otherThanText(head: Uint8Array): string | null {
  const format = formatOf(head);
  if (format !== null) return format === "RDB" ? "an RDB file" : "a snapshot of Rusk's";
  return isGzip(head) || isZip(head) ? "packed" : null;
}

/** Whether a log may begin so, though something of it be broken. */
export function mayBeLog(first: number | undefined): boolean {
  return first === undefined || first === 0 || "*#".includes(String.fromCharCode(first));
}
