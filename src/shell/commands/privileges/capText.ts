/** Sets of capabilities as text: cap_from_text(3), cap_iab(3), as libcap writes and reads them. */
import {
  ALL_CAPABILITIES,
  CAPABILITIES,
  type Capability,
  type CapabilitySet,
  type CapabilitySets,
  capabilitiesIn,
  capabilitySet,
  includesCapability,
  NO_CAPABILITIES,
  parseCapability,
} from '../../../linux/index.ts';

export type ThreeSets = Pick<CapabilitySets, 'permitted' | 'effective' | 'inheritable'>;

export const NOTHING: ThreeSets = {
  permitted: NO_CAPABILITIES,
  effective: NO_CAPABILITIES,
  inheritable: NO_CAPABILITIES,
};

const EFFECTIVE = 1;
const PERMITTED = 2;
const INHERITABLE = 4;

/** `cap_chown,cap_kill`. */
export const namesOf = (set: CapabilitySet): string =>
  capabilitiesIn(set)
    .map((name) => name.toLowerCase())
    .join(',');

const letters = (flags: number): string =>
  ((flags & EFFECTIVE) !== 0 ? 'e' : '') +
  ((flags & INHERITABLE) !== 0 ? 'i' : '') +
  ((flags & PERMITTED) !== 0 ? 'p' : '');

function flagsOf({ permitted, effective, inheritable }: ThreeSets, name: Capability): number {
  return (
    (includesCapability(effective, name) ? EFFECTIVE : 0) |
    (includesCapability(permitted, name) ? PERMITTED : 0) |
    (includesCapability(inheritable, name) ? INHERITABLE : 0)
  );
}

/** `=ep cap_kill-e`: what most have, and who differs from it. */
export function formatSets(sets: ThreeSets): string {
  const groups = Array.from({ length: 8 }, (_, flags) =>
    CAPABILITIES.filter((name) => flagsOf(sets, name) === flags),
  );
  let most = 7;
  for (let flags = 6; flags >= 0; flags--) if (groups[flags]!.length >= groups[most]!.length) most = flags;
  let base = most === 0;
  const parts: string[] = base ? [] : [`=${letters(most)}`];
  for (let flags = 7; flags >= 0; flags--) {
    const names = groups[flags]!;
    if (flags === most || names.length === 0) continue;
    const more = flags & ~most;
    const less = most & ~flags;
    const list = names.map((name) => name.toLowerCase()).join(',');
    const plus = more === 0 ? '' : `${base ? '=' : '+'}${letters(more)}`;
    base = false;
    parts.push(`${list}${plus}${less === 0 ? '' : `-${letters(less)}`}`);
  }
  return parts.length === 0 ? '=' : parts.join(' ');
}

/** Null for what is no such text. */
export function parseSets(text: string): ThreeSets | null {
  let sets = NOTHING;
  for (const clause of text.trim().split(/\s+/)) {
    const match = /^([a-z0-9_,]*)((?:[=+-][eip]*)+)$/i.exec(clause);
    if (match === null) return null;
    const names = parseNames(match[1] === '' ? 'all' : match[1]!);
    if (names === null || (match[1] === '' && !match[2]!.startsWith('='))) return null;
    for (const [, operator, flags = ''] of match[2]!.matchAll(/([=+-])([eip]*)/g)) {
      if (operator !== '=' && flags === '') return null;
      sets = applied(sets, names, operator as '=' | '+' | '-', flags);
    }
  }
  return sets;
}

function applied(sets: ThreeSets, names: CapabilitySet, operator: '=' | '+' | '-', flags: string): ThreeSets {
  const change = (set: CapabilitySet, letter: string) => {
    const named = flags.includes(letter);
    if (operator === '=') return named ? set | names : set & ~names;
    if (!named) return set;
    return operator === '+' ? set | names : set & ~names;
  };
  return {
    permitted: change(sets.permitted, 'p'),
    effective: change(sets.effective, 'e'),
    inheritable: change(sets.inheritable, 'i'),
  };
}

/** `all`, or names with commas between; null when one is none. */
export function parseNames(text: string): CapabilitySet | null {
  if (text.toLowerCase() === 'all') return ALL_CAPABILITIES;
  const names = text.split(',').map((word) => (/^cap_/i.test(word) ? parseCapability(word) : null));
  return names.every((name) => name !== null) ? capabilitySet(...names) : null;
}

/** `!cap_chown,^cap_kill`: out of bounds, ambient, and inheritable alone. */
export function formatIab(sets: Pick<CapabilitySets, 'inheritable' | 'ambient' | 'bounding'>): string {
  return CAPABILITIES.flatMap((name) => {
    const out = !includesCapability(sets.bounding, name);
    const ambient = includesCapability(sets.ambient, name);
    const inheritable = includesCapability(sets.inheritable, name);
    if (!out && !ambient && !inheritable) return [];
    const mark = ambient ? '^' : inheritable && out ? '%' : '';
    return [`${out ? '!' : ''}${mark}${name.toLowerCase()}`];
  }).join(',');
}
