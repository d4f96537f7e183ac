/**
 * The order of a database's hashes by the time at which the first of their fields expires. Each
 * hash keeps its own index here with its fields' deadlines (hash_value.ts), since the index in its
 * entry is that of the key's own expiry.
 */
import type { EntryRef } from "../structures/entry.ts";
import * as hashValue from "../values/hash_value.ts";
import { ExpiryHeap } from "./expiry.ts";

export class FieldExpiryHeap extends ExpiryHeap {
  override indexOf(e: EntryRef): number {
    return hashValue.placeInOrder(e);
  }

  protected override noteIndex(e: EntryRef, index: number): void {
    hashValue.setPlaceInOrder(e, index);
  }
}
