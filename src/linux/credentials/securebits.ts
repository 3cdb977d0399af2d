/** Flags that take the user 0's special treatment away: capabilities(7), "The securebits flags". Each has a lock one bit above. */
export const SECBIT_NOROOT = 1;
export const SECBIT_NO_SETUID_FIXUP = 4;
export const SECBIT_KEEP_CAPS = 16;
export const SECBIT_NO_CAP_AMBIENT_RAISE = 64;
/** All locks. */
const LOCKS = 0xaa;
const KNOWN = 0xff;

/** Whether prctl(PR_SET_SECUREBITS) may turn `before` into `after`: locked flags stay, locks stay, and nothing unknown comes. */
export function mayChangeSecurebits(before: number, after: number): boolean {
  const locked = (before & LOCKS) >> 1;
  if ((locked & (before ^ after)) !== 0) return false;
  return (before & LOCKS & ~after) === 0 && (after & ~KNOWN) === 0;
}
