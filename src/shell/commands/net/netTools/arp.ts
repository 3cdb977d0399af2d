/** arp(8) of net-tools: the neighbours that have been met, and those given by hand. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { nameOf } from '../../../../linux/net/names.ts';
import { type NeighbourInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { formatIpv4, parseMac } from '../../../../network/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { readLinks } from '../links.ts';
import { answering, Refused } from '../words.ts';
import { addressOf } from './addresses.ts';
import { VERSION } from './version.ts';

/** -1 as a byte. */
const FAILED = 255;

const linuxLine = (name: string, { mac, state }: NeighbourInfo, device: string): string => {
  const hardware =
    mac === null ? `${''.padEnd(8)}${'(incomplete)'.padEnd(20)}` : `${'ether'.padEnd(8)}${mac.padEnd(20)}`;
  const flags = mac === null ? '' : state === 'PERMANENT' ? 'CM' : 'C';
  return `${name.slice(0, 23).padEnd(23)}  ${hardware}${flags.padEnd(6)}${''.padEnd(15)} ${device}\n`;
};

const bsdLine = (name: string, { address, mac, state }: NeighbourInfo, device: string): string => {
  const at = mac === null ? '<incomplete>' : `${mac} [ether]`;
  return `${name} (${formatIpv4(address)}) at ${at} ${state === 'PERMANENT' ? 'PERM ' : ''}on ${device}\n`;
};

function* show(parsed: Parsed, wanted: string | undefined): Sys<number> {
  const links = yield* readLinks();
  const address = wanted === undefined ? null : yield* addressOf(wanted, FAILED);
  const device = parsed.value('device');
  const all = yield* rtnetlink('RTM_GETNEIGH', null);
  const shown = all.filter(
    (each) =>
      (address === null || each.address === address) &&
      (device === null || links.name(each.index) === device),
  );
  const bsd = parsed.has('all') && !parsed.has('e');
  let text =
    bsd || shown.length === 0
      ? ''
      : 'Address                  HWtype  HWaddress           Flags Mask            Iface\n';
  for (const each of shown) {
    const name = parsed.has('numeric') ? null : yield* nameOf(each.address);
    const at = links.name(each.index);
    text += bsd ? bsdLine(name ?? '?', each, at) : linuxLine(name ?? formatIpv4(each.address), each, at);
  }
  const [entries, found] = [all.length, shown.length];
  if (parsed.has('verbose')) text += `Entries: ${entries}\tSkipped: ${entries - found}\tFound: ${found}\n`;
  if (found === 0 && address !== null && !parsed.has('all'))
    text += `${wanted} (${formatIpv4(address)}) -- no entry\n`;
  else if (found === 0 && (address !== null || device !== null))
    text += `arp: in ${entries} entries no match found.\n`;
  yield* writeAll(1, text);
  return 0;
}

/** `temp` and `dev DEVICE`. Throws UsageError. */
function modifiers(words: readonly string[], parsed: Parsed) {
  let temporary = false;
  let device = parsed.value('device');
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === 'temp') temporary = true;
    else if (word === 'dev' && words[at + 1] !== undefined) device = words[++at]!;
    else if (['auto', 'dontpub', 'netmask', 'priv', 'pub', 'trail'].includes(word))
      throw new UsageError(`the word "${word}" is not simulated`);
    else throw new UsageError(`one word too many: '${word}'`);
  }
  return { temporary, device };
}

/** Makes a request; what the kernel refuses is told by the request's name. */
function* request(name: string, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`${name}: ${strerror(error.code)}`, FAILED);
  }
}

/** The device that leads to a neighbour, or the one that was named: ENODEV. */
function* indexFor(address: number, device: string | null): Sys<number> {
  if (device === null) return (yield* rtnetlink('RTM_LOOKUP', { destination: address })).device;
  const [link] = yield* rtnetlink('RTM_GETLINK', { name: device });
  return link!.index;
}

function* set(parsed: Parsed, [host, hardware, ...rest]: readonly string[]): Sys<number> {
  if (host === undefined) throw new Refused('arp: need host name', FAILED);
  const address = yield* addressOf(host, FAILED);
  if (hardware === undefined) throw new Refused('arp: need hardware address', FAILED);
  const mac = parseMac(hardware);
  if (mac === null) throw new Refused('arp: invalid hardware address', FAILED);
  const { temporary, device } = modifiers(rest, parsed);
  return yield* request('SIOCSARP', function* () {
    const index = yield* indexFor(address, device);
    const state = temporary ? 'STALE' : 'PERMANENT';
    yield* rtnetlink('RTM_NEWNEIGH', { index, address, mac, state, create: true, exclusive: false });
    return 0;
  });
}

function* remove(parsed: Parsed, [host, ...rest]: readonly string[]): Sys<number> {
  if (host === undefined) throw new Refused('arp: need host name', FAILED);
  const address = yield* addressOf(host, FAILED);
  const { device } = modifiers(rest, parsed);
  return yield* request('SIOCDARP(dontpub)', function* () {
    try {
      const index = yield* indexFor(address, device);
      yield* rtnetlink('RTM_DELNEIGH', { index, address });
      return 0;
    } catch (error) {
      if (!isOsError(error, 'ENOENT', 'ENXIO')) throw error;
      yield* writeAll(1, `No ARP entry for ${host}\n`);
      return FAILED;
    }
  });
}

function* run(parsed: Parsed): Sys<number> {
  for (const other of ['file', 'use-device', 'symbolic', 'hw-type', 'protocol'])
    if (parsed.has(other)) throw new UsageError(`the option "${other}" is not simulated`);
  if (parsed.has('version')) {
    yield* writeAll(2, `${VERSION}\n`);
    return 0;
  }
  if (parsed.has('set')) return yield* set(parsed, parsed.operands);
  if (parsed.has('delete')) return yield* remove(parsed, parsed.operands);
  return yield* show(parsed, parsed.operands[0]);
}

export const arpCommand: CommandSpec = {
  name: 'arp',
  usage: '[-vn] [-i DEVICE] [-a | -e] [HOST] | -s HOST MAC [temp] | -d HOST',
  summary: 'Show which MAC addresses are known of the hosts on a link, or set or forget one.',
  usageStatus: 3,
  options: [
    { short: 'a', long: 'all', help: 'in the style of BSD' },
    { short: 'd', long: 'delete', help: 'forget what is known of HOST' },
    { short: 'e', help: 'in the style of Linux, as is done anyhow' },
    { short: 'i', long: 'device', argument: 'DEVICE', help: 'on this device only' },
    { short: 'n', long: 'numeric', help: 'numbers instead of names' },
    { short: 's', long: 'set', help: 'set the MAC address of HOST' },
    { short: 'v', long: 'verbose', help: 'count them as well' },
    { short: 'V', long: 'version', help: 'tell the version' },
    { short: 'A', long: 'protocol', argument: 'FAMILY', help: 'not simulated' },
    { short: 'D', long: 'use-device', help: 'not simulated' },
    { short: 'f', long: 'file', help: 'not simulated' },
    { short: 'H', long: 'hw-type', argument: 'TYPE', help: 'not simulated' },
    { short: 'N', long: 'symbolic', help: 'not simulated' },
  ],
  run: (parsed) => answering(1, () => run(parsed)),
};
