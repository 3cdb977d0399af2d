/** What is said of a failed check beyond what happened: nothing about its subject where the code has a slip. */
import type { Feedback } from './types.ts';

type About = Pick<Feedback, 'misconception' | 'next'>;

/** The language's own errors: a mistyped name, a value that is not there. */
const SLIP = /\bthrew (?:Type|Reference|Range)Error\b/;

const MEND_FIRST = 'Mend this error first: it says nothing yet about what this check looks at.';

/** `about` the check, unless `actual` tells of a slip, which no misconception explains. */
export function explained(actual: string, { misconception, next }: About): About {
  return SLIP.test(actual)
    ? { next: MEND_FIRST }
    : { ...(misconception !== undefined && { misconception }), ...(next !== undefined && { next }) };
}
