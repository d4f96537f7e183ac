/**
 * The local time, from the C library: JavaScript's dates load the runtime's own data of time zones
 * for it, which takes 7 ms and 3 MB.
 */
import { type Foreign, type ForeignSignatures, openLibrary, type Place } from "./foreign.ts";

/** A time of the day where the server is; months count from 0. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const SIGNATURES: ForeignSignatures = {
  localtime_r: { takes: ["bytes", "bytes"], returns: "pointer" },
};

interface Calls {
  localtime_r(time: Place, to: Place): unknown;
}

/** More than C's `struct tm` takes, which begins with the fields that are read below. */
const TM_SIZE = 128;
/** Years are counted from here. */
const FIRST_YEAR = 1900;

/** Null where the library is not known, or JavaScript's dates will do. */
export function openLocalTime(foreign: Foreign | null): ((ms: number) => LocalTime) | null {
  const calls = foreign === null ? null : (openLibrary(foreign, SIGNATURES) as Calls | null);
  if (foreign === null || calls === null) return null;
  const time = new BigInt64Array(1);
  const fields = new Int32Array(TM_SIZE / Int32Array.BYTES_PER_ELEMENT);
  const timePlace = foreign.place(new Uint8Array(time.buffer), 0);
  const fieldsPlace = foreign.place(new Uint8Array(fields.buffer), 0);
  return (ms) => {
    time[0] = BigInt(Math.floor(ms / 1000));
    calls.localtime_r(timePlace, fieldsPlace);
    const [second, minute, hour, day, month, years] = fields;
    return { year: FIRST_YEAR + years, month, day, hour, minute, second };
  };
}
