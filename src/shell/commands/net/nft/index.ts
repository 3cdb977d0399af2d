/** nft(8): the packet filter's tables, chains and rules. */
import { decodeUtf8, isOsError, strerror } from '../../../../base/index.ts';
import { type Program, readAll, readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import {
  type FilterFailure,
  nfnetlink,
  type TableInfo,
} from '../../../../linux/net/netlink/filterRequests.ts';
import { rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { orNull } from '../../support.ts';
import { Refused } from '../words.ts';
import { type Change, type Command, parseCommands } from './commands.ts';
import { chainText, type FormatOptions, isManagedByIptables } from './format.ts';
import { resolveSets } from './resolveSets.ts';
import { setText } from './setText.ts';
import { tableText } from './tableText.ts';
import { errorText, NftError, Tokens, tokenize } from './tokens.ts';

const HELP = `Usage: nft [ options ] [ cmds... ]

Options:
  -h, --help       Show this help
  -v, --version    Show version information
  -f, --file FILE  Read commands from FILE, - for standard input
  -a, --handle     Show handles of tables, chains and rules
  -s, --stateless  Show rules without what they have counted
  -t, --terse      Show sets without their elements
  -n, --numeric    Show priorities of chains as numbers
  -c, --check      Change nothing, and say what would be wrong

Commands: list, add, create, insert, delete, flush of ruleset, table, chain, rule, set and element.
`;
const VERSION = 'nftables v1.0.6 (Lester Gooch #5)\n';

type List = Extract<Command, { kind: 'list' }>;

/** Which part of a change an error is about. */
function placeOf({ error, table, chain }: FilterFailure, { change, places }: Change): NftError {
  const { first, last } = places;
  const message = `Could not process rule: ${strerror(error.code)}`;
  // What is about a whole command is marked to the end of its line.
  const whole = new NftError(message, first, null);
  if (change.change === 'flushRuleset') return whole;
  const ofTable =
    change.change === 'newTable' || change.change === 'deleteTable' || change.change === 'flushTable';
  if (!table && 'set' in change) return new NftError(strerror(error.code), places.table);
  if (ofTable || !table) return new NftError(message, places.table);
  // A set that must not change is no element's fault.
  if (places.element !== null && error.code === 'EBUSY') return whole;
  if (places.element !== null) return new NftError(message, places.element);
  if ('set' in change && change.change !== 'flushSet') return new NftError(message, places.chain);
  if (change.change === 'flushSet') return new NftError(strerror(error.code), places.chain);
  if (change.change === 'deleteChain' || error.code === 'EEXIST') return new NftError(message, places.chain);
  if (error.code === 'ELOOP') return new NftError('Could not process rule: Too many links', first, null);
  if (error.code !== 'ENOENT') return whole;
  if (!chain) return new NftError(message, places.chain);
  // A chain to jump to stands at the rule's end.
  return new NftError(message, places.handle ?? last);
}

function* change(commands: readonly Change[], check: boolean): Sys<void> {
  if (commands.length === 0) return;
  const changes = commands.map((each) => each.change);
  const failure = yield* nfnetlink(check ? 'NFT_CHECK' : 'NFT_BATCH', changes);
  if (failure !== null) throw placeOf(failure, commands[failure.at]!);
}

function* list({ what, family, table, chain }: List, options: FormatOptions): Sys<void> {
  const all = yield* nfnetlink('NFT_GETRULESET', null);
  const tables = all.filter((each) => family === null || each.family === family);
  if (what === 'tables') {
    const end = (each: TableInfo) => (options.handles ? ` # handle ${each.handle}` : '');
    yield* writeAll(1, tables.map((each) => `table ${each.family} ${each.name}${end(each)}\n`).join(''));
    return;
  }
  if (what === 'ruleset') {
    for (const each of tables) yield* tableShown(each, options);
    return;
  }
  if (what === 'chains') {
    for (const each of tables) {
      const chains = each.chains.map((one) => chainText(one, each.family, options, false)).join('');
      yield* writeAll(1, `table ${each.family} ${each.name} {\n${chains}}\n`);
    }
    return;
  }
  const found = tables.find((each) => each.name === table?.text);
  if (table !== null && found === undefined) throw new NftError(strerror('ENOENT'), table);
  if (what === 'sets') {
    for (const each of found === undefined ? tables : [found]) {
      const sets = each.sets.map((one) => setText(one, options)).join('');
      yield* writeAll(1, `table ${each.family} ${each.name} {\n${sets}}\n`);
    }
    return;
  }
  if (found === undefined) return;
  if (what === 'set') {
    const sets = found.sets.filter(({ name }) => name === chain!.text);
    if (sets.length === 0) throw new NftError(strerror('ENOENT'), chain);
    yield* tableShown(found, options, { sets, chains: [] }, false);
    return;
  }
  const chains = chain === null ? found.chains : found.chains.filter(({ name }) => name === chain.text);
  if (chain !== null && chains.length === 0) throw new NftError(strerror('ENOENT'), chain);
  yield* tableShown(found, options, { sets: chain === null ? found.sets : [], chains });
}

function* tableShown(
  table: TableInfo,
  options: FormatOptions,
  shown: Pick<TableInfo, 'sets' | 'chains'> = table,
  numbered = true,
): Sys<void> {
  if (isManagedByIptables(table))
    yield* writeAll(
      2,
      `# Warning: table ${table.family} ${table.name} is managed by iptables-nft, do not touch!\n`,
    );
  yield* writeAll(1, tableText(table, options, shown, numbered));
}

/** Changes that follow each other are made together. */
function* perform(text: string, file: string | null, { options, check }: Arguments): Sys<number> {
  try {
    const tokens = new Tokens(tokenize(text));
    const commands = parseCommands(tokens);
    for (const device of tokens.devices)
      if ((yield* orNull(() => rtnetlink('RTM_GETLINK', { name: device.text }), 'ENODEV')) === null)
        throw new NftError('Interface does not exist', device);
    if ((yield* sys.geteuid()) !== 0) {
      const asks = commands[0]?.kind === 'list';
      throw asks
        ? new Refused(
            'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted',
            1,
          )
        : commands[0]?.kind === 'change' || commands[0]?.kind === 'elements'
          ? new NftError('Could not process rule: Operation not permitted', commands[0].places.first, null)
          : new Refused('Operation not permitted (you must be root)', 1);
    }
    let changes: Change[] = [];
    for (const command of resolveSets(commands, yield* nfnetlink('NFT_GETRULESET', null))) {
      if (command.kind === 'change') changes.push(command);
      else {
        yield* change(changes, check);
        changes = [];
        yield* list(command, options);
      }
    }
    yield* change(changes, check);
    return 0;
  } catch (error) {
    if (!(error instanceof NftError)) throw error;
    yield* writeAll(2, errorText(error, text, file));
    return 1;
  }
}

interface Arguments {
  readonly options: FormatOptions;
  /** -c */
  readonly check: boolean;
  readonly file: string | null;
  readonly words: readonly string[];
  readonly print: string | null;
}

/** Options may stand before the commands only. Throws Refused. */
function parseArguments(args: readonly string[]): Arguments {
  let options: FormatOptions = { handles: false, stateless: false, terse: false, numeric: false };
  let check = false;
  let file: string | null = null;
  const rest = [...args];
  while (rest[0]?.startsWith('-')) {
    const word = rest.shift()!;
    if (word === '--') break;
    if (word === '-h' || word === '--help') return { options, check, file, words: [], print: HELP };
    if (word === '-v' || word === '--version') return { options, check, file, words: [], print: VERSION };
    if (word === '-a' || word === '--handle') options = { ...options, handles: true };
    else if (word === '-s' || word === '--stateless') options = { ...options, stateless: true };
    else if (word === '-t' || word === '--terse') options = { ...options, terse: true };
    else if (/^-n+$/.test(word) || word === '--numeric') options = { ...options, numeric: true };
    else if (word === '-c' || word === '--check') check = true;
    else if (word === '-f' || word === '--file') {
      const given = rest.shift();
      if (given === undefined) throw new Refused("nft: option requires an argument -- 'f'", 1);
      file = given;
    } else if (
      /^-[DdeIijNopuSTyVE]|^--(json|interactive|echo|debug|includepath|optimize|define|service|reversedns|guid)/.test(
        word,
      )
    )
      throw new Refused(`nft: the option "${word}" is not simulated`, 1);
    else throw new Refused(`nft: invalid option -- '${word.replace(/^--?/, '')}'`, 1);
  }
  return { options, check, file, words: rest, print: null };
}

function* run(args: readonly string[]): Sys<number> {
  const given = parseArguments(args);
  const { file, words, print } = given;
  if (print !== null) {
    yield* writeAll(1, print);
    return 0;
  }
  if (file !== null) {
    try {
      const standard = file === '-';
      const bytes = standard ? yield* readAll(0) : yield* readFile(file);
      return yield* perform(decodeUtf8(bytes), standard ? '/dev/stdin' : file, given);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EPIPE') throw error;
      throw new Refused(`internal:0:0-0: Error: Could not open file "${file}": ${strerror(error.code)}\n`, 1);
    }
  }
  if (words.length === 0) throw new Refused('nft: no command specified', 1);
  return yield* perform(words.join(' '), null, given);
}

export const nftProgram: Program = function* ({ argv }) {
  try {
    return yield* run(argv.slice(1));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    yield* writeAll(2, `${error.message}\n`);
    return 1;
  }
};

const objects = (names: readonly string[]): CompletionSpec => ({
  subcommands: new Map(names.map((name) => [name, { operands: 'none' }])),
});

export const nftCompletion: CompletionSpec = {
  subcommands: new Map([
    ['add', objects(['chain', 'element', 'rule', 'set', 'table'])],
    ['create', objects(['chain', 'element', 'set', 'table'])],
    ['delete', objects(['chain', 'element', 'rule', 'set', 'table'])],
    ['flush', objects(['chain', 'ruleset', 'set', 'table'])],
    ['insert', objects(['rule'])],
    ['list', objects(['chain', 'chains', 'ruleset', 'set', 'sets', 'table', 'tables'])],
  ]),
};
