/**
 * Which variable a name is at each place. One table has what is visible now; leaving a scope takes
 * back what it declared. So a look-up costs the same however deep the scopes are nested.
 */
import type { Binding } from "../tree.ts";

interface Declared {
  readonly name: string;
  /** What the name was outside. */
  readonly hidden: Binding | undefined;
}

export class Scopes {
  /** The number of the innermost scope. */
  current = 0;
  private count = 0;
  private readonly visible = new Map<string, Binding>();
  private readonly declared: Declared[] = [];

  find(name: string): Binding | undefined {
    return this.visible.get(name);
  }

  /** What the innermost scope itself has by this name. */
  own(name: string): Binding | undefined {
    const binding = this.visible.get(name);
    return binding?.scope === this.current ? binding : undefined;
  }

  add(binding: Binding): void {
    this.declared.push({ name: binding.name, hidden: this.visible.get(binding.name) });
    this.visible.set(binding.name, binding);
  }

  /** Carries `body` out in a scope of its own. */
  within(body: () => void): void {
    const outer = this.current;
    const count = this.declared.length;
    this.current = ++this.count;
    body();
    while (this.declared.length > count) {
      const { name, hidden } = this.declared.pop() as Declared;
      if (hidden === undefined) this.visible.delete(name);
      else this.visible.set(name, hidden);
    }
    this.current = outer;
  }
}
