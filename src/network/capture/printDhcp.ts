/** BOOTP and DHCP messages in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { type DhcpMessage, dhcpType, parseDhcp } from '../dhcp/message.ts';
import { optionLines } from './printDhcpOptions.ts';

export function dhcpText(data: Uint8Array, verbose: boolean): string {
  const message = parseDhcp(data);
  if (message === null)
    return `BOOTP/DHCP, unknown (0x${(data[0] ?? 0).toString(16).padStart(2, '0')}), length ${data.length}`;
  const who = message.reply ? 'Reply' : `Request from ${message.mac}`;
  const line = `BOOTP/DHCP, ${who}, length ${data.length}`;
  return verbose ? line + details(message) : line;
}

function details(message: DhcpMessage): string {
  const flags = message.broadcast ? 'Broadcast' : 'none';
  const seconds = message.seconds === 0 ? '' : `, secs ${message.seconds}`;
  const lines = [`, xid 0x${message.transaction.toString(16)}${seconds}, Flags [${flags}]`];
  const addresses: readonly (readonly [string, number])[] = [
    ['Client-IP', message.clientAddress],
    ['Your-IP', message.yourAddress],
    ['Server-IP', message.nextServer],
    ['Gateway-IP', message.relay],
  ];
  for (const [name, address] of addresses)
    if (address !== 0) lines.push(`\t  ${name} ${formatIpv4(address)}`);
  lines.push(`\t  Client-Ethernet-Address ${message.mac}`);
  if (message.serverName !== '') lines.push(`\t  sname "${message.serverName}"`);
  if (message.bootFile !== '') lines.push(`\t  file "${message.bootFile}"`);
  if (dhcpType(message) !== null) {
    lines.push('\t  Vendor-rfc1048 Extensions', '\t    Magic Cookie 0x63825363', ...optionLines(message));
  }
  return lines.join('\n');
}
