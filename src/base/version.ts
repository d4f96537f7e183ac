/** Versions that the server tells. */

/** The version of Redis whose behaviour this is; clients look at it for what they may use. */
export const REDIS_VERSION = "7.0.15";

/** The server's own version, as in package.json. */
export const RUSK_VERSION = "0.1.0";
