/**
 * The disk worker's program: a thread that works off what it is sent (disk_job.ts), so that clients
 * wait neither for packing nor for the disk.
 */
import { openReserved } from "../../runtime/files.ts";
import { serveMessages } from "../../runtime/workers.ts";
import { DiskJob } from "./disk_job.ts";
import type { ToDisk } from "./disk_messages.ts";

const answer = serveMessages((message) => job.handle(message as ToDisk));
const job = new DiskJob({ open: openReserved, answer });
