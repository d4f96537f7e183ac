/**
 * The disk worker's program: a thread that works off what it is sent (disk_job.ts), so that clients
 * wait neither for packing nor for the disk. It has one file after the other.
 */
import { openReserved } from "../../runtime/files.ts";
import { serveMessages } from "../../runtime/workers.ts";
import { DiskJob } from "./disk_job.ts";
import type { ToDisk } from "./disk_messages.ts";

const answer = serveMessages((message) => handle(message as ToDisk));
let job: DiskJob | null = null;

function handle(message: ToDisk): void {
  if (message.type === "begin") job = new DiskJob({ open: openReserved, answer });
  job?.handle(message);
  if (message.type === "end") job = null;
}
