/** Words of nft's language for numbers of the protocols. */
import type { CtState } from '../../../../network/index.ts';

const SECOND = 1_000_000_000;

export const UNITS: ReadonlyMap<string, number> = new Map([
  ['second', SECOND],
  ['minute', 60 * SECOND],
  ['hour', 3600 * SECOND],
  ['day', 86_400 * SECOND],
  ['week', 604_800 * SECOND],
]);

/** In the order of the kernel's bits, in which they are listed. */
export const CT_STATES: readonly CtState[] = ['invalid', 'established', 'related', 'new', 'untracked'];

export const FLAGS: ReadonlyMap<string, number> = new Map([
  ['fin', 1],
  ['syn', 2],
  ['rst', 4],
  ['psh', 8],
  ['ack', 16],
  ['urg', 32],
  ['ecn', 64],
  ['cwr', 128],
]);

export const ICMP_TYPES: ReadonlyMap<string, number> = new Map([
  ['echo-reply', 0],
  ['destination-unreachable', 3],
  ['source-quench', 4],
  ['redirect', 5],
  ['echo-request', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded', 11],
  ['parameter-problem', 12],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
  ['info-request', 15],
  ['info-reply', 16],
  ['address-mask-request', 17],
  ['address-mask-reply', 18],
]);

export const ICMP_CODES: ReadonlyMap<string, number> = new Map([
  ['net-unreachable', 0],
  ['host-unreachable', 1],
  ['prot-unreachable', 2],
  ['port-unreachable', 3],
  ['net-prohibited', 9],
  ['host-prohibited', 10],
  ['admin-prohibited', 13],
]);

/** For both families of addresses; of IPv4 they are these. */
export const ICMPX_CODES: ReadonlyMap<string, number> = new Map([
  ['no-route', 0],
  ['port-unreachable', 3],
  ['host-unreachable', 1],
  ['admin-prohibited', 13],
]);

/** The name of a number. */
export function nameIn(names: ReadonlyMap<string, number>, value: number): string | null {
  for (const [name, each] of names) if (each === value) return name;
  return null;
}
