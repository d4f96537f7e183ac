/** Whether the data are there. */
import { Flag } from "../../calls/command.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ServerGate } from "../gates.ts";
import type { Station } from "./station.ts";

const LOADING = new CommandError("LOADING Redis is loading the dataset in memory");

export const loadingStation: Station = {
  name: "loading",
  gate: ServerGate.loading,
  nested: false,
  ask: (_client, { flags }) => ((flags & Flag.loading) === 0 ? LOADING : null),
};
