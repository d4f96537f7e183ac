/** PFSELFTEST: registers against a plain array, and estimates against what was counted. */
import * as hyperloglog from "../../structures/hyperloglog.ts";

const { DENSE_SIZE, EMPTY, REGISTER_COUNT, target } = hyperloglog;

const WRITES = 50_000;
const ELEMENTS = 100_000;
/** Estimates are looked at whenever there are so many times more elements. */
const STEP = 1.5;
/** Several times the standard error of 0.81 %. */
const ERROR_MAX = 0.05;
/** A few elements, which can collide, more or less. */
const ERROR_LEAST = 2;
/** While it is smaller than this, the same elements are in a sparse one. */
const SPARSE_SIZE_MAX = 3000;

/** What is wrong, or null. */
export function selfTest(): string | null {
  return registersFailure() ?? estimateFailure();
}

function emptyDense(): Uint8Array {
  const bytes = new Uint8Array(DENSE_SIZE);
  hyperloglog.makeDense(EMPTY, 0, EMPTY.length, bytes);
  return bytes;
}

function registersFailure(): string | null {
  const bytes = emptyDense();
  const plain = new Uint8Array(REGISTER_COUNT);
  let state = 1;
  for (let i = 0; i < WRITES; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    const index = (state >>> 8) & (REGISTER_COUNT - 1);
    const value = (state >>> 24) & 63;
    plain[index] = value;
    hyperloglog.setDenseValue(bytes, 0, index, value);
  }
  for (let index = 0; index < REGISTER_COUNT; index++) {
    const value = hyperloglog.denseValue(bytes, 0, index);
    if (value !== plain[index])
      return `Register ${index} should be ${plain[index]} but is ${value}`;
  }
  return null;
}

function estimateFailure(): string | null {
  const dense = emptyDense();
  const sparse = new Uint8Array(SPARSE_SIZE_MAX + hyperloglog.SPARSE_GROWTH_MAX);
  sparse.set(EMPTY);
  let size = EMPTY.length;
  const element = new Uint8Array(8);
  const view = new DataView(element.buffer);
  hyperloglog.startRaising();
  let next = 1;
  for (let count = 1; count <= ELEMENTS; count++) {
    view.setInt32(0, count, true);
    hyperloglog.locate(element, view, 0, element.length);
    const { index, value } = target;
    if (hyperloglog.denseValue(dense, 0, index) < value) {
      hyperloglog.setDenseValue(dense, 0, index, value);
      if (size > 0) size = raised(sparse, size, index, value);
    }
    if (count < next) continue;
    next = Math.ceil(next * STEP);
    const estimate = hyperloglog.estimate(dense, 0, DENSE_SIZE);
    if (size > 0 && hyperloglog.estimate(sparse, 0, size) !== estimate) {
      return "dense/sparse disagree";
    }
    if (Math.abs(estimate - count) > Math.max(ERROR_LEAST, count * ERROR_MAX)) {
      return `Too big error. card:${count} estimate:${estimate}`;
    }
  }
  return null;
}

/** The new size of the sparse one, or 0 once it cannot be sparse any more. */
function raised(sparse: Uint8Array, size: number, index: number, value: number): number {
  const newSize = hyperloglog.sparseRaise(sparse, 0, size, SPARSE_SIZE_MAX, index, value);
  return Math.max(newSize, 0);
}
