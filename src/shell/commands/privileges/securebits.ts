/** Names of securebits, as setpriv(1) has them. */

/** By bit, from the lowest. */
export const securebitNames = [
  'noroot',
  'noroot_locked',
  'no_setuid_fixup',
  'no_setuid_fixup_locked',
  'keep_caps',
  'keep_caps_locked',
  'no_cap_ambient_raise',
  'no_cap_ambient_raise_locked',
] as const;

/** `+noroot,-keep_caps`; null for what is none. The kernel clears keep_caps at each execve: it is no choice here. */
export function parseSecurebits(text: string, before: number): number | null {
  let bits = before;
  for (const word of text.split(',')) {
    const at = (securebitNames as readonly string[]).indexOf(word.slice(1));
    if (word === '-all') {
      bits = 0;
      continue;
    }
    if (at < 0 || word.slice(1) === 'keep_caps' || !/^[+-]/.test(word)) return null;
    bits = word.startsWith('+') ? bits | (1 << at) : bits & ~(1 << at);
  }
  return bits;
}
