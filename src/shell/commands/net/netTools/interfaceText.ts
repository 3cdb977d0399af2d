/** An interface as ifconfig and `netstat -i` print it (lib/interface.c of net-tools 2.10). */
import { formatIpv4, netmask } from '../../../../network/index.ts';
import { flagLetters, flagsText, type Interface } from './interfaces.ts';

/** Bytes with one digit after the point, which is cut off and not rounded. */
function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  while (unit + 1 < units.length && bytes > 1024 ** (unit + 1)) unit++;
  const tenths = Math.floor((bytes * 10) / 1024 ** unit);
  return `${bytes} (${Math.floor(tenths / 10)}.${tenths % 10} ${units[unit]})`;
}

/** The block of an interface, with an empty line behind it. An alias has its device's numbers, which are not shown again. */
export function longText({ name, link, address }: Interface): string {
  const loopback = link.kind === 'loopback';
  const { statistics: s } = link;
  const broadcast = loopback ? '' : `  broadcast ${formatIpv4(address?.broadcast ?? 0)}`;
  const lines = [
    `${name}: flags=${flagsText(link)}  mtu ${link.mtu}`,
    ...(address === null
      ? []
      : [
          `        inet ${formatIpv4(address.address)}  netmask ${formatIpv4(netmask(address.length))}${broadcast}`,
        ]),
    loopback
      ? `        loop  txqueuelen ${link.queueLength}  (Local Loopback)`
      : `        ether ${link.mac}  txqueuelen ${link.queueLength}  (Ethernet)`,
    ...(name !== link.name
      ? []
      : [
          `        RX packets ${s.rxPackets}  bytes ${bytesText(s.rxBytes)}`,
          `        RX errors ${s.rxErrors}  dropped ${s.rxDropped}  overruns 0  frame 0`,
          `        TX packets ${s.txPackets}  bytes ${bytesText(s.txBytes)}`,
          `        TX errors ${s.txErrors}  dropped ${s.txDropped} overruns 0  carrier 0  collisions 0`,
        ]),
  ];
  return lines
    .map((line) => `${line}\n`)
    .join('')
    .concat('\n');
}

/** Above the columns of {@link shortText}; `netstat -i` and `ifconfig -s` leave different room for the name. */
export const shortTitle = (name: string) =>
  `${name}MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n`;

/** A line for an interface. */
export function shortText({ name, link }: Interface): string {
  const { statistics: s } = link;
  const column = (value: number, width: number) => `${value}`.padStart(width);
  const head = `${name.padEnd(16)}${column(link.mtu, 5)}`;
  const counted =
    name === link.name
      ? ` ${column(s.rxPackets, 8)} ${column(s.rxErrors, 6)} ${column(s.rxDropped, 6)} ${'0'.padEnd(6)}` +
        ` ${column(s.txPackets, 8)} ${column(s.txErrors, 6)} ${column(s.txDropped, 6)} ${column(0, 6)} `
      : '      - no statistics available -                        ';
  return `${head}${counted}${flagLetters(link)}\n`;
}
