/** ioctl(2) of drivers, and of netlink sockets: what such a request of this kernel is on Linux. */
import { ADDRESS } from '../values.ts';
import { type Format, filled, type Shown, shown } from './types.ts';

/** By the same names in Linux' headers. Others are the simulation's own and not seen. */
const linuxRequests: ReadonlySet<string> = new Set([
  'FS_IOC_GETFSUUID',
  'KVM_CREATE_VM',
  'KVM_GET_DIRTY_LOG',
  'NS_GET_NSTYPE',
  'NS_GET_OWNER_UID',
  'NS_GET_PARENT',
  'NS_GET_USERNS',
  'TUNSETIFF',
]);

/** Messages of netlink(7) whose names here are others. */
const messages: Readonly<Record<string, string>> = {
  CT_DELETE: 'NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_DELETE',
  CT_GET: 'NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_GET',
  CT_GETSTATS: 'NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_GET_STATS_CPU',
  NFT_BATCH: 'NFNL_MSG_BATCH_BEGIN',
  NFT_GETRULE: 'NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_GETRULE',
  NFT_GETRULESET: 'NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_GETRULE',
  RTM_DELFDB: 'RTM_DELNEIGH',
  RTM_GETFDB: 'RTM_GETNEIGH',
  RTM_LOOKUP: 'RTM_GETROUTE',
  RTM_NEWFDB: 'RTM_NEWNEIGH',
  SOCK_DIAG: 'SOCK_DIAG_BY_FAMILY',
};

function argumentText(argument: unknown): string {
  if (argument === null || argument === undefined) return 'NULL';
  return typeof argument === 'number' ? `0x${argument.toString(16)}` : `{${ADDRESS}}`;
}

const netlinkMessage = (type: string) => `{nlmsg_type=${type}, ...}`;

/** A netlink request and its answer, two calls of Linux, are one here: what is shown is the first. */
function netlink(request: string, fd: string): Shown | null {
  switch (request) {
    case 'NL_RECEIVE':
      return filled(1, shown('recvmsg', fd, `{msg_name={sa_family=AF_NETLINK, ...}, ...}`, 0), ADDRESS);
    case 'RTM_LISTEN':
    case 'CT_LISTEN':
      return { ...shown('bind', fd, '{sa_family=AF_NETLINK, ...}', 12), result: '0' };
  }
  const type = messages[request] ?? (request.startsWith('RTM_') ? request : null);
  if (type === null) return null;
  const call = shown('sendto', fd, netlinkMessage(type), ADDRESS, 0, 'NULL', 0);
  return { ...call, result: ADDRESS };
}

export const ioctl: Format<'ioctl'> = (show, done, fd, request, argument) => {
  // Those of netdevice(7) that configure a device, and ask for its settings.
  const known = linuxRequests.has(request) || request.startsWith('SIOC');
  if (!known) return netlink(request, show.fd(fd));
  const call = shown('ioctl', show.fd(fd), request, argumentText(argument));
  return done ? { ...call, result: typeof done.value === 'number' ? String(done.value) : '0' } : call;
};
