/** ICMP errors as error numbers: Linux's icmp_err_convert. */
import type { Errno } from '../../base/index.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_PKT_FILTERED,
  ICMP_TIME_EXCEEDED,
} from '../packet/icmp.ts';

const UNREACHABLE: Readonly<Record<number, Errno>> = {
  0: 'ENETUNREACH',
  1: 'EHOSTUNREACH',
  3: 'ECONNREFUSED',
  [ICMP_FRAG_NEEDED]: 'EMSGSIZE',
  5: 'EOPNOTSUPP',
  6: 'ENETUNREACH',
  7: 'EHOSTDOWN',
  9: 'ENETUNREACH',
  10: 'EHOSTUNREACH',
  11: 'ENETUNREACH',
  12: 'EHOSTUNREACH',
  [ICMP_PKT_FILTERED]: 'EHOSTUNREACH',
};

/**
 * Whether an error is for good. UDP sockets hear of those only, unless they ask for all: that a host or a network cannot be reached may
 * pass (RFC 1122, 4.2.3.9).
 */
export function isFatal(type: number, code: number): boolean {
  if (type === ICMP_PARAMETERPROB) return true;
  return type === ICMP_DEST_UNREACH && ![0, 1, 4, 5, 11, 12].includes(code);
}

/** The error of a message, null for one that is none. */
export function unreachableError(type: number, code: number): Errno | null {
  if (type === ICMP_DEST_UNREACH) return UNREACHABLE[code] ?? 'EHOSTUNREACH';
  if (type === ICMP_TIME_EXCEEDED) return 'EHOSTUNREACH';
  if (type === ICMP_PARAMETERPROB) return 'EPROTO';
  return null;
}
