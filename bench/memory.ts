// Resident memory with many small keys: what a key costs, all overheads included.

import { Control } from "./control.ts";
import { alternate, type Figure } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr } from "./options.ts";
import { residentBytes } from "./process_figures.ts";
import { rowOf } from "./results.ts";
import { withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const KEYS = 3_000_000;
/** Time for a server to finish what it does in the background, such as moving to a larger table. */
const SETTLE_MS = 5000;

/** The figure `memory`: keys of 16 bytes with values of 32. */
export const memory: Figure = {
  name: "memory",
  summary: "resident memory with 3 M keys of 16 bytes and values of 32",
  async run(options, progress) {
    const keys = countOr(options.keys, KEYS, options.scale);
    const rounds = options.rounds ?? 1;
    const samples = await alternate(rounds, (side) => {
      progress(`memory: ${side}, ${keys} keys`);
      return withServers([options[side]], async (server) => {
        const emptyMB = residentBytes(server.pid) / 1e6;
        await fill(server.port, keys, setCommand);
        await expectKeys(server.port, keys);
        await Bun.sleep(SETTLE_MS);
        const residentMB = residentBytes(server.pid) / 1e6;
        return { emptyMB, residentMB, perKey: ((residentMB - emptyMB) * 1e6) / keys };
      });
    });
    const test = `${keys / 1e6}M keys`;
    const row = (measure: keyof (typeof samples.ours)[number], name: string, unit: string) =>
      rowOf(
        { figure: "memory", test, measure: name, unit },
        median(samples.ours.map((sample) => sample[measure])),
        median(samples.theirs.map((sample) => sample[measure])),
      );
    const rows = [
      row("residentMB", "resident", "MB"),
      row("emptyMB", "resident when empty", "MB"),
      row("perKey", "growth per key", "bytes"),
    ];
    const conditions = { ours: options.ours, theirs: options.theirs, keys, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

/** SET of a key of 16 bytes to a value of 32 that no server can keep as a number. */
function setCommand(index: number): string {
  const digits = String(index).padStart(12, "0");
  return `*3\r\n$3\r\nSET\r\n$16\r\nkey:${digits}\r\n$32\r\nvalue:${digits}:abcdefghijklm\r\n`;
}

async function expectKeys(port: number, keys: number): Promise<void> {
  const control = await Control.open(port);
  const count = await control.databaseSize();
  control.close();
  if (count !== keys) throw new Error(`the server has ${count} keys instead of ${keys}`);
}
