/** A container's network namespace: a file in /run/docker/netns that the daemon binds it to (libnetwork's osl). */
import { isOsError } from '../../base/index.ts';
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, O_CREAT, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { makeDirs } from '../files.ts';
import { inNamespace, Netlink } from './netlink.ts';

/** Where the files of containers' namespaces are. */
export const SANDBOXES = '/var/run/docker/netns';

export const sandboxKey = (id: string): string => `${SANDBOXES}/${id.slice(0, 12)}`;

/** Makes the namespace at `key`, its loopback device up; a netlink socket of it. */
export function* makeSandbox(key: string): Sys<Netlink> {
  yield* makeDirs(SANDBOXES);
  yield* sys.close(yield* sys.open(key, O_RDONLY | O_CREAT, 0o444));
  const own = yield* sys.open('/proc/self/ns/net', O_RDONLY);
  yield* sys.unshare(CLONE_NEWNET);
  try {
    yield* sys.mount('/proc/self/ns/net', key, 'none', MS_BIND, '');
    const netlink = yield* Netlink.open();
    yield* netlink.request('RTM_SETLINK', { index: 1, up: true });
    return netlink;
  } finally {
    yield* sys.setnsfd(own, CLONE_NEWNET);
    yield* sys.close(own);
  }
}

/** A netlink socket of the namespace at `key`. */
export const openSandbox = (key: string): Sys<Netlink> => inNamespace(key, () => Netlink.open());

/** The namespace goes when nobody is in it any more. */
export function* removeSandbox(key: string): Sys<void> {
  try {
    yield* sys.umount(key, MNT_DETACH);
    yield* sys.unlink(key);
  } catch (error) {
    if (!isOsError(error, 'ENOENT', 'EINVAL')) throw error;
  }
}
