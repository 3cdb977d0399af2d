/** The shape of a message's handler, and what most of them need. */
import { OsError } from '../../../base/index.ts';
import type { NetworkDevice, NetworkNamespace } from '../../../network/index.ts';
import { requireCapable } from '../../credentials/credentials.ts';
import { NamespaceFile } from '../../files/namespaceFile.ts';
import type { Task } from '../../tasks/task.ts';
import type { HostNamespace } from '../socketFile.ts';
import type { NamespaceName, RouteMessage, RouteMessages } from './requests.ts';

type Handler<M extends RouteMessage> = (
  space: HostNamespace,
  argument: RouteMessages[M]['argument'],
  task: Task,
) => RouteMessages[M]['answer'];

/** The handlers of some messages. */
export type MessageHandlers<M extends RouteMessage> = { readonly [Name in M]: Handler<Name> };

/** Throws ENODEV. */
export function deviceOf(network: NetworkNamespace, index: number): NetworkDevice {
  const device = network.deviceByIndex(index);
  if (device === null) throw new OsError('ENODEV');
  return device;
}

/** The namespace of a process, or of a file. Throws ESRCH, EBADF, EINVAL. */
export function spaceOf(task: Task, name: NamespaceName): HostNamespace {
  if ('fd' in name) {
    const file = task.fds.get(name.fd);
    if (!(file instanceof NamespaceFile) || file.namespace.kind !== 'net') throw new OsError('EINVAL');
    return file.namespace as HostNamespace;
  }
  const other = task.namespaces.pid.tasks.get(name.pid);
  if (other === undefined || !other.alive) throw new OsError('ESRCH');
  return other.namespaces.net as HostNamespace;
}

/** As {@link spaceOf}, and CAP_NET_ADMIN is needed there as well: EPERM (`rtnl_link_get_net_capable`, net/core/rtnetlink.c). */
export function spaceToChange(task: Task, name: NamespaceName): HostNamespace {
  const space = spaceOf(task, name);
  requireCapable(task.credentials, space.userNs, 'CAP_NET_ADMIN');
  return space;
}
