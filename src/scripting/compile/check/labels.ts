/** Which label a name is: names may be used again, one after the other. */
export class Labels {
  private readonly open: { readonly name: string; readonly number: number }[] = [];

  within(name: string, number: number, body: () => void): void {
    this.open.push({ name, number });
    body();
    this.open.pop();
  }

  /** The number of the innermost label of this name. */
  find(name: string): number | undefined {
    return this.open.findLast((label) => label.name === name)?.number;
  }
}
