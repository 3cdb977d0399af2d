/** Taking over another user's identity, as sudo(8) and su(1) do. */
import { type Sys, sys } from '../../../linux/index.ts';
import { type Account, groups } from '../support.ts';

/** For good, with all the groups that the user is in. */
export function* become(target: Account): Sys<void> {
  const member = (yield* groups()).filter((group) => group.members.includes(target.name));
  yield* sys.setgroups(member.map((group) => group.gid));
  yield* sys.setgid(target.gid);
  yield* sys.setuid(target.uid);
}
