/** ICMP types and codes as `--icmp-type` names them: `icmp_codes` and `parse_icmp` of iptables' extensions/libxt_icmp.h. */
import { UsageProblem } from './errors.ts';
import { unsigned } from './values.ts';

/** Type 255 stands for any type, whatever the code (`icmp_type_code_match` of the kernel's ip_tables.c); a code of null for all. */
export interface IcmpType {
  readonly type: number;
  readonly code: number | null;
}

export const ANY_TYPE = 255;

/** A name, the type, and the code if it is about one only. Of two names for one type the first is shown. */
const NAMES: readonly (readonly [name: string, type: number, code?: number])[] = [
  ['any', ANY_TYPE],
  ['echo-reply', 0],
  ['pong', 0],
  ['destination-unreachable', 3],
  ['network-unreachable', 3, 0],
  ['host-unreachable', 3, 1],
  ['protocol-unreachable', 3, 2],
  ['port-unreachable', 3, 3],
  ['fragmentation-needed', 3, 4],
  ['source-route-failed', 3, 5],
  ['network-unknown', 3, 6],
  ['host-unknown', 3, 7],
  ['network-prohibited', 3, 9],
  ['host-prohibited', 3, 10],
  ['TOS-network-unreachable', 3, 11],
  ['TOS-host-unreachable', 3, 12],
  ['communication-prohibited', 3, 13],
  ['host-precedence-violation', 3, 14],
  ['precedence-cutoff', 3, 15],
  ['source-quench', 4],
  ['redirect', 5],
  ['network-redirect', 5, 0],
  ['host-redirect', 5, 1],
  ['TOS-network-redirect', 5, 2],
  ['TOS-host-redirect', 5, 3],
  ['echo-request', 8],
  ['ping', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded', 11],
  ['ttl-exceeded', 11],
  ['ttl-zero-during-transit', 11, 0],
  ['ttl-zero-during-reassembly', 11, 1],
  ['parameter-problem', 12],
  ['ip-header-bad', 12, 0],
  ['required-option-missing', 12, 1],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
  ['address-mask-request', 17],
  ['address-mask-reply', 18],
];

/** A name, or the beginning of just one, in letters of any case; or TYPE or TYPE/CODE in numbers. Throws UsageProblem. */
export function parseIcmpType(text: string): IcmpType {
  const fitting = NAMES.filter(([name]) => name.toLowerCase().startsWith(text.toLowerCase()));
  const [first, second] = fitting;
  if (first !== undefined && second !== undefined)
    throw new UsageProblem(`Ambiguous ICMP type \`${text}': \`${first[0]}' or \`${second[0]}'?`);
  if (first !== undefined) return { type: first[1], code: first[2] ?? null };
  const [type = '', code, more] = text.split('/');
  const number = unsigned(type);
  if (!(number <= 255)) throw new UsageProblem(`Unknown ICMP type \`${text}'`);
  if (code === undefined) return { type: number, code: null };
  const which = unsigned(code);
  if (!(which <= 255)) throw new UsageProblem(`Unknown ICMP code \`${text}'`);
  if (more !== undefined) throw new UsageProblem('unknown character /');
  return { type: number, code: which };
}

/** The name of just this type and code; null when there is none. */
export function icmpName({ type, code }: IcmpType): string | null {
  return NAMES.find(([, ofType, ofCode = null]) => ofType === type && ofCode === code)?.[0] ?? null;
}
