/** The bytes of lines of RESP, by which requests are parsed ("Redis serialization protocol"). */

export const STAR = 42;
export const DOLLAR = 36;
export const ZERO = 48;
export const NINE = 57;
/** As numbers of two and four bytes, little-endian: the end of a line, and lines of one digit. */
export const CR_LF = 0x0a0d;
export const ALL_BUT_DIGIT = 0xffff00ff | 0;
export const STAR_LINE = 0x0a0d002a;
export const DOLLAR_LINE = 0x0a0d0024;
