/**
 * What a call can meet, named: what the layers have at its path, and at the directory above. The checks go through all of it, for every
 * seed, so that what a submission is worth is no matter of luck; chance fills in names, depths, modes and the layers below.
 */
import type { Random } from '../../../src/exercise/index.ts';
import type { Case } from './cases.ts';
import { childOf, parentOf } from './layers.ts';
import type { Call, CallName } from './reference.ts';
import { NAMES, Stage } from './stage.ts';

type Place = (stage: Stage, path: string) => void;

/** What there is at the path itself. */
const AT = {
  nothing: () => {},
  'a file below': (stage, path) => stage.file(stage.below, path),
  'a file of two lower layers': (stage, path) => {
    for (const index of stage.twoBelow) stage.file(index, path);
  },
  'a file of the upper layer': (stage, path) => stage.file(0, path),
  'a file of both': (stage, path) => {
    stage.file(0, path);
    stage.file(stage.below, path);
  },
  'a removed file': (stage, path) => {
    stage.remove(0, path);
    stage.file(stage.below, path);
  },
  'a file removed in a lower layer': (stage, path) => {
    const [middle, low] = stage.twoBelow;
    stage.remove(middle, path);
    stage.file(low, path);
  },
  'a removed directory': (stage, path) => {
    stage.remove(0, path);
    const index = stage.below;
    stage.fullDir(index, path);
    // A name that a directory moved here does not have.
    stage.file(index, childOf(path, 'old'));
  },
  'a directory below': (stage, path) => {
    for (const index of stage.random.chance(1, 2) ? stage.twoBelow : [stage.below])
      stage.fullDir(index, path);
  },
  'a directory of the upper layer': (stage, path) => void stage.fullDir(0, path),
  'a deep directory of the upper layer': (stage, path) => {
    const inside = childOf(path, stage.random.pick(NAMES));
    stage.file(0, childOf(inside, stage.random.pick(NAMES)));
  },
  'an empty directory of the upper layer': (stage, path) => stage.dir(0, path),
  'a directory of both': (stage, path) => {
    const [middle, low] = stage.twoBelow;
    const paths = stage.random.shuffled([...stage.fullDir(low, path), ...stage.fullDir(middle, path)]);
    stage.remove(0, paths[0]!);
    const other = paths.find((another) => another !== paths[0]);
    if (other !== undefined) stage.file(0, other);
    stage.file(0, childOf(path, 'own'));
  },
  'an opaque directory': (stage, path) => {
    stage.fullDir(stage.below, path);
    stage.fullDir(0, path, true);
  },
  'an empty opaque directory': (stage, path) => {
    stage.fullDir(stage.below, path);
    stage.dir(0, path, true);
  },
  'a directory opaque in a lower layer': (stage, path) => {
    const [middle, low] = stage.twoBelow;
    stage.fullDir(low, path);
    stage.fullDir(middle, path, true);
  },
  'an emptied directory': (stage, path) => {
    for (const inside of stage.fullDir(stage.below, path)) stage.remove(0, inside);
  },
  'a file over a directory': (stage, path) => {
    const [middle, low] = stage.twoBelow;
    stage.fullDir(low, path);
    stage.file(stage.random.pick([0, middle]), path);
  },
  'a directory over a file': (stage, path) => {
    stage.file(stage.below, path);
    stage.fullDir(0, path);
  },
} satisfies Record<string, Place>;

type At = keyof typeof AT;

/** What is done at the directory above then: where something is put, what the path had there in the same layer is gone. */
const ABOVE = {
  'a directory below': (stage, path) => stage.dir(stage.below, path),
  'a directory of both': (stage, path) => {
    stage.dir(stage.below, path);
    stage.dir(0, path);
  },
  'directories below': (stage, path) => stage.dir(stage.below, path),
  'an opaque directory': (stage, path) => {
    stage.fullDir(stage.below, path);
    stage.dir(0, path, true);
  },
  'a directory in an opaque one': (stage, path) => {
    stage.dir(stage.below, path);
    stage.dir(0, parentOf(path), true);
  },
  'a removed directory': (stage, path) => {
    stage.dir(stage.below, path);
    stage.remove(0, path);
  },
  'a directory hidden in a lower layer': (stage, path) => {
    if (stage.random.chance(1, 2)) stage.remove(1, path);
    else stage.file(1, path);
  },
  'a directory made anew': (stage, path) => {
    stage.remove(1, path);
    stage.dir(0, path);
  },
  'a file': (stage, path) => stage.file(stage.random.between(0, stage.layers.length - 1), path),
  'something in a file': (stage, path) => stage.file(stage.below, parentOf(path)),
  nothing: (stage, path) => stage.dir(stage.below, parentOf(path)),
  'nothing far and wide': () => {},
} satisfies Record<string, Place>;

type Above = keyof typeof ABOVE;

/** What a path is to meet. */
interface Situation {
  readonly at: At;
  readonly above: Above;
}

/** Ways of which the directories at the top are enough. */
const PLAIN: readonly Above[] = ['a directory below', 'a directory of both'];
const plain = (random: Random, at: At): Situation => ({ at, above: random.pick(PLAIN) });

/** Other ways to a path: most of them lead to less than the layers have there. */
const WAYS: readonly Situation[] = [
  { above: 'directories below', at: 'a file below' },
  { above: 'directories below', at: 'nothing' },
  { above: 'an opaque directory', at: 'a file below' },
  { above: 'an opaque directory', at: 'a directory below' },
  { above: 'an opaque directory', at: 'nothing' },
  { above: 'a directory in an opaque one', at: 'a file below' },
  { above: 'a removed directory', at: 'a file below' },
  { above: 'a directory hidden in a lower layer', at: 'a file of two lower layers' },
  { above: 'a directory made anew', at: 'a file of two lower layers' },
  { above: 'a file', at: 'a file of two lower layers' },
  { above: 'a file', at: 'nothing' },
  { above: 'something in a file', at: 'nothing' },
  { above: 'nothing', at: 'nothing' },
  { above: 'nothing far and wide', at: 'nothing' },
];

const FILES: readonly At[] = [
  'a file below',
  'a file of two lower layers',
  'a file of the upper layer',
  'a file of both',
  'a file over a directory',
];
/** Directories that only the upper layer has a part in. */
const OWN: readonly At[] = [
  'a directory of the upper layer',
  'a deep directory of the upper layer',
  'an empty directory of the upper layer',
  'an opaque directory',
  'a directory over a file',
];
const SHARED: readonly At[] = [
  'a directory below',
  'a directory of both',
  'a directory opaque in a lower layer',
];

/** The paths of a call: two for most renames, one where a path is renamed to itself; none is the root directory. */
interface Task {
  readonly name: CallName;
  readonly met: readonly Situation[];
}

/** All that one path can meet; for a rename a file or a directory of its own onto each thing there can be, and what cannot be moved. */
function tasks(random: Random, name: CallName): Task[] {
  const every = (Object.keys(AT) as At[]).map((at) => plain(random, at));
  if (name !== 'rename')
    return [{ name, met: [] }, ...[...every, ...WAYS].map((situation) => ({ name, met: [situation] }))];
  const some = (ats: readonly At[]) => plain(random, random.pick(ats));
  const missing = plain(random, 'nothing');
  return [
    ...every.map((to) => [some(FILES), to]),
    ...every.map((to) => [some(OWN), to]),
    ...SHARED.map((from) => [plain(random, from), missing]),
    ...WAYS.map((from) => [from, missing]),
    ...WAYS.map((to) => [some([...FILES, ...OWN]), to]),
    [some(FILES)],
    [some([...OWN, ...SHARED])],
  ].map((met) => ({ name, met }));
}

/** Calls on one case: more show less, fewer cost more. */
const CALLS = 5;
/** First names of the paths of a case, twice as many as calls. */
const FIRST = [...'defghijklm'];

/** A path of its own: at the top where the way to it is plain, else one or two directories down. */
function pathFor(random: Random, name: string, { above }: Situation): string {
  const isPlain = PLAIN.includes(above);
  if (isPlain && random.chance(1, 4)) return `/${name}`;
  const deep = isPlain || above === 'a file' ? random.chance(1, 3) : true;
  return `/${name}${deep ? `/${random.pick(NAMES)}` : ''}/${random.pick(NAMES)}`;
}

function arrange(stage: Stage, path: string, { at, above }: Situation): void {
  (AT[at] as Place)(stage, path);
  const parent = parentOf(path);
  if (parent !== '/') (ABOVE[above] as Place)(stage, parent);
}

/** Cases that go once through what calls of `names` can meet, or through `most` of it. */
export function* situationCases(random: Random, names: readonly CallName[], most?: number): Generator<Case> {
  const agenda = random.shuffled(names.flatMap((name) => tasks(random, name))).slice(0, most);
  while (agenda.length > 0) {
    const stage = new Stage(random);
    const firsts = random.shuffled(FIRST);
    const calls = agenda.splice(0, CALLS).map(({ name, met }): Call => {
      const paths = met.map((situation) => {
        const path = pathFor(random, firsts.pop()!, situation);
        arrange(stage, path, situation);
        return path;
      });
      const [path = '/', to = path] = paths;
      return name === 'rename' ? { name, path, to } : { name, path };
    });
    yield { layers: stage.layers.map((layer) => [...layer]), calls };
  }
}
