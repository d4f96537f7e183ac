/**
 * Purpose: `RUSK_COMPACTS_EAGERLY=1 bun test --preload ./test/compacts_eagerly.ts FILES` runs tests
 * with servers, their own and those that they start, that move blocks after each turn.
 */
import { eager } from "../src/server/compacting.ts";

eager.isOn = true;
