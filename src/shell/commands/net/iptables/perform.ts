/** What each command of iptables does. */
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { lookupHost, nameOf } from '../../../../linux/net/names.ts';
import type { FilterChange } from '../../../../linux/net/netlink/filterRequests.ts';
import type { Range, Statement } from '../../../../network/index.ts';
import type { IptablesCommand } from './commandLine.ts';
import { describeRule } from './describe.ts';
import { BAD_RULE, Failure, NO_CHAIN, UsageProblem, VersionedFailure } from './errors.ts';
import type { RuleSpec } from './rule.ts';
import { commit, IptablesTable, readTables, sameRule } from './ruleset.ts';
import { listHeader, listLine, policyCounter, ruleOptions, spokenLine } from './texts.ts';
import { maskLength, prefixOf, prefixRange } from './values.ts';

/** The ranges of `ADDRESS[/MASK][,…]`; names may have several. One null for "any". Throws UsageProblem. */
function* rangesOf(given: RuleSpec['source']): Sys<readonly (Range | null)[]> {
  if (given === null) return [null];
  const words = given.text.split(',');
  if (given.negate && words.length > 1)
    throw new UsageProblem('! not allowed with multiple source or destination IP addresses');
  const ranges: (Range | null)[] = [];
  for (const word of words) {
    const [host = '', mask] = word.split('/');
    const length = mask === undefined ? 32 : maskLength(mask);
    const found = /^[\d.]+$/.test(host) ? parseDotted(host) : null;
    const addresses = found !== null ? [found] : yield* named(host);
    for (const address of addresses) ranges.push(length === 0 ? null : prefixRange(address, length));
  }
  return ranges;
}

/** `10`, `10.1` and so on are filled up with zeros. */
function parseDotted(text: string): number | null {
  const parts = text.split('.').map(Number);
  if (parts.length > 4 || parts.some((each) => !(each <= 255))) return null;
  return [0, 1, 2, 3].reduce((sum, i) => sum * 256 + (parts[i] ?? 0), 0);
}

function* named(host: string): Sys<readonly number[]> {
  const found = yield* lookupHost(host);
  if (found.kind !== 'found') throw new UsageProblem(`host/network \`${host}' not found`);
  return found.addresses;
}

/** A rule for each pair of addresses. */
export function* rulesOf(spec: RuleSpec): Sys<readonly (readonly Statement[])[]> {
  const sources = yield* rangesOf(spec.source);
  const destinations = yield* rangesOf(spec.destination);
  return sources.flatMap((source) => destinations.map((destination) => spec.statements(source, destination)));
}

/** Throws UsageProblem for a chain to jump to that is not there. */
export function requireTarget(
  table: IptablesTable,
  { leadsTo }: RuleSpec,
  made: readonly string[] = [],
): void {
  if (leadsTo !== null && !table.has(leadsTo) && !made.includes(leadsTo))
    throw new UsageProblem(`Chain '${leadsTo}' does not exist`);
}

export function* perform(command: IptablesCommand): Sys<number> {
  const table = new IptablesTable(command.table, yield* readTables());
  switch (command.verb) {
    case 'list':
      yield* list(table, command);
      return 0;
    case 'list-rules':
      yield* writeAll(1, rulesText(table, command));
      return 0;
    default: {
      const changes = yield* changesOf(table, command);
      if (command.verb === 'check') return 0;
      yield* commit(table, changes);
      return 0;
    }
  }
}

/** Throws UsageProblem, Failure. */
export function* changesOf(
  table: IptablesTable,
  command: IptablesCommand,
  made: readonly string[] = [],
): Sys<readonly FilterChange[]> {
  const { verb, chain, number, word } = command;
  const named = (): string => {
    if (!table.has(chain!) && !made.includes(chain!)) throw new Failure(NO_CHAIN);
    return chain!;
  };
  switch (verb) {
    case 'append':
    case 'insert':
    case 'replace':
      return yield* additions(table, command, made);
    case 'delete':
    case 'check':
      return yield* deletions(table, command);
    case 'flush':
      if (chain !== null) return [...table.preparing(named()), table.of('flushChain', chain)];
      return table.exists
        ? present(table).map((each) => table.of('flushChain', each))
        : table.preparing(null);
    case 'zero':
      return zeroing(table, chain === null ? null : named(), number);
    case 'new-chain':
      if (table.has(chain!)) throw new Failure('Chain already exists.');
      return [...table.preparing(null), table.newChain(chain!)];
    case 'delete-chain':
      if (chain !== null) return [table.of('deleteChain', named())];
      return [
        ...table.own.map(({ name }) => table.of('deleteChain', name)),
        // Chains at hooks that do nothing are taken away too.
        ...table.builtIn
          .filter((each) => table.chain(each)?.rules.length === 0 && table.policy(each) === 'ACCEPT')
          .map((each) => table.of('deleteChain', each)),
      ];
    case 'rename-chain':
      if (table.has(word!)) throw new Failure('File exists.');
      return [table.rename(named(), word!)];
    case 'policy':
      if (!table.builtIn.includes(chain!)) throw new Failure('Bad built-in chain name.');
      if (word !== 'ACCEPT' && word !== 'DROP')
        throw new Failure("Bad policy name. Run `dmesg' for more information.");
      return [...table.preparing(chain), table.setPolicy(chain!, word === 'DROP' ? 'drop' : 'accept')];
    default:
      throw new UsageProblem(`"--${verb}" here is not simulated`);
  }
}

/** Chains that the kernel has. */
const present = (table: IptablesTable) => table.chainNames.filter((each) => table.chain(each) !== null);

function zeroing(table: IptablesTable, chain: string | null, number: number | null): FilterChange[] {
  if (chain === null) return present(table).map((each) => table.zero(each, null));
  if (number === null) return table.chain(chain) === null ? [] : [table.zero(chain, null)];
  const rule = table.rules(chain)[number - 1];
  if (rule === undefined) throw new Failure('Index of zeroing too big.');
  return [table.zero(chain, rule.handle)];
}

function* additions(
  table: IptablesTable,
  command: IptablesCommand,
  made: readonly string[],
): Sys<readonly FilterChange[]> {
  const { verb, rule } = command;
  const chain = command.chain!;
  const all = yield* rulesOf(rule);
  requireTarget(table, rule, made);
  if (!table.has(chain) && !made.includes(chain)) throw new Failure(NO_CHAIN);
  if (command.verbose) yield* speak(all);
  const before = table.preparing(chain);
  const there = table.rules(chain);
  if (verb === 'append')
    return [
      ...before,
      ...all.map((statements) => table.addRule(chain, statements, { side: 'after', handle: null })),
    ];
  const number = command.number ?? 1;
  if (verb === 'insert') {
    if (number > there.length + 1) throw new Failure('Index of insertion too big.');
    const next = there[number - 1];
    const place =
      next !== undefined
        ? ({ side: 'before', handle: next.handle } as const)
        : ({ side: number === 1 ? 'before' : 'after', handle: null } as const);
    // The last of several comes to stand first, as each is put in front.
    const order = next === undefined ? all : [...all].reverse();
    return [...before, ...order.map((statements) => table.addRule(chain, statements, place))];
  }
  const old = there[number - 1];
  if (old === undefined) throw new Failure('Index of replacement too big.');
  if (all.length > 1) throw new UsageProblem('Replacing a rule by several is not possible');
  return [
    table.addRule(chain, all[0]!, { side: 'after', handle: old.handle }),
    table.deleteRule(chain, old.handle),
  ];
}

/** For -C it is enough that they can be made. */
function* deletions(table: IptablesTable, command: IptablesCommand): Sys<readonly FilterChange[]> {
  const { rule, number } = command;
  const chain = command.chain!;
  if (!table.has(chain)) throw new Failure(number === null ? BAD_RULE : NO_CHAIN);
  const there = table.rules(chain);
  if (number !== null) {
    const known = there[number - 1];
    if (known === undefined) throw new Failure('Index of deletion too big.');
    return [table.deleteRule(chain, known.handle)];
  }
  const all = yield* rulesOf(rule);
  requireTarget(table, rule);
  const gone: number[] = [];
  for (const statements of all) {
    const known = there.find((each) => !gone.includes(each.handle) && sameRule(each.statements, statements));
    if (known === undefined) throw new Failure(BAD_RULE);
    gone.push(known.handle);
  }
  if (command.verbose) yield* speak(all);
  return gone.map((handle) => table.deleteRule(chain, handle));
}

function* speak(all: readonly (readonly Statement[])[]): Sys<void> {
  for (const statements of all)
    yield* writeAll(
      1,
      spokenLine(describeRule({ statements })!, () => null),
    );
}

/** The chains that -L and -S are about. Throws VersionedFailure. */
function chosen(table: IptablesTable, chain: string | null): readonly string[] {
  if (chain === null) return table.chainNames;
  if (!table.has(chain))
    throw new VersionedFailure(
      `chain \`${chain}' in table \`${table.name}' is incompatible, use 'nft' tool.`,
      1,
    );
  return [chain];
}

function* list(table: IptablesTable, command: IptablesCommand): Sys<void> {
  const { numeric, verbose, exact, number } = command;
  const parts: string[] = [];
  for (const chain of chosen(table, command.chain)) {
    const all = table.described(chain);
    const names = new Map<number, string | null>();
    for (const { source, destination } of numeric ? [] : all)
      for (const each of [source, destination]) {
        const prefix = each === null ? null : prefixOf(each.value);
        if (prefix?.length === 32) names.set(prefix.address, yield* nameOf(prefix.address));
      }
    const lines = all.map((rule, i) =>
      listLine(rule, i + 1, command, (address) => names.get(address) ?? null),
    );
    if (number !== null) {
      parts.push(lines[number - 1] ?? '');
      continue;
    }
    const counters = table.chain(chain)?.policyCounter ?? { packets: 0, bytes: 0 };
    const counted = verbose
      ? ` ${policyCounter(counters.packets, exact)} packets, ${policyCounter(counters.bytes, exact)} bytes`
      : '';
    const about = table.builtIn.includes(chain)
      ? `policy ${table.policy(chain)}${counted}`
      : `${table.references(chain)} references`;
    parts.push(`Chain ${chain} (${about})\n${listHeader(command)}${lines.join('')}`);
  }
  yield* writeAll(1, parts.join('\n'));
}

function rulesText(table: IptablesTable, { chain, number, verbose }: IptablesCommand): string {
  const names = chosen(table, chain);
  const head = names.map((name) => {
    const counters = table.chain(name)?.policyCounter ?? { packets: 0, bytes: 0 };
    const counted = verbose ? ` -c ${counters.packets} ${counters.bytes}` : '';
    return table.builtIn.includes(name) ? `-P ${name} ${table.policy(name)}${counted}\n` : `-N ${name}\n`;
  });
  const rules = names.flatMap((name) => {
    const lines = table.described(name).map((rule) => `-A ${name}${ruleOptions(rule, verbose)}\n`);
    return number === null ? lines : lines.slice(number - 1, number);
  });
  return [...(number === null ? head : []), ...rules].join('');
}
