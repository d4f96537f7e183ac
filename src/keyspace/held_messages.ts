/** Messages of a script that may be undone: until it has ended, or nothing is kept any more. */
import type { ScriptEnd } from "./key_events.ts";

/** What a message takes of memory while it waits, beside its bytes: about. */
const MESSAGE_SIZE = 200;

/** What is kept of the script: Undo. */
export interface KeptScript {
  /** Whether there is anything to undo. */
  readonly hasChanged: boolean;
  /** More is kept, of about so many bytes. */
  add(size: number): void;
}

export class HeldMessages implements ScriptEnd {
  private readonly sends: (() => void)[] = [];
  private readonly script: KeptScript;

  constructor(script: KeptScript) {
    this.script = script;
  }

  get hasChanged(): boolean {
    return this.sends.length > 0 || this.script.hasChanged;
  }

  afterwards(send: () => void, size: number): void {
    this.sends.push(send);
    this.script.add(MESSAGE_SIZE + size);
  }

  /** Sends them, in their order. */
  release(): void {
    if (this.sends.length > 0) for (const send of this.sends.splice(0)) send();
  }

  /** None of it has happened. */
  drop(): void {
    this.sends.length = 0;
  }
}
