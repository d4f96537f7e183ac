/** What a client may have beyond its connection: the one list of it, in the order of telling. */
import { type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Reply } from "../protocol/reply.ts";

/** Where the features live. */
export interface FeatureOwners {
  readonly pause: ClientFeature;
  readonly backlog: ClientFeature;
  readonly blocked: ClientFeature;
  readonly dispatcher: { readonly monitors: ClientFeature };
  readonly pubsub: ClientFeature;
  readonly keyspace: Keyspace;
  readonly tracking: ClientFeature;
  readonly reply: Reply;
  readonly access: { welcome(client: Client): void };
}

export function clientFeatures(owners: FeatureOwners): readonly ClientFeature[] {
  const { pause, backlog, blocked, dispatcher, pubsub, keyspace, reply, access } = owners;
  return [
    pause,
    backlog,
    blocked,
    {
      // Watched keys.
      left: (client) => keyspace.unwatch(client),
      reset: (client) => keyspace.unwatch(client),
    },
    dispatcher.monitors,
    pubsub,
    owners.tracking,
    ofClientOnly((client) => client.closeQueue()),
    ofClientOnly((client) => access.welcome(client)),
    // CLIENT REPLY
    ofClientOnly((client) => client.setSilence(0)),
    // CLIENT NO-TOUCH
    ofClientOnly((client) => {
      client.noTouch = false;
      client.setGate(Gate.noTouch, false);
    }),
    ofClientOnly((client) => {
      client.name = "";
    }),
    ofClientOnly((client) => {
      client.db = keyspace.databases[0];
    }),
    ofClientOnly((client) => {
      client.protocol = 2;
      // RESET itself is answered in it.
      reply.protocol = 2;
    }),
  ];
}

/** What is nowhere but in the client, and goes with it. */
function ofClientOnly(reset: (client: Client) => void): ClientFeature {
  return { left: () => {}, reset };
}
