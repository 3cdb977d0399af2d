/** docker-proxy: holds a published port of the host for what the packet filter does not translate (moby's cmd/docker-proxy). */
import { type Program, sys, writeAll } from '../../linux/index.ts';
import { relayDatagrams } from './datagrams.ts';
import { PROXY_LISTENER } from './paths.ts';
import { Relay } from './relay.ts';

function addressOf(text: string): number {
  return text.split('.').reduce((address, part) => address * 256 + Number(part), 0);
}

export const dockerProxy: Program = function* ({ argv }) {
  const value = (flag: string) => argv[argv.indexOf(flag) + 1] ?? '';
  if (!argv.includes('-use-listen-fd')) {
    yield* writeAll(2, 'docker-proxy: started by the daemon, with the socket of the port\n');
    return 1;
  }
  for (const signal of ['INT', 'TERM', 'CHLD', 'PIPE'] as const)
    yield* sys.sigaction(signal, signal === 'PIPE' ? 'ignore' : 'default');
  const target = {
    family: 'inet',
    address: addressOf(value('-container-ip')),
    port: Number(value('-container-port')),
  } as const;
  return value('-proto') === 'udp'
    ? yield* relayDatagrams(PROXY_LISTENER, target)
    : yield* new Relay(PROXY_LISTENER, target).serve();
};
