/** `ip rule`: in which order tables of routes are asked. There are the kernel's own three rules, and none can be added. */
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { jsonText } from '../json.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';
import type { IpOptions } from './options.ts';
import { tableNumber } from './tables.ts';

const COMMANDS = ['list', 'lst', 'show', 'add', 'delete', 'flush', 'save', 'restore', 'help'];
const HELP = 'Usage: ip rule [ list [ table TABLE ] ]\n';

/** `fib_default_rules_init` of Linux' net/ipv4/fib_rules.c; the last table has never a route. */
const RULES = [
  { priority: 0, table: 'local', number: 255 },
  { priority: 32_766, table: 'main', number: 254 },
  { priority: 32_767, table: 'default', number: 253 },
];

export function* ruleObject(words: Words, options: IpOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  if (command === null) throw new Refused(`Command "${word}" is unknown, try "ip rule help".`, 255);
  if (command === 'help') {
    yield* writeAll(1, HELP);
    return 0;
  }
  if (!['list', 'lst', 'show'].includes(command)) throw unsimulated('ip', `"rule ${command}"`);
  let wanted: number | null = null;
  while (!words.done) {
    if (!words.take('table', 'lookup'))
      throw unsimulated('ip', `the selection of rules by "${words.peek()}"`);
    wanted = tableNumber(words.next());
  }
  const shown = RULES.filter(({ number }) => wanted === null || number === wanted);
  const text = options.json
    ? jsonText(
        shown.map(({ priority, table }) => ({
          priority,
          src: 'all',
          table,
          ...(options.details && { protocol: 'kernel' }),
        })),
        options,
      )
    : shown
        .map(
          ({ priority, table }) =>
            `${priority}:\tfrom all lookup ${table}${options.details ? ' proto kernel' : ''}\n`,
        )
        .join('');
  yield* writeAll(1, text);
  return 0;
}
