/** hostname(1) 3.23: the host's name, what the resolver makes of it, and the host's addresses. */
import { isOsError } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { LOOKUP_ERRORS, lookupHost } from '../../../linux/net/names.ts';
import { rtnetlink } from '../../../linux/net/netlink/requests.ts';
import { formatIpv4 } from '../../../network/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { complain, orNull } from '../support.ts';

/** Those of all interfaces that are up, the loopback apart: what -I prints, a blank behind each. */
function* allAddresses(): Sys<string> {
  const links = (yield* orNull(() => rtnetlink('RTM_GETLINK', null))) ?? [];
  const shown = links.filter(({ up, kind }) => up && kind !== 'loopback');
  const addresses = shown.length === 0 ? [] : yield* rtnetlink('RTM_GETADDR', null);
  return shown
    .flatMap((link) => addresses.filter(({ index }) => index === link.index))
    .map(({ address }) => `${formatIpv4(address)} `)
    .join('');
}

function* setName(name: string): Sys<number> {
  try {
    yield* sys.sethostname(name);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const long = error.code === 'EINVAL';
    yield* complain('hostname', long ? 'name too long' : 'you must be root to change the host name');
    return 1;
  }
  return 0;
}

/** Of several options the last one counts. */
function* run(parsed: Parsed): Sys<number> {
  const [name] = parsed.operands;
  const wanted = parsed.order.at(-1);
  if (name !== undefined && wanted === undefined) return yield* setName(name);
  const { nodename } = yield* sys.uname();
  const print = function* (text: string): Sys<number> {
    yield* writeAll(1, `${text}\n`);
    return 0;
  };
  if (wanted === undefined) return yield* print(nodename);
  if (wanted === 'short') return yield* print(nodename.replace(/\..*/, ''));
  if (wanted === 'all-ip-addresses') return yield* print(yield* allAddresses());
  const found = yield* lookupHost(nodename);
  if (found.kind !== 'found') {
    yield* complain('hostname', LOOKUP_ERRORS[found.kind]);
    return 1;
  }
  if (wanted === 'ip-address') return yield* print(found.addresses.map(formatIpv4).join(' '));
  if (wanted === 'fqdn' || wanted === 'long') return yield* print(found.name);
  const domain = /\.(.*)/.exec(found.name)?.[1];
  return domain === undefined ? 0 : yield* print(domain);
}

export const hostnameCommand: CommandSpec = {
  name: 'hostname',
  usage: '[-d|-f|-i|-I|-s] [NAME]',
  summary: 'Print or set the host name, or print the addresses of the host.',
  usageStatus: 255,
  options: [
    { short: 'd', long: 'domain', help: 'DNS domain name' },
    { short: 'f', long: 'fqdn', help: 'long host name (FQDN)' },
    { long: 'long', help: 'as -f' },
    { short: 'i', long: 'ip-address', help: 'addresses for the host name' },
    { short: 'I', long: 'all-ip-addresses', help: 'all addresses for the host' },
    { short: 's', long: 'short', help: 'short host name' },
  ],
  run,
};
