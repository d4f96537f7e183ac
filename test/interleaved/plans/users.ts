/** Purpose: users and their rules, changed while their clients are at work. */

import type { Scene, Turn } from "../scene.ts";
import type { Words } from "../step.ts";
import { templates } from "../words.ts";

const RULES = [
  ...["on", "on", "off", "nopass", "resetpass", ">p1", ">p2", "<p1", "reset"],
  ...["~*", "~s*", "~l?", "%R~s*", "%W~l*", "%RW~h*", "allkeys", "resetkeys", "~nosuch"],
  ...["&*", "&c*", "&c1", "allchannels", "resetchannels", "&__key*"],
  ...["+@all", "+@all", "-@all", "allcommands", "nocommands", "+get", "-get", "+set", "+@read"],
  ...["-@write", "+@string", "-@dangerous", "+@pubsub", "-@list", "+client", "-client|kill"],
  ...["+config|get", "+select|0", "-select", "+acl|whoami", "-@transaction", "-eval", "+multi"],
  ...["(~z* +@sortedset)", "(%R~s* +get &c2)", "(+publish &c*)", "clearselectors"],
];
const WRONG = ["+nosuch", "~", "&", "@x", "<none", "(+get", "+select|1|2", "#00", "%X~a", ""];

const ALONE = templates(`
  AUTH @u p1
  AUTH @u p2
  AUTH @u wrong
  AUTH default x
  AUTH p1
  HELLO 3 AUTH @u p1
  HELLO 2 AUTH @u wrong
  ACL WHOAMI
  ACL WHOAMI
  ACL DELUSER @u
  ACL DELUSER nosuch
  ACL GETUSER @u
  ACL LIST
  ACL USERS
  ACL DRYRUN @u GET @s
  ACL DRYRUN @u SET @k @v
  ACL DRYRUN @u PUBLISH @c @v
  ACL DRYRUN @u COPY @k @k
  ACL LOG
  ACL LOG 2
  ACL LOG RESET
  CLIENT LIST ID @id @id
  CLIENT KILL USER @u
  CLIENT INFO
`);

function rules(scene: Scene, user: string): Words {
  const { random } = scene;
  const some = Array.from({ length: random.between(1, 4) }, () =>
    random.pick(random.chance(0.97) ? RULES : WRONG),
  );
  return scene.fill(["ACL", "SETUSER", user, ...some]);
}

/** Some log in, and what they may do changes. */
export const users = {
  open(scene: Scene): void {
    const { random } = scene;
    for (const user of ["alice", "bob"]) {
      const rest = random.pick([["allcommands"], ["+@all", "-@write"], ["+@read", "+@pubsub"]]);
      const keys = random.pick(["~*", "~s*", "%R~*"]);
      const channels = random.pick(["&*", "&c1", "resetchannels"]);
      scene.next(0, ["ACL", "SETUSER", user, "on", ">p1", keys, channels, ...rest]);
    }
  },
  plan(scene: Scene, connection: number): Turn[] {
    const { random } = scene;
    return random.weighted<() => Turn[]>([
      [4, () => [rules(scene, "@u")]],
      [0.3, () => [rules(scene, "default"), ["ACL", "WHOAMI"]]],
      [
        3,
        () => {
          const name = random.pick(["alice", "bob"]);
          const count = random.between(1, 5);
          const work = Array.from({ length: count }, () => scene.data());
          return [["AUTH", name, "p1"], ...work, ["AUTH", "default", "x"]];
        },
      ],
      [
        1,
        () => {
          scene.next(scene.other(connection), rules(scene, "@u"));
          const work = [scene.data(), scene.data()];
          return [scene.fill(["AUTH", "@u", "p1"]), ["MULTI"], ...work, ["EXEC"]];
        },
      ],
      [6, () => [scene.fill(random.pick(ALONE))]],
    ])();
  },
};
