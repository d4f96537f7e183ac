/**
 * Counts replies as their bytes come, in pieces of any size, and looks at nothing else of them.
 * What a server pushes (RESP3) is no reply.
 */
import { latin1 } from "../base/bytes.ts";

const LINE_FEED = 10;
const MINUS = 45;
const [ERROR, ARRAY, BULK, MAP, SET, PUSH, VERBATIM, BLOB_ERROR, ATTRIBUTE] = "-*$%~>=!|"
  .split("")
  .map((each) => each.charCodeAt(0));

/** Where in a reply the next byte is. */
const At = { type: 0, number: 1, text: 2, bulk: 3 } as const;
/** An error of a server's is told as far as this. */
const ERROR_SIZE_MAX = 1024;

export class ReplyCounter {
  private at: number = At.type;
  /** Of the element that is being read. */
  private type = 0;
  private value = 0;
  private isNegative = false;
  /** Bytes of a bulk that are to come, with the end of its line. */
  private bulkLeft = 0;
  /** Elements that are to come until the reply is whole. */
  private elementsLeft = 1;
  private isPush = false;
  /** The first error that came, or null. */
  error: string | null = null;
  private errorText = "";

  /** Takes bytes; returns how many replies have come to their end in them. */
  take(bytes: Uint8Array, from: number, end: number): number {
    let count = 0;
    for (let i = from; i < end; ) {
      if (this.at === At.type) {
        count += this.begin(bytes[i++]);
      } else if (this.at === At.text) {
        let stop = i;
        while (stop < end && bytes[stop] !== LINE_FEED) stop++;
        if (this.type === ERROR) this.takeError(bytes, i, stop);
        if (stop < end) count += this.endElement();
        i = stop + 1;
      } else if (this.at === At.number) {
        count += this.digit(bytes[i++]);
      } else {
        const step = Math.min(this.bulkLeft, end - i);
        i += step;
        this.bulkLeft -= step;
        if (this.bulkLeft === 0) count += this.endElement();
      }
    }
    return count;
  }

  private begin(type: number): number {
    this.type = type;
    this.value = 0;
    this.isNegative = false;
    switch (type) {
      case BULK:
      case ARRAY:
      case MAP:
      case SET:
      case PUSH:
      case VERBATIM:
      case BLOB_ERROR:
      case ATTRIBUTE:
        this.at = At.number;
        break;
      default:
        this.at = At.text;
    }
    return 0;
  }

  private digit(byte: number): number {
    if (byte === MINUS) this.isNegative = true;
    else if (byte === LINE_FEED) return this.endNumber();
    else if (byte >= 48) this.value = this.value * 10 + byte - 48;
    return 0;
  }

  /** A size or count is there. */
  private endNumber(): number {
    this.at = At.type;
    const { type, value } = this;
    switch (type) {
      case BULK:
      case VERBATIM:
      case BLOB_ERROR:
        if (this.isNegative) return this.endElement();
        this.bulkLeft = value + 2;
        this.at = At.bulk;
        return 0;
      case ATTRIBUTE:
        this.elementsLeft += 2 * value;
        return 0;
      case MAP:
        this.elementsLeft += 2 * value;
        break;
      case PUSH:
        // As the first element only: there are none inside replies.
        this.isPush = this.elementsLeft === 1;
        this.elementsLeft += value;
        break;
      default:
        if (!this.isNegative) this.elementsLeft += value;
    }
    return this.endElement();
  }

  private endElement(): number {
    this.at = At.type;
    if (this.type === ERROR) this.error ??= this.errorText.replace(/\r$/, "");
    if (--this.elementsLeft > 0) return 0;
    this.elementsLeft = 1;
    if (!this.isPush) return 1;
    this.isPush = false;
    return 0;
  }

  private takeError(bytes: Uint8Array, from: number, end: number): void {
    if (this.errorText.length < ERROR_SIZE_MAX) this.errorText += latin1(bytes, from, end - from);
  }
}
