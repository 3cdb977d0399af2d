/** ss -s: how many sockets there are, as print_summary of iproute2's misc/ss.c reckons it from /proc/net/sockstat. */
import { decodeUtf8 } from '../../../../base/index.ts';
import { readFile, type Sys } from '../../../../linux/index.ts';
import { readSockets } from '../../../../linux/net/netlink/socketRequests.ts';

/** `TCP: inuse 5 orphan 0` as `TCP inuse` → 5 and so on. */
function countsIn(text: string): (name: string) => number {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [group = '', ...words] = line.split(/:? /);
    for (let i = 0; i + 1 < words.length; i += 2) counts.set(`${group} ${words[i]}`, Number(words[i + 1]));
  }
  return (name) => counts.get(name) ?? 0;
}

export function* summary(): Sys<string> {
  const count = countsIn(decodeUtf8(yield* readFile('/proc/net/sockstat')));
  // CurrEstab of the TCP MIB counts those whose peer has closed as well.
  const established = (yield* readSockets()).filter(
    ({ protocol, state }) => protocol === 'tcp' && (state === 'ESTABLISHED' || state === 'CLOSE-WAIT'),
  ).length;
  const [tcp, timeWait, allocated] = [count('TCP inuse'), count('TCP tw'), count('TCP alloc')];
  const [raw, udp] = [count('RAW inuse'), count('UDP inuse')];
  // There is no IPv6.
  const line = (name: string, all: number) =>
    `${name}\t  ${`${all}`.padEnd(9)} ${`${all}`.padEnd(9)} ${'0'.padEnd(9)}\n`;
  return [
    `Total: ${count('sockets used')}\n`,
    `TCP:   ${allocated + timeWait} (estab ${established}, closed ${allocated - (tcp - timeWait)}, orphaned ${count('TCP orphan')}, timewait ${timeWait})\n`,
    '\nTransport Total     IP        IPv6\n',
    ...[line('RAW', raw), line('UDP', udp), line('TCP', tcp), line('INET', raw + udp + tcp)],
    `${line('FRAG', count('FRAG inuse'))}\n`,
  ].join('');
}
