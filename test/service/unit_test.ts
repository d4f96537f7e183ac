// Purpose: packaging/systemd/rusk.service is a unit that systemd takes, and as closed as it claims.

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const UNIT = join(import.meta.dir, "../../packaging/systemd/rusk.service");
/** In tenths, as systemd-analyze counts: 2.0. */
const EXPOSURE_MAX = 20;

// Debian's package systemd has it.
const analyzer = Bun.which("systemd-analyze");

const run = (...args: string[]) => spawnSync(analyzer ?? "", args, { encoding: "utf8" });

/** Older ones than 250 cannot look at a file. */
const canLook = analyzer !== null && run("security", "--offline=true", UNIT).status === 0;

test.skipIf(!canLook)("the service is exposed by 2.0 at most", () => {
  const security = ["security", "--offline=true", "--no-pager"];
  const { status, stdout } = run(...security, `--threshold=${EXPOSURE_MAX}`, UNIT);
  expect(stdout).toContain("Overall exposure level for rusk.service");
  expect(status).toBe(0);
});

test.skipIf(!canLook)("systemd understands every line", () => {
  const { stderr } = run("verify", "--man=no", UNIT);
  // Where Rusk is not installed its program and its user are not there.
  const problems = stderr.split("\n").filter((line) => line !== "" && !/not executable/.test(line));
  expect(problems).toEqual([]);
});

test("the service names what the package installs", () => {
  const unit = readFileSync(UNIT, "utf8");
  expect(unit).toContain("\nType=notify\n");
  expect(unit).toMatch(/^ExecStart=\/usr\/bin\/rusk \/etc\/rusk\/rusk\.conf --supervised systemd/m);
  expect(unit).toContain("\nWorkingDirectory=/var/lib/rusk\nUser=rusk\n");
  expect(unit).not.toContain("\nMemoryDenyWriteExecute=");
});
