/** How awk ends before its time, with the wording of mawk 1.3.4, which is Debian's awk. */

/** Ends awk with a message, which stands behind `awk: `, and status 2. */
export class AwkError extends Error {}

/** A mistake of the running program: told with the place in the input. */
export class RunTimeError extends Error {}

/** `exit`: unwinds to the end of the rule, through all calls. The status it gave is with the machine. */
export class ExitSignal extends Error {}

/** A string longer than this is refused: real memory ends too. */
export const LONGEST_TEXT = 1 << 26;

/** `text` again, unless it is longer than any memory. */
export function bounded(text: string): string {
  if (text.length > LONGEST_TEXT) throw new AwkError('out of memory');
  return text;
}
