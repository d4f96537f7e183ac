import { expect, test } from "bun:test";
import { ByteText } from "../../../src/base/byte_text.ts";
import { type Field, FieldLines, shownValue } from "../../../src/commands/server/field_lines.ts";
import { Random } from "../../fuzz/random.ts";

const plain = (fields: readonly Field[]) =>
  fields.map((field) => `${field[0]}:${shownValue(field)}\r\n`).join("");
const hundredths = (value: number) => value.toFixed(2);

test("lines of INFO are the same, whatever was written before them", () => {
  const random = new Random(17);
  const lines = new FieldLines();
  const text = new ByteText();
  const values = ["", "ok", "a text of some more characters than are copied one by one", 0, -7];
  let fields: Field[] = [];
  for (let round = 0; round < 2000; round++) {
    const count = random.below(12);
    fields = Array.from({ length: count }, (_, i): Field => {
      if (i < fields.length && random.below(3) > 0) return fields[i];
      const value = random.below(2) === 0 ? random.below(1e9) / 8 : values[random.below(5)];
      const name = `field_${random.below(3) === 0 ? random.below(20) : i}`;
      return random.below(4) === 0 ? [name, random.below(3), hundredths] : [name, value];
    });
    text.clear();
    text.add("# Title\r\n");
    lines.write(fields, text);
    expect(text.toString()).toBe(`# Title\r\n${plain(fields)}`);
  }
});
