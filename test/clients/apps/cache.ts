// Keyv, a cache with namespaces whose values expire.

import { createKeyv } from "@keyv/redis";
import { same } from "./same.ts";

const users = createKeyv(process.argv[2], { namespace: "users" });
const others = createKeyv(process.argv[2], { namespace: "others" });
const ann = { name: "ann", tags: ["größe", 1] };

same(await users.set("1", ann, 100_000), true);
same(await users.get("1"), ann);
same(await others.get("1"), undefined);
same(await users.has("1"), true);
same(await users.get("nosuch"), undefined);
await users.set("short", "x", 20);
await new Promise((settle) => setTimeout(settle, 60));
same(await users.get("short"), undefined);
const many = Array.from({ length: 500 }, (_, index) => ({ key: `k${index}`, value: index }));
await users.setMany(many);
same(
  await users.getMany(many.map(({ key }) => key)),
  many.map(({ value }) => value),
);
await others.set("1", "kept");
const names: string[] = [];
for await (const [name] of users.iterator?.(undefined) ?? []) names.push(name as string);
same(names.length, 501);
same(await users.delete("1"), true);
same(await users.delete(["k1", "k2"]), true);
await users.clear();
same(await users.get("k3"), undefined);
same(await others.get("1"), "kept");
await Promise.all([users.disconnect(), others.disconnect()]);
