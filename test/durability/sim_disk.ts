/**
 * Purpose: a disk in memory that forgets, tears, fails and fills up as real ones do.
 *
 * What a file holds is on the disk up to the last sync of the file; names (made, renamed, removed)
 * are once their folder is synced. When the power goes, of what is not synced some part is left:
 * of a file the first edits, then perhaps a piece of the next and zero bytes; of names any of the
 * changes. Every operation has a number, at which a Fault strikes.
 */
import type {
  AppendFile,
  Disk,
  InputFile,
  NewFile,
  ReservedFile,
} from "../../src/runtime/files.ts";
import type { Random } from "../fuzz/random.ts";

/** What happens at an operation. */
export interface Fault {
  /** The operation's number, counting from 1. */
  readonly at: number;
  /**
   * stop: nothing is done after it. broken: it alone fails. full: it and all that need room fail,
   * until `isFull` is put back.
   */
  readonly kind: "stop" | "broken" | "full";
  /** stop: the operation itself is still done. */
  readonly isDone: boolean;
}

type Edit = { add: Uint8Array } | { cut: number };

class Inode {
  /** What is on the disk whatever happens. */
  synced: Uint8Array = new Uint8Array(0);
  edits: Edit[] = [];
  bytes: Uint8Array = new Uint8Array(0);
  /** Edits that are synced. */
  private syncedCount = 0;

  add(bytes: Uint8Array): void {
    this.edits.push({ add: bytes });
    this.bytes = join(this.bytes, bytes);
  }

  cut(size: number): void {
    this.edits.push({ cut: size });
    this.bytes = this.bytes.slice(0, size);
  }

  /** Edits so far. */
  get editCount(): number {
    return this.syncedCount + this.edits.length;
  }

  /** The first `count` edits are on the disk. */
  sync(count = this.editCount): void {
    const news = this.edits.splice(0, Math.max(0, count - this.syncedCount));
    for (const edit of news) this.synced = edited(this.synced, edit);
    this.syncedCount += news.length;
  }
}

const edited = (bytes: Uint8Array, edit: Edit) =>
  "add" in edit ? join(bytes, edit.add) : bytes.slice(0, edit.cut);

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(new ArrayBuffer(a.length + b.length));
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Files and folders by path; the folder that all are in is ".". */
class Tree {
  files = new Map<string, Inode>();
  folders = new Set<string>(["."]);

  clone(): Tree {
    const twin = new Tree();
    twin.files = new Map(this.files);
    twin.folders = new Set(this.folders);
    return twin;
  }
}

interface NameChange {
  readonly folders: readonly string[];
  apply(tree: Tree): void;
}

const folderOf = (path: string) => {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
};

const plainPath = (path: string) => path.replace(/^\.?\//, "");

export class SimDisk implements Disk {
  /** Operations so far, by what they were. */
  readonly operations: string[] = [];
  fault: Fault | null = null;
  /** There is no room. */
  isFull = false;
  /** The machine stands still: nothing is done any more. */
  isStopped = false;
  /** The number of the process whose temporary files are made. */
  pid = 1;
  /** Has a sync that is asked for be done, in a later turn. */
  defer: (run: () => void) => void = (run) => run();
  private reservations = 0;
  private tree = new Tree();
  private synced = new Tree();
  private changes: NameChange[] = [];

  /** Each file's path and bytes, as a process sees them. */
  contents(): Map<string, Uint8Array> {
    return new Map([...this.tree.files].map(([path, { bytes }]) => [path, bytes]));
  }

  /** Puts a file there, synced. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode();
    inode.synced = bytes;
    inode.bytes = bytes;
    for (const tree of [this.tree, this.synced]) {
      tree.files.set(path, inode);
      tree.folders.add(folderOf(path));
    }
  }

  /** What is found after the process has ended and the system lives on. */
  afterKill(): SimDisk {
    const next = new SimDisk();
    for (const folder of this.tree.folders) next.addFolder(folder);
    for (const [path, { bytes }] of this.tree.files) next.put(path, bytes);
    return next;
  }

  /** What is found after the power went; without chance, nothing of what is not synced is left. */
  afterPowerCut(random: Random | null): SimDisk {
    const names = this.synced.clone();
    if (random !== null) this.changeSome(names, random);
    const next = new SimDisk();
    for (const folder of names.folders) next.addFolder(folder);
    const kept = new Map<Inode, Uint8Array>();
    for (const [path, inode] of names.files) {
      if (!names.folders.has(folderOf(path))) continue;
      const left = random === null ? inode.synced : whatIsLeft(inode, random);
      if (!kept.has(inode)) kept.set(inode, left);
      next.put(path, kept.get(inode) as Uint8Array);
    }
    return next;
  }

  private changeSome(names: Tree, random: Random): void {
    const share = random.below(4) / 3;
    const isInOrder = random.chance(0.5);
    for (const change of this.changes) {
      if (random.chance(share)) change.apply(names);
      else if (isInOrder) return;
    }
  }

  addFolder(path: string): void {
    this.tree.folders.add(path);
    this.synced.folders.add(path);
  }

  fileExists(path: string): boolean {
    return this.tree.files.has(path) || this.tree.folders.has(path);
  }

  openInput(path: string): InputFile {
    const { bytes } = this.operate("open to read", () => this.inodeAt(path));
    const piece = (into: Uint8Array, offset: number, size: number, from: number) => {
      const taken = bytes.subarray(from, from + Math.min(size, bytes.length - from));
      into.set(taken, offset);
      return taken.length;
    };
    let at = 0;
    return {
      size: bytes.length,
      read: (into, offset, size) => {
        const count = this.operate("read", () => piece(into, offset, size, at));
        at += count;
        return count;
      },
      readAt: (into, offset, size, from) =>
        this.operate("read", () => piece(into, offset, size, from)),
      close: () => {},
    };
  }

  createFile(path: string): NewFile {
    const temporary = `${path}.tmp-${this.pid}`;
    const inode = this.operate("create", () => this.make(temporary), true);
    let isGone = false;
    return {
      write: (bytes) => this.add(inode, bytes.slice()),
      syncLater: (done) => this.syncLater(inode, done),
      commit: () => {
        this.operate("sync", () => inode.sync());
        this.renameFile(temporary, path);
        isGone = true;
        this.syncFolder(folderOf(path));
      },
      abandon: () => {
        if (!isGone) this.removeFile(temporary);
        isGone = true;
      },
    };
  }

  /** An empty file beside the one whose place it is to take. */
  reserveFile(path: string): string {
    const reserved = `${plainPath(path)}.tmp-${this.pid}-${++this.reservations}`;
    this.operate("create", () => this.make(reserved), true);
    return reserved;
  }

  openReserved(reserved: string, path: string): ReservedFile {
    const from = plainPath(reserved);
    const inode = this.operate("open to append", () => this.inodeAt(from));
    return {
      write: (bytes) => this.add(inode, bytes.slice()),
      readAt: (into, offset, size, from) =>
        this.operate("read", () => {
          const taken = inode.bytes.subarray(from, from + size);
          into.set(taken, offset);
          return taken.length;
        }),
      finish: () => this.operate("sync", () => inode.sync()),
      place: () => {
        this.renameFile(from, plainPath(path));
        this.syncFolder(folderOf(plainPath(path)));
      },
    };
  }

  openAppend(path: string, afresh: boolean): AppendFile {
    const inode = this.operate("open to append", () => this.made(path), !this.fileExists(path));
    if (afresh && inode.bytes.length > 0) this.operate("cut", () => inode.cut(0));
    return {
      get size() {
        return inode.bytes.length;
      },
      write: (bytes, offset, size) => this.add(inode, bytes.slice(offset, offset + size)),
      truncate: (size) => this.operate("cut", () => inode.cut(size)),
      sync: () => this.operate("sync", () => inode.sync()),
      syncLater: (done) => this.syncLater(inode, done),
      close: () => {},
    };
  }

  renameFile(from: string, to: string): void {
    const act = () => {
      const inode = this.inodeAt(from);
      this.change([folderOf(from), folderOf(to)], (tree) => {
        tree.files.set(to, inode);
        if (tree.files.get(from) === inode) tree.files.delete(from);
      });
    };
    this.operate(`rename to ${to}`, act, true);
  }

  linkFile(from: string, to: string): void {
    const act = () => {
      const inode = this.inodeAt(from);
      this.change([folderOf(to)], (tree) => void tree.files.set(to, inode));
    };
    this.operate(`link ${to}`, act, true);
  }

  removeFile(path: string): boolean {
    if (!this.tree.files.has(path)) return false;
    try {
      this.operate("remove", () => {
        this.change([folderOf(path)], (tree) => void tree.files.delete(path));
      });
      return true;
    } catch {
      return false;
    }
  }

  makeFolder(path: string): void {
    const make = () => this.change([folderOf(path)], (tree) => void tree.folders.add(path));
    if (!this.tree.folders.has(path)) this.operate("make a folder", make, true);
    this.syncFolder(folderOf(path));
  }

  listFolder(path: string): string[] {
    const below = [...this.tree.files.keys()].filter((name) => folderOf(name) === path);
    return below.map((name) => name.slice(name.lastIndexOf("/") + 1));
  }

  syncFolder(path: string): void {
    this.operate("sync a folder", () => {
      const concerned = this.changes.filter(({ folders }) => folders.includes(path));
      for (const change of concerned) change.apply(this.synced);
      this.changes = this.changes.filter((change) => !concerned.includes(change));
    });
  }

  /** Adds bytes; when that fails, half of them. */
  private add(inode: Inode, bytes: Uint8Array): void {
    const half = () => inode.add(bytes.slice(0, bytes.length >> 1));
    this.operate("write", () => inode.add(bytes), true, half);
  }

  /** Both its beginning and its end are operations: a good deal happens in between. */
  private syncLater(inode: Inode, done: (problem: string | null) => void): void {
    const count = inode.editCount;
    let problem = this.problemOf("sync later", () => {});
    this.defer(() => {
      if (this.isStopped) return;
      problem ??= this.problemOf("sync at last", () => inode.sync(count));
      if (!this.isStopped) done(problem);
    });
  }

  /** Does one operation; why it fails, or null. */
  private problemOf(what: string, act: () => void): string | null {
    try {
      this.operate(what, act);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Does one operation, unless the fault is here. `half` is what a write that fails has done. */
  private operate<T>(what: string, act: () => T, needsRoom = false, half?: () => void): T {
    if (this.isStopped) throw new Error("The machine has stopped");
    const number = this.operations.push(what);
    const { fault } = this;
    if (fault?.at === number) {
      if (fault.kind === "stop") {
        if (fault.isDone) act();
        else half?.();
        this.isStopped = true;
        throw new Error("The machine stops");
      }
      if (fault.kind === "broken") {
        half?.();
        throw new Error("Input/output error");
      }
      this.isFull = true;
    }
    if (this.isFull && needsRoom) {
      half?.();
      throw new Error("No space left on device");
    }
    return act();
  }

  private inodeAt(path: string): Inode {
    const inode = this.tree.files.get(path);
    if (inode === undefined) throw new Error("No such file or directory");
    return inode;
  }

  private made(path: string): Inode {
    return this.tree.files.get(path) ?? this.make(path);
  }

  private make(path: string): Inode {
    if (!this.tree.folders.has(folderOf(path))) throw new Error("No such file or directory");
    const inode = new Inode();
    this.change([folderOf(path)], (tree) => void tree.files.set(path, inode));
    return inode;
  }

  private change(folders: readonly string[], apply: (tree: Tree) => void): void {
    apply(this.tree);
    this.changes.push({ folders, apply });
  }
}

/** Of what is not synced the first edits are left, then perhaps a piece and zero bytes. */
function whatIsLeft(inode: Inode, random: Random): Uint8Array {
  const { edits } = inode;
  const count = [0, edits.length, random.below(edits.length + 1)][random.below(3)];
  let left = inode.synced;
  for (const edit of edits.slice(0, count)) left = edited(left, edit);
  const next = edits[count];
  if (next !== undefined && "add" in next && random.chance(0.6)) {
    left = join(left, next.add.subarray(0, random.below(next.add.length + 1)));
  }
  const missing = inode.bytes.length - left.length;
  if (missing > 0 && random.chance(0.4)) {
    left = join(left, new Uint8Array(random.between(1, missing)));
  }
  return left;
}
