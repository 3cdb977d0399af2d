/** GET /libpod/events: what happens, in podman's words. */
import { SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { type EventMessage, matchesFilters } from '../events.ts';
import { parseFilters } from '../filters.ts';
import { isTrue } from '../http.ts';
import { secondsOf } from '../inspect.ts';
import { EngineError } from '../model.ts';
import type { Call } from './call.ts';

/** Docker's word for what has happened → podman's, where they differ. */
const actions: Readonly<Record<string, string>> = {
  ...{ die: 'died', destroy: 'remove', delete: 'remove' },
  ...{ exec_start: 'exec', load: 'loadfromarchive' },
};

/** Of what podman knows: its clients do not go on after another word. */
const known = new Set([
  ...[
    'attach',
    'commit',
    'connect',
    'create',
    'died',
    'disconnect',
    'exec',
    'exec_died',
    'export',
    'health_status',
  ],
  ...[
    'import',
    'kill',
    'loadfromarchive',
    'mount',
    'pause',
    'prune',
    'pull',
    'push',
    'remove',
    'rename',
    'restart',
  ],
  ...['save', 'start', 'stop', 'tag', 'unmount', 'unpause', 'untag'],
]);

function podmansWord({ Type, Action }: EventMessage): string | null {
  const word = Action.replace(/:.*/, '');
  const own = actions[word] ?? word;
  return known.has(own) && ['container', 'image', 'network', 'volume'].includes(Type) ? own : null;
}

/** Null for what podman has no word for. */
function eventLine(message: EventMessage): string | null {
  const { Type, Actor, sec, nsec } = message;
  const word = podmansWord(message);
  if (word === null) return null;
  const { exitCode = '0', ...attributes } = Actor.Attributes;
  const event = {
    ...{ Type, Action: word, scope: 'local', time: sec },
    Actor: {
      ID: Actor.ID.replace(/^sha256:/, ''),
      Attributes: { ...attributes, containerExitCode: exitCode },
    },
  };
  return `${JSON.stringify(event).slice(0, -1)},"timeNano":${sec}${String(nsec).padStart(9, '0')}}\n`;
}

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** An instant as podman's clients give it: seconds since 1970, RFC 3339, or how long it is from now, `1h30m`. Null: none is given. */
function instant(text: string | undefined, now: number, direction: 1 | -1): number | null {
  if (text === undefined || text === '') return null;
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (/^([\d.]+(h|ms|us|ns|m|s))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(h|ms|us|ns|m|s)/g)];
    return now + direction * parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  }
  const seconds = secondsOf(text);
  if (Number.isNaN(seconds)) throw new EngineError(400, `failed to parse time "${text}"`);
  return seconds;
}

/** Podman's names of filters' values are its own, too. */
function eventFilters(text: string | undefined) {
  const keys = ['container', 'event', 'image', 'label', 'network', 'type', 'volume'];
  const filters = new Map(parseFilters(text, keys));
  const back = Object.entries(actions).map(([docker, podman]) => [podman, docker] as const);
  const events = filters.get('event');
  if (events !== undefined)
    filters.set('event', [
      ...events.flatMap((event) => [
        event,
        ...back.filter(([podman]) => podman === event).map(([, own]) => own),
      ]),
    ]);
  return filters;
}

export function* events({ engine, request: { query }, client }: Call): Sys<null> {
  const filters = eventFilters(query.get('filters'));
  const begun = (yield* sys.clock_gettime('realtime')).sec;
  const since = instant(query.get('since'), begun, -1);
  const until = instant(query.get('until'), begun, 1);
  const follows = isTrue(query.get('stream') ?? 'true');
  const log = engine.events;
  yield* client.stream();
  let seen = since === null && follows ? log.last : 0;
  for (;;) {
    for (const message of log.after(seen)) {
      seen = message.number;
      if (until !== null && message.sec > until) return null;
      const isWanted = (since === null || message.sec >= since) && matchesFilters(message, filters);
      const line = isWanted ? eventLine(message) : null;
      if (line !== null) yield* client.write(line);
    }
    if (!follows) return null;
    const { sec } = yield* sys.clock_gettime('realtime');
    const rest = until === null ? null : (until - sec) * SECOND;
    if (rest !== null && rest <= 0) return null;
    const woken = yield* log.changed.until(() => log.last > seen, rest, [client.fd]);
    if (!woken && (yield* client.gone())) return null;
  }
}
