/** Commands of nft's language: what they change, and where in the text each part stands. */
import type { FilterChange, TableName } from '../../../../linux/net/netlink/filterRequests.ts';
import { type BaseChain, PRIORITY } from '../../../../network/index.ts';
import { unsimulated } from '../words.ts';
import { parseRule } from './rule.ts';
import { elementList, setBlock, type WrittenElement } from './sets.ts';
import { NftError, type SetUse, type Token, type Tokens } from './tokens.ts';

/** Where the parts of a change are written. */
export interface Places {
  readonly first: Token;
  readonly last: Token;
  readonly table: Token | null;
  readonly chain: Token | null;
  readonly handle: Token | null;
  /** Of a set, when the change is about one. */
  readonly element: Token | null;
}

export interface Change {
  readonly kind: 'change';
  readonly change: FilterChange;
  readonly places: Places;
  /** Sets that it takes for granted. */
  readonly uses: readonly SetUse[];
}

/** What elements are is known when their set is. */
export interface ElementsCommand {
  readonly kind: 'elements';
  readonly verb: 'add' | 'create' | 'delete';
  readonly name: TableName;
  readonly set: Token;
  readonly places: Places;
  readonly elements: readonly WrittenElement[];
}

export type Command =
  | Change
  | ElementsCommand
  | {
      readonly kind: 'list';
      readonly what: 'ruleset' | 'tables' | 'chains' | 'sets' | 'table' | 'chain' | 'set';
      /** Null: of all. */
      readonly family: TableName['family'] | null;
      readonly table: Token | null;
      /** The name of a chain or a set. */
      readonly chain: Token | null;
    };

const FAMILIES = ['ip', 'inet'] as const;
const OTHER_FAMILIES = ['ip6', 'arp', 'bridge', 'netdev'];
const OTHER_OBJECTS = [
  'map',
  'flowtable',
  'counter',
  'quota',
  'ct',
  'limit',
  'secmark',
  'synproxy',
  'hooks',
  'maps',
  'counters',
  'quotas',
  'limits',
  'meters',
  'flowtables',
];

/** Throws NftError, Refused. */
export function parseCommands(tokens: Tokens): Command[] {
  const commands: Command[] = [];
  for (;;) {
    tokens.skipSeparators();
    if (tokens.done) return commands;
    commands.push(...command(tokens));
    if (!tokens.done && tokens.peek()?.text !== ';') throw tokens.unexpected();
  }
}

function command(tokens: Tokens): Command[] {
  const first = tokens.next();
  switch (first.text) {
    case 'add':
    case 'create':
    case 'insert':
    case 'replace':
    case 'delete':
    case 'flush':
      return new ChangeReader(tokens, first).commands();
    case 'list':
      return [list(tokens)];
    case 'table':
      return new ChangeReader(tokens, first).block(true);
    case 'reset':
    case 'rename':
    case 'monitor':
    case 'export':
    case 'import':
    case 'describe':
    case 'get':
    case 'destroy':
    case 'include':
    case 'define':
      throw unsimulated('nft', `"${first.text}"`);
    default:
      throw new NftError('syntax error, unexpected string', first);
  }
}

function familyOf(tokens: Tokens): TableName['family'] | null {
  const word = tokens.peek()?.text ?? '';
  if (OTHER_FAMILIES.includes(word)) throw unsimulated('nft', `the family "${word}"`);
  const family = FAMILIES.find((each) => each === word) ?? null;
  if (family !== null) tokens.next();
  return family;
}

function nameOf(tokens: Tokens): Token {
  const token = tokens.peek();
  if (token === null || token.text === ';')
    throw new NftError('syntax error, unexpected newline, expecting string', token);
  return tokens.next();
}

function list(tokens: Tokens): Command {
  const what = tokens.next();
  if (OTHER_OBJECTS.includes(what.text)) throw unsimulated('nft', `"list ${what.text}"`);
  const kinds = ['ruleset', 'tables', 'chains', 'sets', 'table', 'chain', 'set'] as const;
  const kind = kinds.find((each) => each === what.text);
  if (kind === undefined) throw new NftError('syntax error, unexpected string', what);
  // Those of one table: `list sets table ip NAME`.
  const ofTable = kind === 'sets' && tokens.take('table');
  const family = familyOf(tokens);
  const named = ofTable || kind === 'table' || kind === 'chain' || kind === 'set';
  const table = named ? nameOf(tokens) : null;
  const chain = kind === 'chain' || kind === 'set' ? nameOf(tokens) : null;
  return { kind: 'list', what: kind, family: named ? (family ?? 'ip') : family, table, chain };
}

/** One command that changes something, word by word. */
class ChangeReader {
  readonly #tokens: Tokens;
  readonly #first: Token;
  #table: Token | null = null;
  #chain: Token | null = null;
  #handle: Token | null = null;

  constructor(tokens: Tokens, first: Token) {
    this.#tokens = tokens;
    this.#first = first;
  }

  commands(): Command[] {
    const tokens = this.#tokens;
    const verb = this.#first.text;
    const object = nameOf(tokens);
    switch (object.text) {
      case 'ruleset':
        if (verb !== 'flush') throw new NftError('syntax error, unexpected string', object);
        familyOf(tokens);
        return [this.#made({ change: 'flushRuleset' })];
      case 'table':
        return this.#tableCommand(verb, object);
      case 'chain':
        return [this.#chainCommand(verb, object)];
      case 'rule':
        return [this.#ruleCommand(verb)];
      case 'set':
        return this.#setCommand(verb, object);
      case 'element':
        return [this.#elementCommand(verb, object)];
      default:
        if (OTHER_OBJECTS.includes(object.text)) throw unsimulated('nft', `"${verb} ${object.text}"`);
        // Without an object a rule is meant.
        throw unsimulated('nft', `"${verb}" without "table", "chain" or "rule"`);
    }
  }

  #made(change: FilterChange): Command {
    const last = this.#tokens.last ?? this.#first;
    const { uses } = this.#tokens;
    this.#tokens.uses = [];
    return { kind: 'change', change, places: this.#places(last), uses };
  }

  #places(last: Token): Places {
    return {
      first: this.#first,
      last,
      table: this.#table,
      chain: this.#chain,
      handle: this.#handle,
      element: null,
    };
  }

  #tableName(): TableName {
    const family = familyOf(this.#tokens) ?? 'ip';
    this.#table = nameOf(this.#tokens);
    return { family, table: this.#table.text };
  }

  #chainName(): TableName & { readonly chain: string } {
    const name = this.#tableName();
    this.#chain = nameOf(this.#tokens);
    return { ...name, chain: this.#chain.text };
  }

  #tableCommand(verb: string, object: Token): Command[] {
    if (verb === 'delete') {
      if (this.#tokens.peek()?.text === 'handle') throw unsimulated('nft', '"delete table handle"');
      return [this.#made({ change: 'deleteTable', ...this.#tableName() })];
    }
    if (verb === 'flush') return [this.#made({ change: 'flushTable', ...this.#tableName() })];
    if (verb === 'add') return this.block(false);
    if (verb !== 'create') throw new NftError('syntax error, unexpected table', object);
    return [this.#made({ change: 'newTable', exclusive: true, ...this.#tableName() })];
  }

  /** `table ip nat { chain … { … } }`; what stands between braces is added. */
  block(required: boolean): Command[] {
    const tokens = this.#tokens;
    const name = this.#tableName();
    const made = [this.#made({ change: 'newTable', exclusive: false, ...name })];
    if (!tokens.take('{')) {
      if (required) throw tokens.unexpected();
      return made;
    }
    for (;;) {
      tokens.skipSeparators();
      if (tokens.take('}')) return made;
      const word = tokens.next();
      if (word.text === 'set') {
        this.#chain = nameOf(tokens);
        made.push(...this.#setBlock(name, this.#chain, false));
        continue;
      }
      if (word.text !== 'chain') throw unsimulated('nft', `"${word.text}" in a table`);
      made.push(...this.#chainBlock(name));
    }
  }

  #chainBlock(table: TableName): Command[] {
    const tokens = this.#tokens;
    this.#chain = nameOf(tokens);
    const name = { ...table, chain: this.#chain.text };
    tokens.expect('{');
    tokens.skipSeparators();
    const base = tokens.peek()?.text === 'type' ? baseChain(tokens) : null;
    const made = [this.#made({ change: 'newChain', base, exclusive: false, ...name })];
    for (;;) {
      tokens.skipSeparators();
      if (tokens.take('}')) return made;
      const rule = parseRule(tokens);
      made.push(this.#made({ change: 'newRule', ...name, ...rule, place: { side: 'after', handle: null } }));
    }
  }

  #chainCommand(verb: string, object: Token): Command {
    const tokens = this.#tokens;
    if (verb === 'insert' || verb === 'replace') throw new NftError('syntax error, unexpected chain', object);
    const name = this.#chainName();
    if (verb === 'delete') return this.#made({ change: 'deleteChain', ...name });
    if (verb === 'flush') return this.#made({ change: 'flushChain', ...name });
    let base: BaseChain | null = null;
    if (tokens.take('{')) {
      tokens.skipSeparators();
      if (!tokens.take('}')) {
        base = baseChain(tokens);
        tokens.skipSeparators();
        tokens.expect('}');
      }
    }
    return this.#made({ change: 'newChain', base, exclusive: verb === 'create', ...name });
  }

  /** A set with the elements that stand in its braces. */
  #setBlock(table: TableName, set: Token, exclusive: boolean): Command[] {
    const { declaration, elements } = setBlock(this.#tokens);
    const made = this.#made({ change: 'newSet', set: set.text, declaration, exclusive, ...table });
    if (elements.length === 0) return [made];
    const places = this.#places(this.#tokens.last ?? this.#first);
    return [made, { kind: 'elements', verb: 'add', name: table, set, places, elements }];
  }

  #setCommand(verb: string, object: Token): Command[] {
    if (verb === 'insert' || verb === 'replace') throw new NftError('syntax error, unexpected set', object);
    const table = this.#tableName();
    const set = nameOf(this.#tokens);
    this.#chain = set;
    if (verb === 'delete') return [this.#made({ change: 'deleteSet', set: set.text, ...table })];
    if (verb === 'flush') return [this.#made({ change: 'flushSet', set: set.text, ...table })];
    return this.#setBlock(table, set, verb === 'create');
  }

  #elementCommand(verb: string, object: Token): Command {
    if (verb !== 'add' && verb !== 'create' && verb !== 'delete')
      throw new NftError('syntax error, unexpected element', object);
    const name = this.#tableName();
    const set = nameOf(this.#tokens);
    this.#chain = set;
    const elements = elementList(this.#tokens);
    const places = this.#places(this.#tokens.last ?? this.#first);
    return { kind: 'elements', verb, name, set, places, elements };
  }

  #ruleCommand(verb: string): Command {
    const tokens = this.#tokens;
    const name = this.#chainName();
    if (verb === 'flush' || verb === 'create')
      throw new NftError('syntax error, unexpected rule', this.#first);
    const handle = this.#handleWord();
    if (verb === 'delete') {
      if (handle === null)
        throw new NftError('syntax error, unexpected newline, expecting handle', tokens.peek());
      return this.#made({ change: 'deleteRule', handle, ...name });
    }
    if (verb === 'replace') throw unsimulated('nft', '"replace rule"');
    const rule = parseRule(tokens);
    const side = verb === 'insert' ? 'before' : 'after';
    return this.#made({ change: 'newRule', ...name, ...rule, place: { side, handle } });
  }

  /** `handle N` or `position N`. */
  #handleWord(): number | null {
    if (this.#tokens.take('index')) throw unsimulated('nft', '"index" of rules');
    if (!this.#tokens.take('handle', 'position')) return null;
    this.#handle = this.#tokens.next();
    if (!/^\d+$/.test(this.#handle.text))
      throw new NftError('syntax error, unexpected string, expecting number', this.#handle);
    return Number(this.#handle.text);
  }
}

/** `type … hook … priority …; [policy …;]` */
function baseChain(tokens: Tokens): BaseChain {
  tokens.expect('type');
  const type = tokens.next();
  if (type.text !== 'filter' && type.text !== 'nat' && type.text !== 'route')
    throw new NftError(`unknown chain type ${type.text}`, type);
  tokens.expect('hook');
  const hook = tokens.next();
  const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
  const known = hooks.find((each) => each === hook.text);
  if (hook.text === 'ingress' || hook.text === 'egress') throw unsimulated('nft', `the hook "${hook.text}"`);
  if (known === undefined) throw new NftError(`unknown chain hook`, hook);
  const start = tokens.peek();
  tokens.expect('priority');
  const priority = priorityWord(tokens, start, known);
  let policy: BaseChain['policy'] = 'accept';
  tokens.skipSeparators();
  if (tokens.take('policy')) {
    const word = tokens.next();
    if (word.text !== 'accept' && word.text !== 'drop')
      throw new NftError(`syntax error, unexpected ${word.text}, expecting accept or drop`, word);
    policy = word.text;
  }
  return { type: type.text, hook: known, priority, policy };
}

/** A number, or a name that the hook has, with what is added or taken away. */
function priorityWord(tokens: Tokens, start: Token | null, hook: BaseChain['hook']): number {
  const word = tokens.next();
  if (/^-?\d+$/.test(word.text)) return Number(word.text);
  const value = Object.entries(PRIORITY).find(([name]) => name === word.text)?.[1];
  const misplaced =
    (word.text === 'dstnat' && hook !== 'prerouting') || (word.text === 'srcnat' && hook !== 'postrouting');
  if (value === undefined || misplaced)
    throw new NftError('invalid priority expression value in this context.', start, word);
  const sign = tokens.take('+') ? 1 : tokens.take('-') ? -1 : 0;
  if (sign === 0) return value;
  const away = tokens.next();
  if (!/^\d+$/.test(away.text)) throw new NftError('syntax error, unexpected string, expecting number', away);
  return value + sign * Number(away.text);
}
