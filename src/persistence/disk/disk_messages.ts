/**
 * What the server and the disk worker tell one another. Once `begin` was sent, buffers follow, then
 * the end; the worker gives each buffer back, and tells when the file is in its place, or why not.
 *
 * They share a few integers as well, so that neither has to wait for a message:
 *
 *   PHASE     what has become of the file; from OPEN on, whoever is first decides: the worker to
 *             put it in its place, or the server to call it off
 *   HANDLED   buffers that the worker is done with
 */

import type { FileKind } from "./written_check.ts";

export const PHASE = 0;
export const HANDLED = 1;
export const SHARED_COUNT = 2;

export const Phase = { open: 0, placing: 1, placed: 2, failed: 3, abandoned: 4 } as const;

export type ToDisk =
  | {
      readonly type: "begin";
      /** The file that was reserved, and the path for which it was. */
      readonly reserved: string;
      readonly path: string;
      /** The buffers are blocks of Rusk's format, or else just bytes. */
      readonly fileKind: FileKind;
      readonly packs: boolean;
      readonly shared: SharedArrayBuffer;
    }
  | {
      readonly type: "buffer";
      readonly buffer: ArrayBuffer;
      readonly size: number;
      /** Of a block. */
      readonly kind: number;
    }
  /** The last block, of so many keys. */
  | { readonly type: "foot"; readonly keys: number }
  /** All was written: of commands, so many. */
  | { readonly type: "end"; readonly commands: number };

export type FromDisk =
  | { readonly type: "buffer"; readonly buffer: ArrayBuffer }
  | { readonly type: "done"; readonly problem: string | null };
