/** States as ss(8) names and chooses them. */
import type { SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { Refused } from '../words.ts';

export type State = SocketInfo['state'];

/** By their names in filters (`scan_state`, misc/ss.c). */
const NAMES: ReadonlyMap<string, State> = new Map([
  ['established', 'ESTABLISHED'],
  ['syn-sent', 'SYN-SENT'],
  ['syn-recv', 'SYN-RECEIVED'],
  ['syn-rcv', 'SYN-RECEIVED'],
  ['fin-wait-1', 'FIN-WAIT-1'],
  ['fin-wait-2', 'FIN-WAIT-2'],
  ['time-wait', 'TIME-WAIT'],
  ['close', 'CLOSED'],
  ['closed', 'CLOSED'],
  ['unconnected', 'CLOSED'],
  ['close-wait', 'CLOSE-WAIT'],
  ['last-ack', 'LAST-ACK'],
  ['listening', 'LISTEN'],
  ['closing', 'CLOSING'],
]);

export const ALL_STATES: readonly State[] = [...new Set(NAMES.values())];
const without = (...left: readonly State[]) => ALL_STATES.filter((state) => !left.includes(state));

/** Those of -l, and those without any option. */
export const LISTENING: readonly State[] = ['LISTEN', 'CLOSED'];
export const CONNECTIONS = without('LISTEN', 'CLOSED', 'TIME-WAIT', 'SYN-RECEIVED');

const GROUPS: ReadonlyMap<string, readonly State[]> = new Map([
  ['all', ALL_STATES],
  ['connected', without('CLOSED', 'LISTEN')],
  ['synchronized', without('CLOSED', 'LISTEN', 'SYN-SENT')],
  ['bucket', ['SYN-RECEIVED', 'TIME-WAIT']],
  ['big', without('SYN-RECEIVED', 'TIME-WAIT')],
]);

function statesNamed(name: string): readonly State[] {
  const state = NAMES.get(name.toLowerCase());
  const states = GROUPS.get(name.toLowerCase()) ?? (state === undefined ? null : [state]);
  if (states === null) throw new Refused(`ss: wrong state name: ${name}`, 255);
  return states;
}

/** What `state NAME` and `exclude NAME` at the beginning choose, and what follows them. Throws Refused. */
export function chosenStates(
  words: readonly string[],
  otherwise: readonly State[],
): { readonly states: readonly State[]; readonly rest: readonly string[] } {
  let states: readonly State[] | null = null;
  let at = 0;
  for (; words[at] === 'state' || words[at] === 'exclude' || words[at] === 'excl'; at += 2) {
    const name = words[at + 1];
    if (name === undefined) throw new Refused('Command line is not complete. Try option "help"', 255);
    const named = statesNamed(name);
    if (words[at] === 'state') states = [...(states ?? []), ...named];
    else states = (states ?? ALL_STATES).filter((each) => !named.includes(each));
  }
  return { states: states ?? otherwise, rest: words.slice(at) };
}
