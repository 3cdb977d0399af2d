/**
 * Filter expressions of pcap-filter(7): what is said of frames by addresses, ports, protocols, lengths and their bytes. What libpcap has
 * besides is refused by name.
 */
import type { Sys } from '../../../../../linux/index.ts';
import { lookupHost } from '../../../../../linux/net/names.ts';
import { PastTheEnd, type Seen } from './frame.ts';
import { Parser } from './parser.ts';

/** A host's name has to be looked up before the expression can be read. */
class UnknownYet extends Error {
  readonly host: string;

  constructor(host: string) {
    super(host);
    this.host = host;
  }
}

export type Filter = (bytes: Uint8Array, length?: number) => boolean;

/** What an expression lets through; everything for an empty one. Throws Refused. */
export function* compileFilter(text: string): Sys<Filter> {
  if (text.trim() === '') return () => true;
  const hosts = new Map<string, readonly number[] | null>();
  const find = (name: string) => {
    const known = hosts.get(name);
    if (known === undefined) throw new UnknownYet(name);
    return known;
  };
  for (;;) {
    try {
      const test = new Parser(text, find).parse();
      return (bytes, length = bytes.length) => accepted(test, { bytes, length });
    } catch (error) {
      if (!(error instanceof UnknownYet)) throw error;
      const found = yield* lookupHost(error.host);
      hosts.set(error.host, found.kind === 'found' ? found.addresses : null);
    }
  }
}

function accepted(test: (seen: Seen) => boolean, seen: Seen): boolean {
  try {
    return test(seen);
  } catch (error) {
    if (error instanceof PastTheEnd) return false;
    throw error;
  }
}
