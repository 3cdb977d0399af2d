/** `conntrack -E`: what happens to connections, as it happens, until a signal comes. */
import { decodeUtf8, isOsError } from '../../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { type FlowEventInfo, openFlowEvents } from '../../../../linux/net/netlink/flowRequests.ts';
import { orNull } from '../../support.ts';
import type { Test } from './filters.ts';
import { eventText } from './flowText.ts';
import { TOOL, Usage } from './protocols.ts';

/** -e's words, and what the events are called on the screen. */
const MASKS = { NEW: 'new', UPDATES: 'update', DESTROY: 'destroy' } as const;
const NAMES: Readonly<Record<FlowEventInfo['kind'], string>> = {
  new: '[NEW]',
  update: '[UPDATE]',
  destroy: '[DESTROY]',
};

const LOSING = `WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.
`;

export interface EventOptions {
  readonly mask: string | null;
  readonly extended: boolean;
  /** Each line begins with the time of day. */
  readonly timestamps: boolean;
  readonly tests: readonly Test[];
}

/** Throws Usage. */
function kindsOf(mask: string | null): readonly FlowEventInfo['kind'][] {
  const words = (mask ?? 'ALL').split(',');
  const wrong = words.find((word) => word !== 'ALL' && !Object.hasOwn(MASKS, word));
  if (wrong !== undefined) throw new Usage(`Bad parameter \`${wrong}'`);
  if (words.includes('ALL')) return Object.values(MASKS);
  return words.map((word) => MASKS[word as keyof typeof MASKS]);
}

function* stamp(): Sys<string> {
  const { sec, nsec } = yield* sys.clock_gettime('realtime');
  return `[${sec}.${`${Math.floor(nsec / 1000)}`.padStart(6, '0')}]\t`;
}

/** The process that did it, with its name while it is still there. */
function* causeText(by: number | null): Sys<string> {
  if (by === null) return '';
  const name = yield* orNull(() => readFile(`/proc/${by}/comm`));
  return ` [USERSPACE] portid=${by}${name === null ? '' : ` progname=${decodeUtf8(name).trimEnd()}`}`;
}

/** Throws EPERM, Usage. */
export function* showEvents({ mask, extended, timestamps, tests }: EventOptions): Sys<number> {
  const kinds = kindsOf(mask);
  yield* sys.sigaction('INT', 'catch');
  yield* sys.sigaction('TERM', 'catch');
  const socket = yield* openFlowEvents();
  let shown = 0;
  for (;;) {
    // Asked each time: where events are always waiting, nothing interrupts the waiting for them.
    if ((yield* sys.takeSignals()).some((signal) => signal === 'INT' || signal === 'TERM')) {
      yield* writeAll(2, `${TOOL}: ${shown} flow events have been shown.\n`);
      return 0;
    }
    try {
      const { kind, flow, by } = yield* socket.next();
      if (!kinds.includes(kind) || !tests.every((test) => test(flow))) continue;
      const time = timestamps ? yield* stamp() : '';
      shown++;
      yield* writeAll(
        1,
        `${time}${NAMES[kind].padStart(9)} ${eventText(flow, extended)}${yield* causeText(by)}\n`,
      );
    } catch (error) {
      if (isOsError(error, 'ENOBUFS')) yield* writeAll(2, LOSING);
      else if (!isOsError(error, 'EINTR')) throw error;
    }
  }
}
