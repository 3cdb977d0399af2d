/** Names of securebits, as setpriv(1) has them. */

/** By bit, from the lowest; the later ones it does not know. */
export const securebitNames = [
  'noroot',
  'noroot_locked',
  'no_setuid_fixup',
  'no_setuid_fixup_locked',
  'keep_caps',
  'keep_caps_locked',
] as const;

/** `+noroot,-no_setuid_fixup`; the message when it is none. */
export function parseSecurebits(text: string, before: number): number | string {
  let bits = before;
  for (const word of text.split(',')) {
    if (!/^[+-]/.test(word)) return 'bad securebits string';
    if (word === '-all') {
      bits = 0;
      continue;
    }
    const at = (securebitNames as readonly string[]).indexOf(word.slice(1));
    if (word.slice(1) === 'keep_caps') return 'adjusting keep_caps does not make sense';
    if (at < 0) return 'unrecognized securebit';
    bits = word.startsWith('+') ? bits | (1 << at) : bits & ~(1 << at);
  }
  return bits;
}
