/** bridge(8): ports, forwarding databases and VLANs of bridges. */
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import type { JsonOptions } from '../json.ts';
import { answering, expand, Refused, unsimulated, Words } from '../words.ts';
import { fdbObject } from './fdb.ts';
import { linkObject } from './link.ts';
import { vlanObject } from './vlan.ts';

export interface BridgeOptions extends JsonOptions {
  readonly details: boolean;
  readonly statistics: boolean;
}

type BridgeObject = (words: Words, options: BridgeOptions) => Sys<number>;

const OBJECTS: readonly (readonly [string, BridgeObject | null])[] = [
  ['link', linkObject],
  ['fdb', fdbObject],
  ['mdb', null],
  ['vlan', vlanObject],
  ['vni', null],
  ['monitor', null],
];

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb | vlan }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -j[son] | -p[retty] }
`;
const OTHER_OPTIONS = [
  'oneline',
  'timestamp',
  'tshort',
  'netns',
  'color',
  'compressvlans',
  'force',
  'batch',
  'Numeric',
  '4',
  '6',
  'family',
];

function* run(args: readonly string[]): Sys<number> {
  let details = false;
  let statistics = false;
  let json = false;
  let pretty = false;
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const word = args[at]!.replace(/^--?/, '');
    if ('statistics'.startsWith(word) || word === 'stats') statistics = true;
    else if ('details'.startsWith(word)) details = true;
    else if (word !== '' && 'json'.startsWith(word)) json = true;
    else if (word !== '' && 'pretty'.startsWith(word)) pretty = true;
    else if ('Version'.startsWith(word)) {
      yield* writeAll(1, 'bridge utility, 6.1.0\n');
      return 0;
    } else if ('help'.startsWith(word)) {
      yield* writeAll(1, USAGE);
      return 0;
    } else if (OTHER_OPTIONS.some((name) => name.startsWith(word)))
      throw unsimulated('bridge', `the option "${args[at]}"`);
    else throw new Refused(`Option "${args[at]}" is unknown, try "bridge help".`, 255);
  }
  const [word, ...words] = args.slice(at);
  if (word === undefined) throw new Refused(USAGE.trimEnd(), 255);
  if (word === 'help') {
    yield* writeAll(1, USAGE);
    return 0;
  }
  const name = expand(
    word,
    OBJECTS.map(([each]) => each),
  );
  if (name === null) throw new Refused(`Object "${word}" is unknown, try "bridge help".`, 255);
  const object = OBJECTS.find(([each]) => each === name)![1];
  if (object === null) throw unsimulated('bridge', `"bridge ${name}"`);
  return yield* object(new Words(words), { details, statistics, json, pretty });
}

export const bridgeProgram: Program = ({ argv }) => answering(255, () => run(argv.slice(1)));

const commands = (names: readonly string[]): CompletionSpec => ({
  subcommands: new Map(names.map((name) => [name, { operands: 'none' }])),
});

export const bridgeCompletion: CompletionSpec = {
  subcommands: new Map([
    ['fdb', commands(['add', 'append', 'delete', 'replace', 'show'])],
    ['link', commands(['set', 'show'])],
    ['vlan', commands(['add', 'delete', 'show'])],
  ]),
};
