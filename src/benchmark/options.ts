/** The options of `rusk benchmark`. */
import type { Option } from "../base/option.ts";

export const BENCHMARK_OPTIONS: readonly Option[] = [];
