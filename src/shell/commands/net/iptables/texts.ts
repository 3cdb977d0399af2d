/** Rules as options (iptables -S, iptables-save) and in lists (iptables -L). */
import { formatIpv4, type Range } from '../../../../network/index.ts';
import type { Described, Turned } from './describe.ts';
import { prefixOf, protocolName } from './values.ts';

const not = (negate: boolean) => (negate ? '! ' : '');

/** With its length always. */
function prefixText(range: Range): string {
  const { address, length } = prefixOf(range)!;
  return `${formatIpv4(address)}/${length}`;
}

/** The name of NOTRACK's target, which is another's in the kernel. */
const optionName = (target: string) => (target === 'CT' ? 'NOTRACK' : target);

/** What stands behind `-A CHAIN`; with counters when `counted`. */
export function ruleOptions(rule: Described, counted = false): string {
  const parts: string[] = [];
  const add = <T>(option: string, turned: Turned<T> | null, text: (value: T) => string) => {
    if (turned !== null) parts.push(`${not(turned.negate)}${option} ${text(turned.value)}`);
  };
  add('-s', rule.source, prefixText);
  add('-d', rule.destination, prefixText);
  add('-i', rule.input, (name) => name);
  add('-o', rule.output, (name) => name);
  add('-p', rule.protocol, protocolName);
  parts.push(...rule.matches.map(({ options }) => options));
  if (counted) parts.push(`-c ${rule.counters.packets} ${rule.counters.bytes}`);
  if (rule.target !== '') parts.push(`-${rule.goes === 'goto' ? 'g' : 'j'} ${optionName(rule.target)}`);
  const more = rule.decision?.options ?? '';
  if (more !== '') parts.push(more);
  return parts.map((part) => ` ${part}`).join('');
}

export interface ListStyle {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
}

/** A counter in five columns: thousands as K, and so on. */
function short(number: number): string {
  if (number <= 99_999) return `${number}`.padStart(5);
  let value = number;
  for (const unit of ['K', 'M', 'G', 'T']) {
    value = Math.floor((value + 500) / 1000);
    if (value <= 9999 || unit === 'T') return `${value}`.padStart(4) + unit;
  }
  return `${value}`;
}

const counter = (number: number, exact: boolean) => (exact ? `${number}`.padStart(8) : short(number));

/** A policy's counters, which stand in no column. */
export const policyCounter = (number: number, exact: boolean) => counter(number, exact).trimStart();

export function listHeader({ verbose, exact, lineNumbers }: ListStyle): string {
  const number = lineNumbers ? 'num  ' : '';
  const counters = exact ? '    pkts      bytes ' : ' pkts bytes ';
  const devices = verbose ? `${'in'.padEnd(6)} ${'out'.padEnd(6)}  ` : '';
  return `${number}${verbose ? counters : ''}target     prot opt ${devices}${'source'.padEnd(19)}  ${'destination'.padEnd(19)} \n`;
}

/** How an address is told: by its name, when names are wanted and it has one. */
export type AddressName = (address: number) => string | null;

function address(turned: Turned<Range> | null, numeric: boolean, name: AddressName): string {
  if (turned === null) return ` ${numeric ? '0.0.0.0/0' : 'anywhere'}`;
  const { address: first, length } = prefixOf(turned.value)!;
  const text = (numeric ? null : name(first)) ?? formatIpv4(first);
  return `${turned.negate ? '!' : ' '}${text}${length === 32 ? '' : `/${length}`}`;
}

function protocolWord({ protocol }: Described, numeric: boolean): string {
  const number = protocol?.value ?? 0;
  return numeric ? `${number}` : number === 0 ? 'all' : protocolName(number);
}

const device = (turned: Turned<string> | null) =>
  turned === null ? '*' : `${turned.negate ? '!' : ''}${turned.value}`;

/** Matches and what the target says, each after a space. */
function tail(rule: Described, numeric: boolean): string {
  const words = [...rule.matches, ...(rule.decision === null ? [] : [rule.decision])];
  return words.map((each) => ` ${each.list(numeric)}`).join('');
}

/** A line of a list. */
export function listLine(rule: Described, number: number, style: ListStyle, name: AddressName): string {
  const { numeric, verbose, exact, lineNumbers } = style;
  const turned = rule.protocol?.negate === true ? '!' : ' ';
  const parts = [
    lineNumbers ? `${`${number}`.padEnd(4)} ` : '',
    verbose ? `${counter(rule.counters.packets, exact)} ${counter(rule.counters.bytes, exact)} ` : '',
    `${rule.target.padEnd(9)} `,
    `${turned}${protocolWord(rule, numeric).padEnd(4)} -- `,
    verbose ? ` ${device(rule.input).padEnd(6)} ${device(rule.output).padEnd(6)} ` : '',
    `${address(rule.source, numeric, name).padEnd(20)} `,
    `${address(rule.destination, numeric, name).padEnd(20)} `,
    rule.goes === 'goto' ? '[goto] ' : '',
    tail(rule, numeric),
    '\n',
  ];
  return parts.join('');
}

/** What -v tells of a rule that is added or deleted. */
export function spokenLine(rule: Described, name: AddressName): string {
  const turned = rule.protocol?.negate === true ? '!' : ' ';
  const shown = (each: Turned<Range> | null) => (each === null ? ' 0.0.0.0/0' : address(each, true, name));
  return `${rule.target} ${turned}${protocolWord(rule, false)} opt -- in ${device(rule.input)} out ${device(rule.output)} ${shown(rule.source)}  ->${shown(rule.destination)} ${rule.goes === 'goto' ? '[goto] ' : ''}${tail(rule, true)} \n`;
}
