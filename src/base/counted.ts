/** A count with its noun, as it is told to a person: "1 key", "2 keys", "1 entry", "0 entries". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
