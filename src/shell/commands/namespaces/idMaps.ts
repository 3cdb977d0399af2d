/** Maps of user namespaces as unshare(1) writes them: by itself, or by newuidmap(1) and newgidmap(1) for more than oneself. */
import { encodeUtf8 } from '../../../base/index.ts';
import { type Fd, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { accounts, groups } from '../support.ts';
import { becomeProgram, Failed, must } from './starting.ts';
import { subordinateRange } from './subordinate.ts';

export interface MapWishes {
  /** The id that the caller's own becomes; null: none. */
  readonly own: number | null;
  /** Ranges of inside, outside, count for newuidmap(1); null: the map is written directly. */
  readonly ranges: readonly (readonly [number, number, number])[] | null;
}

/** `<outer>,<inner>,<count>`. Throws Failed. */
function rangeOf(text: string, option: string): [number, number, number] {
  const match = /^(\d+),(\d+),(\d+)$/.exec(text);
  if (match === null) throw new Failed(`invalid mapping '${text}'`);
  const [outside, inside, count] = match.slice(1).map(Number) as [number, number, number];
  if (count === 0) throw new Failed(`invalid mapping '${text}' of --${option}`);
  return [inside, outside, count];
}

function* idOf(kind: 'user' | 'group', text: string): Sys<number> {
  if (/^\d+$/.test(text)) return Number(text);
  const found =
    kind === 'user'
      ? (yield* accounts()).find(({ name }) => name === text)?.uid
      : (yield* groups()).find(({ name }) => name === text)?.gid;
  if (found === undefined) throw new Failed(`unknown ${kind} ${text}`);
  return found;
}

/** What the options ask for, for users or groups. `self` is the caller's own id. */
export function* wishesFor(kind: 'user' | 'group', parsed: Parsed, self: number): Sys<MapWishes> {
  const given = parsed.value(`map-${kind}`);
  const own = parsed.has('map-root-user')
    ? 0
    : parsed.has('map-current-user')
      ? self
      : given === null
        ? null
        : yield* idOf(kind, given);
  const list = parsed.value(`map-${kind}s`);
  if (list === null && !parsed.has('map-auto')) return { own, ranges: null };
  const range: readonly [number, number, number] =
    list === null || list === 'auto' ? yield* subordinateRange(kind) : rangeOf(list, `map-${kind}s`);
  return { own, ranges: own === null ? [range] : around(own, self, range) };
}

/** One's own id makes a hole in the range; the highest id outside is not mapped then. */
function around(own: number, self: number, [inside, outside, count]: readonly [number, number, number]) {
  const ranges: [number, number, number][] = [[own, self, 1]];
  const before = own - inside;
  if (before < 0 || before >= count) return [...ranges, [inside, outside, count] as const];
  if (before > 0) ranges.push([inside, outside, before]);
  if (count > before + 1) ranges.push([own + 1, outside + before, count - before - 1]);
  return ranges;
}

/** Writes to a file of /proc/self. Throws Failed. */
export function* writeSetting(path: string, text: string, what = `write failed ${path}`): Sys<void> {
  const fd: Fd = yield* must(`cannot open ${path}`, () => sys.open(path, O_WRONLY));
  yield* must(what, () => writeAll(fd, encodeUtf8(text)));
  yield* sys.close(fd);
}

/** newuidmap or newgidmap for the process `pid`. Throws Failed with its status. */
export function* mapByHelper(
  kind: 'user' | 'group',
  pid: number,
  ranges: NonNullable<MapWishes['ranges']>,
  env: ReadonlyMap<string, string>,
): Sys<number> {
  const program = kind === 'user' ? 'newuidmap' : 'newgidmap';
  return yield* becomeProgram([program, `${pid}`, ...ranges.flat().map(String)], env);
}
