/** What the server does of itself (a log is carried out, say) it does as no user. */
import type { Permissions } from "./users.ts";

/** Denies nothing. */
export const WITHOUT_LIMITS: Permissions = {
  name: "(superuser)",
  mayDoAll: true,
  deniedAt: 0,
  check: () => null,
  mayReadAllKeys: () => true,
};
