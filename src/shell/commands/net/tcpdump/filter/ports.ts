/** Ports by their names, as /etc/services has them, and of which protocol they are. */
import { IPPROTO_TCP, IPPROTO_UDP } from '../../../../../network/index.ts';
import { portNumber, SERVICES } from '../../nft/values.ts';

/** Those that are not of TCP alone; null: of both. */
const OF_UDP: ReadonlyMap<string, number | null> = new Map([
  ['bootps', IPPROTO_UDP],
  ['bootpc', IPPROTO_UDP],
  ['tftp', IPPROTO_UDP],
  ['ntp', IPPROTO_UDP],
  ['domain', null],
  ['https', null],
]);

export interface NamedPort {
  readonly port: number;
  /** Null: of any protocol. */
  readonly protocol: number | null;
}

/** A port by its name or number; null when there is none of the name. */
export function portNamed(text: string): NamedPort | null {
  const port = portNumber(text);
  if (port === null) return null;
  if (!SERVICES.has(text)) return { port, protocol: null };
  const of = OF_UDP.get(text);
  return { port, protocol: of === undefined ? IPPROTO_TCP : of };
}
