/** A rule as its options describe it, on the way to statements of the packet filter. */
import type { Action, Match, Range, Statement } from '../../../../network/index.ts';
import { UsageProblem } from './errors.ts';
import type { Extension } from './extension.ts';
import { loadMatch } from './matches.ts';
import { loadTarget } from './targets.ts';
import { protocolName, protocolNumber } from './values.ts';

/** Protocols that have a match of their own name, which their options load. */
const OWN_MATCH = ['tcp', 'udp', 'icmp'];

export class RuleSpec {
  /** As given, several with commas: names are looked up later. */
  source: { readonly text: string; readonly negate: boolean } | null = null;
  destination: { readonly text: string; readonly negate: boolean } | null = null;
  #protocol: { readonly number: number; readonly negate: boolean } | null = null;
  #input: Match | null = null;
  #output: Match | null = null;
  readonly #matches: Extension<Match>[] = [];
  #target: { readonly name: string; readonly extension: Extension<Action> | null } | null = null;
  #jumps: 'jump' | 'goto' = 'jump';
  /** What its counter begins with. */
  counters = { packets: 0, bytes: 0 };

  /** A chain that it leads to. */
  get leadsTo(): string | null {
    return this.#target?.extension === null ? this.#target.name : null;
  }

  get isEmpty(): boolean {
    const { source, destination } = this;
    return [source, destination, this.#protocol, this.#input, this.#output, this.#target].every(
      (each) => each === null,
    );
  }

  setProtocol(text: string, negate: boolean): void {
    const number = protocolNumber(text);
    if (number === 0 && negate) throw new UsageProblem('rule would never match protocol');
    this.#protocol = number === 0 ? null : { number, negate };
  }

  setDevice(which: 'in' | 'out', text: string, negate: boolean): void {
    if (text.length > 15)
      throw new UsageProblem(`interface name \`${text}' must be shorter than 16 characters`);
    const match: Match = { kind: 'device', which, names: [text.replace(/\+$/, '*')], negate };
    if (which === 'in') this.#input = match;
    else this.#output = match;
  }

  /** Devices that no packet at a hook has yet, or any more. Throws UsageProblem. */
  requireFor(chain: string): void {
    if (this.#input !== null && (chain === 'OUTPUT' || chain === 'POSTROUTING'))
      throw new UsageProblem(`Can't use -i with ${chain}\n`);
    if (this.#output !== null && (chain === 'INPUT' || chain === 'PREROUTING'))
      throw new UsageProblem(`Can't use -o with ${chain}\n`);
  }

  addMatch(name: string): void {
    this.#load(name);
  }

  #load(name: string): void {
    this.#matches.push(
      loadMatch(name, () => (this.#protocol?.negate === false ? this.#protocol.number : null)),
    );
  }

  setTarget(name: string, how: 'jump' | 'goto'): void {
    this.#jumps = how;
    this.#target = { name, extension: how === 'goto' ? null : loadTarget(name) };
  }

  /** The extensions that are loaded, those first whose options come first: of two of a name the later one's. */
  get #loaded(): readonly (Extension<Match> | Extension<Action>)[] {
    const target = this.#target?.extension ?? null;
    return [...[...this.#matches].reverse(), ...(target === null ? [] : [target])];
  }

  /** The options of all extensions that are loaded. */
  get options(): readonly string[] {
    return this.#loaded.flatMap(({ options }) => [...options.keys()]);
  }

  /** Loads the match of the protocol's name; false when it has none or it is there. */
  loadOwnMatch(): boolean {
    if (this.#protocol === null || this.#protocol.negate) return false;
    const name = protocolName(this.#protocol.number);
    if (!OWN_MATCH.includes(name) || this.#matches.some((each) => each.name === name)) return false;
    this.#load(name);
    return true;
  }

  /** How many words an option of an extension takes; null for one that no extension has. */
  argumentsOf(option: string): number | null {
    return this.#loaded.find(({ options }) => options.has(option))?.options.get(option) ?? null;
  }

  take(option: string, values: readonly string[], negate: boolean): void {
    this.#loaded.find(({ options }) => options.has(option))!.take(option, values, negate);
  }

  /** The statements for one source and one destination. Throws UsageProblem. */
  statements(source: Range | null, destination: Range | null): readonly Statement[] {
    const protocol = this.#protocol;
    const address = (which: 'source' | 'destination', range: Range | null, negate: boolean): Match[] =>
      range === null ? [] : [{ kind: 'address', which, ranges: [range], negate }];
    const action = this.#action();
    this.#requirePorts(action);
    return [
      ...(this.#input === null ? [] : [this.#input]),
      ...(this.#output === null ? [] : [this.#output]),
      ...(protocol === null
        ? []
        : [
            {
              kind: 'protocol',
              protocols: [protocol.number],
              negate: protocol.negate,
              by: 'l4proto',
            } as const,
          ]),
      ...address('source', source, this.source?.negate ?? false),
      ...address('destination', destination, this.destination?.negate ?? false),
      ...this.#matches.flatMap((each) => each.statements()),
      { kind: 'counter', ...this.counters },
      ...action,
    ];
  }

  #action(): readonly Action[] {
    const target = this.#target;
    if (target === null) return [];
    if (target.extension !== null) return target.extension.statements();
    return [{ kind: this.#jumps, chain: target.name }];
  }

  #requirePorts(actions: readonly Action[]): void {
    const ports = actions.some(
      (each) =>
        ((each.kind === 'snat' || each.kind === 'dnat') && each.range.ports !== null) ||
        ((each.kind === 'masquerade' || each.kind === 'redirect') && each.ports !== null),
    );
    const protocol = this.#protocol === null ? '' : protocolName(this.#protocol.number);
    if (ports && protocol !== 'tcp' && protocol !== 'udp')
      throw new UsageProblem('Need TCP, UDP, SCTP or DCCP with port specification');
  }
}
