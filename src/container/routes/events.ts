/** /events: what has happened and what happens, until the client goes. */
import { SECOND } from '../../base/index.ts';
import { sys } from '../../linux/index.ts';
import { type EventMessage, eventJson, matchesFilters } from '../events.ts';
import { parseFilters } from '../filters.ts';
import { EngineError } from '../model.ts';
import type { Route } from './handler.ts';

const KEYS =
  'config container daemon event image label network node plugin scope secret service type volume'.split(' ');

/** `seconds.nanoseconds` since 1970; null when not given. */
function instant(text: string | undefined): readonly [number, number] | null {
  if (text === undefined || text === '') return null;
  const [, sec, nsec = ''] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (sec === undefined) throw new EngineError(400, `strconv.ParseInt: parsing "${text}": invalid syntax`);
  return [Number(sec), Number(nsec.padEnd(9, '0'))];
}

const isBefore = ({ sec, nsec }: EventMessage, [s, n]: readonly [number, number]) =>
  sec < s || (sec === s && nsec < n);

export const eventRoutes: readonly Route[] = [
  [
    'GET',
    /^\/events$/,
    function* (engine, { query }, _, client) {
      const since = instant(query.get('since'));
      const until = instant(query.get('until'));
      const filters = parseFilters(query.get('filters'), KEYS);
      const { events } = engine;
      let seen = events.last;
      yield* client.stream();
      const send = function* (message: EventMessage) {
        if (matchesFilters(message, filters)) yield* client.write(eventJson(message));
      };
      if (since !== null)
        for (const message of events.after(0)) {
          if (message.number > seen) break;
          if (!isBefore(message, since) && (until === null || isBefore(message, until))) yield* send(message);
        }
      for (;;) {
        let rest: number | null = null;
        if (until !== null) {
          const { sec, nsec } = yield* sys.clock_gettime('realtime');
          rest = (until[0] - sec) * SECOND + until[1] - nsec;
          if (rest <= 0) return null;
        }
        const woken = yield* events.changed.until(() => events.last > seen, rest, [client.fd]);
        if (!woken && (yield* client.gone())) return null;
        for (const message of events.after(seen)) {
          if (until !== null && !isBefore(message, until)) return null;
          yield* send(message);
          seen = message.number;
        }
      }
    },
  ],
];
