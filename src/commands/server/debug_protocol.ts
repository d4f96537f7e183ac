/** DEBUG PROTOCOL: an example of each type of reply, with the values that Redis's tests read. */
import { CommandError } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";

const ONLY_RESP3 = new CommandError("ERR RESP2 is not supported by this command");

const EXAMPLES: Readonly<Record<string, (reply: Reply) => void>> = {
  string: (reply) => reply.bulkText("Hello World"),
  integer: (reply) => reply.integer(12345),
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: it is not meant to be pi
  double: (reply) => reply.double(3.141),
  bignum: (reply) => reply.bigNumber("1234567999999999999999999999999999999"),
  null: (reply) => reply.nil(),
  array: (reply) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  set: (reply) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  map: (reply) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.integer(i);
      reply.boolean(i === 1);
    }
  },
  attrib: (reply) => {
    if (reply.protocol === 3) {
      reply.attribute(1);
      reply.bulkText("key-popularity");
      reply.array(2);
      reply.bulkText("key:123");
      reply.integer(90);
    }
    reply.bulkText("Some real reply following the attribute");
  },
  push: (reply) => {
    if (reply.protocol === 2) throw ONLY_RESP3;
    reply.push(2);
    reply.bulkText("server-cpu-usage");
    reply.integer(42);
    reply.bulkText("Some real reply following the push reply");
  },
  verbatim: (reply) => reply.verbatim("txt", "This is a verbatim\nstring"),
  true: (reply) => reply.boolean(true),
  false: (reply) => reply.boolean(false),
};

const TYPES = Object.keys(EXAMPLES).join("|");
const BAD_TYPE = new CommandError(
  `ERR Wrong protocol type name. Please use one of the following: ${TYPES}`,
);

/** Replies the example of a type; throws when there is no such type. */
export function replyProtocol(reply: Reply, type: string): void {
  if (!Object.hasOwn(EXAMPLES, type)) throw BAD_TYPE;
  EXAMPLES[type](reply);
}
