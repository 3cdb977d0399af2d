/** Mounts, namespaces, host names. */
import {
  MNT_DETACH,
  MS_BIND,
  MS_MOVE,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from '../../../../linux/index.ts';
import { ADDRESS, type FlagTable, flagNames } from '../values.ts';
import { cloneFlagNames } from './processes.ts';
import { type Formats, filled, shown } from './types.ts';

const mountFlags: FlagTable = [
  [MS_RDONLY, 'MS_RDONLY'],
  [MS_NOSUID, 'MS_NOSUID'],
  [MS_NODEV, 'MS_NODEV'],
  [MS_NOEXEC, 'MS_NOEXEC'],
  [MS_REMOUNT, 'MS_REMOUNT'],
  [MS_BIND, 'MS_BIND'],
  [MS_MOVE, 'MS_MOVE'],
  [MS_REC, 'MS_REC'],
  [MS_UNBINDABLE, 'MS_UNBINDABLE'],
  [MS_PRIVATE, 'MS_PRIVATE'],
  [MS_SLAVE, 'MS_SLAVE'],
  [MS_SHARED, 'MS_SHARED'],
];

type Calls = 'mount' | 'umount' | 'pivot_root' | 'unshare' | 'setns' | 'setnsfd' | 'uname' | 'sethostname';

export const namespaceFormats: Formats<Calls> = {
  mount(show, _, source, target, type, flags, data) {
    const orNull = (text: string) => (text === '' ? 'NULL' : show.path(text));
    const options = data === '' ? 'NULL' : show.text(data);
    return shown(
      'mount',
      orNull(source),
      show.path(target),
      orNull(type),
      flagNames(flags, mountFlags),
      options,
    );
  },
  umount: (show, _, target, flags = 0) =>
    shown('umount2', show.path(target), flagNames(flags, [[MNT_DETACH, 'MNT_DETACH']])),
  pivot_root: (show, _, newRoot, putOld) => shown('pivot_root', show.path(newRoot), show.path(putOld)),
  unshare: (_show, _done, flags) => shown('unshare', cloneFlagNames(flags)),
  /** By a pidfd in Linux, of which there are none here: as strace -yy shows what one stands for. */
  setns: (_show, _done, pid, flags) => shown('setns', `<pid:${pid}>`, cloneFlagNames(flags)),
  setnsfd: (show, _, fd, type) => shown('setns', show.fd(fd), cloneFlagNames(type)),
  uname(show, done) {
    const text = done
      ? `{sysname=${show.path(done.value.sysname)}, nodename=${show.path(done.value.nodename)}, ...}`
      : ADDRESS;
    return filled(0, shown('uname', text), '0');
  },
  sethostname: (show, _, name) => shown('sethostname', show.text(name), name.length),
};
