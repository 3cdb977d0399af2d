/** Names of hosts, as getaddrinfo(3) finds them: in /etc/hosts, then by the servers of /etc/resolv.conf. */
import { formatIpv4, parseInetAton, parseIpv4, reverseName } from '../../network/index.ts';
import type { Sys } from '../program.ts';
import { askServers, resolverConfig } from './resolver.ts';
import { textOf } from './textFile.ts';

interface HostLine {
  readonly address: number;
  readonly names: readonly string[];
}

function* hostLines(): Sys<HostLine[]> {
  return (yield* textOf('/etc/hosts')).split('\n').flatMap((line) => {
    const [first, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = parseIpv4(first ?? '');
    return address === null ? [] : [{ address, names }];
  });
}

/** What is known of a host's name: its addresses, that there are none (EAI_NONAME), or that no server answered (EAI_AGAIN). */
export type Lookup =
  | {
      readonly kind: 'found';
      /** The first name of the line, or the name that the search list made. */
      readonly name: string;
      readonly aliases: readonly string[];
      readonly addresses: readonly number[];
    }
  | { readonly kind: 'unknown' | 'again' };

/** The words of gai_strerror(3). */
export const LOOKUP_ERRORS = {
  unknown: 'Name or service not known',
  again: 'Temporary failure in name resolution',
} as const;

/** By name, or an address as text; waits until `until` (monotonic nanoseconds) at most. */
export function* lookupHost(text: string, until: number | null = null): Sys<Lookup> {
  const literal = parseInetAton(text);
  if (literal !== null) return { kind: 'found', name: text, aliases: [], addresses: [literal] };
  const wanted = text.toLowerCase().replace(/\.$/, '');
  const lines = (yield* hostLines()).filter(({ names }) =>
    names.some((name) => name.toLowerCase() === wanted),
  );
  if (lines.length > 0) {
    const [name = text, ...aliases] = lines[0]!.names;
    return { kind: 'found', name, aliases, addresses: lines.map(({ address }) => address) };
  }
  const config = yield* resolverConfig();
  // The C library asks this host then; nobody is taken to answer there.
  if (config === null) return { kind: 'again' };
  const result = yield* askServers(config, text, 'A', until);
  if (result.kind === 'timeout' || result.kind === 'servfail') return { kind: 'again' };
  if (result.kind !== 'found') return { kind: 'unknown' };
  const addresses = result.records.flatMap(({ data }) => (data.type === 'A' ? [data.address] : []));
  const { name } = result.records[0]!;
  return { kind: 'found', name, aliases: name === result.name ? [] : [result.name], addresses };
}

/** The address of a name, or of an address as text; null when nobody knows it. */
export function* resolveHost(text: string): Sys<number | null> {
  const found = yield* lookupHost(text);
  return found.kind === 'found' ? found.addresses[0]! : null;
}

/** The names of an address, from a line of /etc/hosts or the server's PTR records. */
export function* namesOf(address: number): Sys<readonly string[]> {
  const line = (yield* hostLines()).find((each) => each.address === address);
  if (line !== undefined) return line.names;
  const config = yield* resolverConfig();
  if (config === null) return [];
  const result = yield* askServers(config, `${reverseName(address)}.`, 'PTR');
  if (result.kind !== 'found') return [];
  return result.records.flatMap(({ data }) => (data.type === 'PTR' ? [data.target] : []));
}

/** The first name of an address; null when it has none. */
export function* nameOf(address: number): Sys<string | null> {
  return (yield* namesOf(address))[0] ?? null;
}

/** `name (address)`, or the address alone. */
export function* nameAndAddress(address: number): Sys<string> {
  const name = yield* nameOf(address);
  return name === null ? formatIpv4(address) : `${name} (${formatIpv4(address)})`;
}
