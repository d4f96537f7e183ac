/** The options of `rusk cli`. */
import type { Option } from "../base/option.ts";

export const CLIENT_OPTIONS: readonly Option[] = [];
