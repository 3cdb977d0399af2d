/** File modes: as ls prints them, as chmod reads them. */
import { fileTypeOf, type Stat } from '../../linux/index.ts';

const letters = { file: '-', dir: 'd', symlink: 'l', chr: 'c', blk: 'b', fifo: 'p', sock: 's' } as const;

/** Ten characters: `-rw-r--r--`. */
export function modeString(mode: number): string {
  const bit = (mask: number, letter: string) => ((mode & mask) !== 0 ? letter : '-');
  const execute = (mask: number, special: number, letter: string) => {
    const runs = (mode & mask) !== 0;
    if ((mode & special) === 0) return runs ? 'x' : '-';
    return runs ? letter : letter.toUpperCase();
  };
  return [
    letters[fileTypeOf(mode)],
    bit(0o400, 'r'),
    bit(0o200, 'w'),
    execute(0o100, 0o4000, 's'),
    bit(0o040, 'r'),
    bit(0o020, 'w'),
    execute(0o010, 0o2000, 's'),
    bit(0o004, 'r'),
    bit(0o002, 'w'),
    execute(0o001, 0o1000, 't'),
  ].join('');
}

const bits = { r: 4, w: 2, x: 1 } as const;

/**
 * The mode that `text` (octal, or symbolic as in chmod(1): `u+x,go=r`) makes of `mode`. Null when it is none. `umask` counts
 * where nobody is named.
 */
export function changeMode(text: string, mode: number, isDir: boolean, umask: number): number | null {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777;
  let result = mode & 0o7777;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (match === null) return null;
    for (const [, operator, permissions] of match[2]!.matchAll(/([-+=])([rwxXst]*)/g)) {
      result = apply(result, match[1]!, operator!, permissions!, isDir, umask);
    }
  }
  return result;
}

function apply(
  mode: number,
  who: string,
  operator: string,
  permissions: string,
  isDir: boolean,
  umask: number,
): number {
  const everybody = who === '' || who.includes('a');
  const classes = everybody ? ['u', 'g', 'o'] : [...new Set(who)];
  let mask = 0;
  let clear = 0;
  for (const one of classes) {
    const shift = one === 'u' ? 6 : one === 'g' ? 3 : 0;
    clear |= 7 << shift;
    for (const letter of permissions) {
      if (letter === 'X') mask |= isDir || (mode & 0o111) !== 0 ? 1 << shift : 0;
      else if (letter === 's') mask |= one === 'u' ? 0o4000 : one === 'g' ? 0o2000 : 0;
      else if (letter === 't') mask |= 0o1000;
      else mask |= bits[letter as keyof typeof bits] << shift;
    }
  }
  if (who === '') mask &= ~umask;
  if (operator === '+') return mode | mask;
  if (operator === '-') return mode & ~mask;
  return (mode & ~clear) | mask;
}

export function deviceText(stat: Stat): string {
  return `${stat.rdev.major}, ${stat.rdev.minor}`;
}
