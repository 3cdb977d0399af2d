/** `ip tuntap`: taps that stay when nobody has them open. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import { rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { readLinks } from '../links.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';

const HELP = 'Usage: ip tuntap { add | del } [ dev ] NAME mode tap\n       ip tuntap show\n';

export function* tuntapObject(words: Words): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, ['add', 'delete', 'show', 'list', 'lst', 'help']);
  if (word !== null) words.next();
  if (command === 'help') {
    yield* writeAll(1, HELP);
    return 0;
  }
  const links = yield* readLinks();
  if (command === 'show' || command === 'list' || command === 'lst') {
    const taps = links.all.filter(({ kind }) => kind === 'tap');
    yield* writeAll(1, taps.map(({ name }) => `${name}: tap\n`).join(''));
    return 0;
  }
  if (command === null) throw new Refused(`Command "${word}" is unknown, try "ip tuntap help".`, 255);
  const name = tapWords(words);
  if (command === 'add') yield* rtnetlink('RTM_NEWLINK', { kind: 'tap', name });
  else yield* rtnetlink('RTM_DELLINK', { index: links.need(name).index });
  return 0;
}

function tapWords(words: Words): string {
  let name: string | null = null;
  let mode: string | null = null;
  while (!words.done) {
    if (words.take('mode')) mode = words.next();
    else if (words.take('user', 'group', 'pi', 'one_queue', 'multi_queue', 'vnet_hdr'))
      throw unsimulated('ip', 'this setting of a tap');
    else {
      words.take('dev', 'name');
      name = words.next();
    }
  }
  if (mode === null) throw new Refused('You failed to specify a tunnel mode', 255);
  if (mode !== 'tap') throw unsimulated('ip', `the mode "${mode}" of tuntap`);
  if (name === null) throw unsimulated('ip', 'a tap without a name');
  return name;
}
