/** Taking over another user's identity, as sudo(8) and su(1) do. */
import { type Sys, sys } from '../../../linux/index.ts';
import { type Account, groupsOf } from '../support.ts';

/** For good, with all the groups that the user is in. */
export function* become(target: Account): Sys<void> {
  yield* sys.setgroups(yield* groupsOf(target));
  yield* sys.setgid(target.gid);
  yield* sys.setuid(target.uid);
}
