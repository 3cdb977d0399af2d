/** iptables' command line, as its own getopt_long(3) reads it. */
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { RuleSpec } from './rule.ts';

export type Verb =
  | 'append'
  | 'check'
  | 'delete'
  | 'insert'
  | 'replace'
  | 'list'
  | 'list-rules'
  | 'flush'
  | 'zero'
  | 'new-chain'
  | 'delete-chain'
  | 'rename-chain'
  | 'policy'
  | 'version'
  | 'help';

export interface IptablesCommand {
  readonly verb: Verb;
  readonly table: string;
  readonly chain: string | null;
  /** From 1. */
  readonly number: number | null;
  /** The new name of a chain, or its policy. */
  readonly word: string | null;
  readonly rule: RuleSpec;
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
}

type Letter = string;
/** Commands: letter → name, and whether a chain follows: always, perhaps, with a word, with a number. */
const VERBS: ReadonlyMap<Letter, { readonly verb: Verb; readonly chain: 'must' | 'may' | 'no' }> = new Map([
  ['A', { verb: 'append', chain: 'must' }],
  ['C', { verb: 'check', chain: 'must' }],
  ['D', { verb: 'delete', chain: 'must' }],
  ['I', { verb: 'insert', chain: 'must' }],
  ['R', { verb: 'replace', chain: 'must' }],
  ['L', { verb: 'list', chain: 'may' }],
  ['S', { verb: 'list-rules', chain: 'may' }],
  ['F', { verb: 'flush', chain: 'may' }],
  ['Z', { verb: 'zero', chain: 'may' }],
  ['N', { verb: 'new-chain', chain: 'must' }],
  ['X', { verb: 'delete-chain', chain: 'may' }],
  ['E', { verb: 'rename-chain', chain: 'must' }],
  ['P', { verb: 'policy', chain: 'must' }],
  ['V', { verb: 'version', chain: 'no' }],
  ['h', { verb: 'help', chain: 'no' }],
]);

/** `original_opts` of iptables/xshared.c. */
const LONG: ReadonlyMap<string, Letter> = new Map([
  ...[...VERBS].map(([letter, { verb }]): [string, Letter] => [verb, letter]),
  ['destination', 'd'],
  ['dst', 'd'],
  ['exact', 'x'],
  ['fragments', 'f'],
  ['goto', 'g'],
  ['in-interface', 'i'],
  ['ipv4', '4'],
  ['ipv6', '6'],
  ['jump', 'j'],
  ['line-numbers', '0'],
  ['match', 'm'],
  ['modprobe', 'M'],
  ['numeric', 'n'],
  ['out-interface', 'o'],
  ['protocol', 'p'],
  ['set-counters', 'c'],
  ['source', 's'],
  ['src', 's'],
  ['table', 't'],
  ['verbose', 'v'],
  ['wait', 'w'],
  ['wait-interval', 'W'],
]);

const WITH_VALUE = 'pstdjgmio';
const WITHOUT_VALUE = 'nvxf046V';
const NEGATABLE = 'psdio';
/** Those that describe a rule: which commands have one. */
const WITH_RULE: readonly Verb[] = ['append', 'check', 'delete', 'insert', 'replace'];
const WITH_NUMBER: readonly Verb[] = ['delete', 'insert', 'replace', 'list', 'list-rules', 'zero'];

class Parser {
  readonly #args: string[];
  readonly #rule = new RuleSpec();
  readonly #given = new Set<Letter>();
  #verb: { readonly letter: Letter; readonly verb: Verb } | null = null;
  #table: string;
  #chain: string | null = null;
  #number: number | null = null;
  #word: string | null = null;
  #negate = false;
  #how = { numeric: false, verbose: false, exact: false, lineNumbers: false };

  constructor(args: readonly string[], table: string) {
    this.#args = [...args];
    this.#table = table;
  }

  parse(): IptablesCommand {
    while (this.#args.length > 0) {
      const word = this.#args.shift()!;
      if (word === '!') {
        if (this.#negate) throw new UsageProblem('multiple consecutive ! not allowed');
        this.#negate = true;
      } else if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word !== '-') this.#short(word.slice(1));
      else throw new UsageProblem(`Bad argument \`${word}'`);
    }
    if (this.#verb === null) throw new UsageProblem('no command specified');
    const { verb } = this.#verb;
    this.#requireSense(verb);
    const { numeric, verbose, exact, lineNumbers } = this.#how;
    return {
      verb,
      table: this.#table,
      chain: this.#chain,
      number: this.#number,
      word: this.#word,
      rule: this.#rule,
      numeric,
      verbose,
      exact,
      lineNumbers,
    };
  }

  #requireSense(verb: Verb): void {
    if (this.#negate) throw new UsageProblem('nothing appropriate following !');
    if (!WITH_RULE.includes(verb) && !this.#rule.isEmpty)
      throw new UsageProblem(`Illegal option with this command`);
    if (verb === 'delete' && this.#number !== null && !this.#rule.isEmpty)
      throw new UsageProblem("Illegal option `-s' with this command");
    if (this.#chain === null) return;
    if (WITH_RULE.includes(verb)) this.#rule.requireFor(this.#chain);
    if (this.#chain.length > 28)
      throw new UsageProblem(`chain name \`${this.#chain}' too long (must be under 29 chars)`);
  }

  #long(word: string): void {
    const [name = '', value] = word.slice(2).split(/=(.*)/s);
    let option = this.#complete(name);
    // An option that is none yet may be one of the protocol's own match (`command_default`, iptables/xshared.c).
    if (option === null && this.#rule.loadOwnMatch()) option = this.#complete(name);
    if (option === null) throw new UsageProblem(`unknown option "${word}"`);
    const count = this.#rule.argumentsOf(option);
    const valueless = count === null ? WITHOUT_VALUE.includes(LONG.get(option)!) : count === 0;
    if (value !== undefined && valueless) throw new UsageProblem(`unknown option "${word}"`);
    if (value !== undefined) this.#args.unshift(value);
    if (count === null) {
      this.#option(LONG.get(option)!, word, null);
      return;
    }
    const negate = this.#takeNegation();
    this.#rule.take(option, this.#values(word, count), negate);
  }

  /** The option that getopt_long(3) takes for `name`: the one of that name, or the only one that begins so. */
  #complete(name: string): string | null {
    const all = [...new Set([...this.#rule.options, ...LONG.keys()])];
    if (all.includes(name)) return name;
    const candidates = all.filter((each) => each.startsWith(name));
    const [first] = candidates;
    const same = candidates.every(
      (each) => each === first || (LONG.has(each) && LONG.get(each) === LONG.get(first!)),
    );
    return first !== undefined && same ? first : null;
  }

  #short(letters: string): void {
    for (let at = 0; at < letters.length; at++) {
      const rest = letters.slice(at + 1);
      if (this.#option(letters[at]!, `-${letters[at]}`, rest === '' ? null : rest)) return;
    }
  }

  #values(option: string, count: number): string[] {
    // Only tcp's own have two, which getopt_long(3) knows nothing of.
    if (this.#args.length === 1 && count === 2) throw new UsageProblem('--tcp-flags requires two args.');
    if (this.#args.length < count) throw new UsageProblem(`option "${option}" requires an argument`);
    return this.#args.splice(0, count);
  }

  #takeNegation(): boolean {
    const negate = this.#negate;
    this.#negate = false;
    return negate;
  }

  /** The next word when it is no option. */
  #perhaps(): string | null {
    const next = this.#args[0];
    return next === undefined || next.startsWith('-') || next === '!' ? null : this.#args.shift()!;
  }

  /** True when it has taken the rest of its word. */
  #option(letter: Letter, shown: string, rest: string | null): boolean {
    if (this.#negate && !NEGATABLE.includes(letter)) throw new UsageProblem(`cannot have ! before ${shown}`);
    const verb = VERBS.get(letter);
    if (verb !== undefined) return this.#command(letter, verb, shown, rest);
    if (WITH_VALUE.includes(letter)) {
      this.#valued(letter, shown, rest ?? this.#values(shown, 1)[0]!);
      return true;
    }
    switch (letter) {
      case 'n':
        this.#how.numeric = true;
        return false;
      case 'v':
        this.#how.verbose = true;
        return false;
      case 'x':
        this.#how.exact = true;
        return false;
      case '0':
        this.#how.lineNumbers = true;
        return false;
      case '4':
        return false;
      case 'w':
        if (rest === null && /^\d+$/.test(this.#args[0] ?? '')) this.#args.shift();
        return true;
      case '6':
        throw unsimulatedHere('IPv6');
      case 'c':
        this.#counters(shown);
        return false;
      case 'f':
        throw unsimulatedHere('"-f"');
      case 'M':
        throw unsimulatedHere('"--modprobe"');
      case 'W':
        throw unsimulatedHere('"--wait-interval"');
      default:
        throw new UsageProblem(`unknown option "${shown}"`);
    }
  }

  #counters(shown: string): void {
    this.#once('c', shown);
    if (this.#args.length < 2) throw new UsageProblem('-c requires packet and byte counter');
    const [packets = '', bytes = ''] = this.#args.splice(0, 2);
    if (!/^\d+$/.test(packets)) throw new UsageProblem('-c packet counter not numeric');
    if (!/^\d+$/.test(bytes)) throw new UsageProblem('-c byte counter not numeric');
    this.#rule.counters = { packets: Number(packets), bytes: Number(bytes) };
  }

  #once(letter: Letter, shown: string): void {
    if (this.#given.has(letter)) throw new UsageProblem(`multiple ${shown} flags not allowed`);
    this.#given.add(letter);
  }

  #valued(letter: Letter, shown: string, value: string): void {
    if (letter !== 'm') this.#once(letter, shown);
    const negate = this.#takeNegation();
    const rule = this.#rule;
    if (letter === 'p') rule.setProtocol(value, negate);
    else if (letter === 's') rule.source = { text: value, negate };
    else if (letter === 'd') rule.destination = { text: value, negate };
    else if (letter === 'i') rule.setDevice('in', value, negate);
    else if (letter === 'o') rule.setDevice('out', value, negate);
    else if (letter === 'm') rule.addMatch(value);
    else if (letter === 'j') rule.setTarget(value, 'jump');
    else if (letter === 'g') rule.setTarget(value, 'goto');
    else this.#table = value;
  }

  #command(
    letter: Letter,
    { verb, chain }: { readonly verb: Verb; readonly chain: 'must' | 'may' | 'no' },
    shown: string,
    rest: string | null,
  ): boolean {
    if (this.#verb !== null) throw new UsageProblem(`Cannot use -${letter} with -${this.#verb.letter}`);
    this.#verb = { letter, verb };
    if (chain === 'no') return false;
    if (chain === 'must') this.#chain = rest ?? this.#values(shown, 1)[0]!;
    else if (rest === null) this.#chain = this.#perhaps();
    else if (chain === 'may') {
      // More letters follow, as in -Ln.
      return false;
    }
    if (verb === 'rename-chain' || verb === 'policy') {
      this.#word = this.#perhaps();
      if (this.#word === null)
        throw new UsageProblem(
          `-${letter} requires ${verb === 'policy' ? 'a chain and a policy' : 'old-chain-name and new-chain-name'}`,
        );
    }
    const word = this.#chain !== null && WITH_NUMBER.includes(verb) ? this.#perhaps() : null;
    if (word !== null && !/^[1-9]\d*$/.test(word)) throw new UsageProblem(`Invalid rule number \`${word}'`);
    if (word !== null) this.#number = Number(word);
    if (verb === 'replace' && this.#number === null) throw new UsageProblem('-R requires a rule number');
    return true;
  }
}

/** `table` is the one without -t. Throws UsageProblem. */
export function parseCommandLine(args: readonly string[], table = 'filter'): IptablesCommand {
  return new Parser(args, table).parse();
}
