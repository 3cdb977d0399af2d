/** What can be switched on less's command line, and most of it while it runs. */
import type { Parsed } from '../../options.ts';
import { LONG_PROMPT, MEDIUM_PROMPT, SHORT_PROMPT } from './prompt.ts';

export interface LessOptions {
  numbers: boolean;
  chop: boolean;
  /** SGR sequences colour instead of being shown. */
  colours: boolean;
  tildes: boolean;
  /** `smart`: capitals in the pattern make it exact. */
  ignoreCase: 'no' | 'smart' | 'always';
  /** Leave at the end: when one moves past it, or as soon as it is seen. */
  quitAtEnd: 'no' | 'second' | 'first';
  readonly quitOnInterrupt: boolean;
  prompt: string;
  status: string | null;
  /** Rows of a window; null: the screen's. */
  window: number | null;
  /** Rows of half a window, once it was said. */
  scroll: number | null;
}

export function lessOptions(parsed: Parsed): LessOptions {
  const lastOf = (...keys: string[]) => parsed.order.findLast((key) => keys.includes(key));
  const length = lastOf('long-prompt', 'LONG-PROMPT', 'P');
  const prompts: Record<string, string> = {
    'long-prompt': MEDIUM_PROMPT,
    'LONG-PROMPT': LONG_PROMPT,
    P: custom(parsed.value('P') ?? '', 's') ?? SHORT_PROMPT,
  };
  return {
    numbers: parsed.has('LINE-NUMBERS'),
    chop: parsed.has('chop-long-lines'),
    colours: parsed.has('RAW-CONTROL-CHARS'),
    tildes: !parsed.has('tilde'),
    ignoreCase: parsed.has('IGNORE-CASE') ? 'always' : parsed.has('ignore-case') ? 'smart' : 'no',
    quitAtEnd: parsed.has('QUIT-AT-EOF') ? 'first' : parsed.has('quit-at-eof') ? 'second' : 'no',
    quitOnInterrupt: parsed.has('quit-on-intr'),
    prompt: length === undefined ? SHORT_PROMPT : prompts[length]!,
    status: custom(parsed.value('P') ?? '', '='),
    window: null,
    scroll: null,
  };
}

/** `-P` may name which prompt it is for: `s` (the default), or `=`. */
function custom(text: string, which: 's' | '='): string | null {
  const named = /^[smM=hw]/.exec(text)?.[0] ?? '';
  if ((named || 's') !== which) return null;
  return text === '' ? null : text.slice(named.length);
}
