/** Writing to /proc/PID/uid_map, gid_map and setgroups: user_namespaces(7), and map_write() of kernel/user_namespace.c. */
import { OsError } from '../../base/index.ts';
import { type Credentials, capable } from './credentials.ts';
import { IdMap, type IdRange, parseIdMap } from './idMap.ts';
import type { UserNamespace } from './userNamespace.ts';

type IdKind = 'uid' | 'gid';

/** A page: what is longer is refused. */
const LONGEST = 4096;

/** `writer` is who opened the file. Throws EPERM, EINVAL. */
export function writeIdMap(ns: UserNamespace, kind: IdKind, text: string, writer: Credentials): void {
  const { parent } = ns;
  if (parent === null || (writer.userNs !== ns && writer.userNs !== parent)) throw new OsError('EPERM');
  if (text.length >= LONGEST) throw new OsError('EINVAL');
  const before = kind === 'uid' ? ns.uidMap : ns.gidMap;
  if (before.isSet || !capable(writer, ns, 'CAP_SYS_ADMIN')) throw new OsError('EPERM');
  const ranges = parseIdMap(text);
  if (ranges === null) throw new OsError('EINVAL');
  if (!mayMap(ns, parent, kind, ranges, writer)) throw new OsError('EPERM');
  const above = kind === 'uid' ? parent.uidMap : parent.gidMap;
  const host = ranges.map((range) => {
    const outside = above.rangeOutward(range.outside, range.count);
    if (outside === null) throw new OsError('EPERM');
    return { ...range, outside };
  });
  if (kind === 'uid') ns.uidMap = new IdMap(host);
  else ns.gidMap = new IdMap(host);
}

/** Oneself may be mapped by everybody, groups where setgroups(2) is off; the rest needs CAP_SETUID or CAP_SETGID in the parent. */
function mayMap(
  ns: UserNamespace,
  parent: UserNamespace,
  kind: IdKind,
  ranges: readonly IdRange[],
  writer: Credentials,
): boolean {
  if (kind === 'uid' && !mayMapRoot(ns, parent, ranges, writer)) return false;
  const [only] = ranges;
  if (ranges.length === 1 && only!.count === 1 && writer.euid === ns.owner) {
    if (kind === 'uid' && parent.hostUid(only!.outside) === writer.euid) return true;
    if (kind === 'gid' && !ns.setgroupsAllowed && parent.hostGid(only!.outside) === writer.egid) return true;
  }
  return capable(writer, parent, kind === 'uid' ? 'CAP_SETUID' : 'CAP_SETGID');
}

/** The parent's user 0 in a namespace could give files capabilities that count in the parent. */
function mayMapRoot(
  ns: UserNamespace,
  parent: UserNamespace,
  ranges: readonly IdRange[],
  writer: Credentials,
): boolean {
  if (!ranges.some(({ outside }) => outside === 0)) return true;
  return writer.userNs === ns ? ns.makerHadSetfcap : capable(writer, parent, 'CAP_SETFCAP');
}

/** `allow` or `deny`; denied stays so, and after the groups are mapped nothing can be denied any more. Throws EPERM, EINVAL, EACCES. */
export function writeSetgroups(ns: UserNamespace, text: string, writer: Credentials): void {
  // The kernel asks at open(2).
  if (!capable(writer, ns, 'CAP_SYS_ADMIN')) throw new OsError('EACCES');
  const word = text.trimEnd();
  if (text.length > 7 || (word !== 'allow' && word !== 'deny')) throw new OsError('EINVAL');
  if (word === 'allow') {
    if (!ns.setgroupsAllowed) throw new OsError('EPERM');
  } else {
    if (ns.gidMap.isSet) throw new OsError('EPERM');
    ns.setgroupsAllowed = false;
  }
}
