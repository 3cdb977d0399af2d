/** Names of hosts: /etc/hosts, which is all that the resolver of these hosts knows. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import { formatIpv4, parseIpv4 } from '../../../network/index.ts';
import { linesOf, orNull } from '../support.ts';

interface HostLine {
  readonly address: number;
  readonly names: readonly string[];
}

function* hostLines(): Sys<HostLine[]> {
  const bytes = yield* orNull(() => readFile('/etc/hosts'));
  if (bytes === null) return [];
  return linesOf(decodeUtf8(bytes)).flatMap((line) => {
    const [first, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = parseIpv4(first ?? '');
    return address === null ? [] : [{ address, names }];
  });
}

/** The address of a name, or of an address as text; null when nobody knows it. */
export function* resolveHost(text: string): Sys<number | null> {
  const literal = parseIpv4(text);
  if (literal !== null) return literal;
  const wanted = text.toLowerCase();
  const lines = yield* hostLines();
  return lines.find(({ names }) => names.some((name) => name.toLowerCase() === wanted))?.address ?? null;
}

/** The first name of an address; null when it has none. */
export function* nameOf(address: number): Sys<string | null> {
  return (yield* hostLines()).find((line) => line.address === address)?.names[0] ?? null;
}

/** `name (address)`, or the address alone. */
export function* nameAndAddress(address: number): Sys<string> {
  const name = yield* nameOf(address);
  return name === null ? formatIpv4(address) : `${name} (${formatIpv4(address)})`;
}
