/** `tcpdump -D`: what can be captured on. */
import { type Sys, writeAll } from '../../../../linux/index.ts';
import type { LinkInfo } from '../../../../linux/net/netlink/requests.ts';
import { readLinks } from '../links.ts';

interface Listed {
  readonly text: string;
  /** The less, the better (`get_figure_of_merit`, pcap.c of libpcap). */
  readonly merit: number;
}

const ANY: Listed = {
  text: 'any (Pseudo-device that captures on all interfaces) [Up, Running]',
  merit: 1,
};

function listed({ name, kind, up, carrier, operState }: LinkInfo): Listed {
  const running = up && (operState === 'UP' || operState === 'UNKNOWN');
  const loopback = kind === 'loopback';
  // Whether somebody is at the other end: the loopback device has none, and a dummy's driver does not say.
  const connected = loopback || kind === 'dummy' ? null : up && carrier;
  const words = [
    ...(up ? ['Up'] : []),
    ...(running ? ['Running'] : []),
    ...(loopback ? ['Loopback'] : []),
    ...(up || loopback ? [] : ['none']),
    ...(connected === null ? [] : [connected ? 'Connected' : 'Disconnected']),
  ];
  const merit = (running ? 0 : 16) + (up ? 0 : 8) + (connected === false ? 4 : 0) + (loopback ? 2 : 0);
  return { text: `${name} [${words.join(', ')}]`, merit };
}

export function* listDevices(): Sys<number> {
  const all = [...(yield* readLinks()).all.map(listed), ANY].sort((a, b) => a.merit - b.merit);
  yield* writeAll(1, all.map(({ text }, i) => `${i + 1}.${text}\n`).join(''));
  return 0;
}
