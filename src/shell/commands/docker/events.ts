/** docker events: what happens in the engine, as it happens. */
import { decodeUtf8 } from '../../../base/index.ts';
import { writeAll } from '../../../linux/index.ts';
import { answerTo } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { filterQuery } from './filters.ts';
import { isJson } from './tables.ts';
import { templateOf } from './templates.ts';
import { instantOf } from './times.ts';

/** As the API sends it. */
interface Message {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly time: number;
}

/** By the names that a template has: moby's events.Message. */
function fieldsOf({ status = '', id = '', from = '', scope, time, ...rest }: Message, line: string) {
  const [, TimeNano = ''] = /"timeNano":(\d+)/.exec(line) ?? [];
  const { Type, Action, Actor } = rest;
  return { Status: status, ID: id, From: from, Type, Action, Actor, Scope: scope, Time: time, TimeNano };
}

function pretty(message: Message, line: string): string {
  const [, sec = '0', nsec = ''] = /"timeNano":(\d+)(\d{9})/.exec(line) ?? [];
  const time = `${new Date(Number(sec) * 1000).toISOString().slice(0, 19)}.${nsec}Z`;
  const { Type, Action, Actor } = message;
  const attributes = Object.entries(Actor.Attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const more = attributes.length > 0 ? ` (${attributes.join(', ')})` : '';
  return `${time} ${Type} ${Action} ${Actor.ID}${more}\n`;
}

const TELLING = {
  lead: 'Error parsing format: ',
  syntax: 'Error parsing format: ',
  type: '*events.Message',
  status: 64,
};

export const events: readonly DockerCommand[] = [
  {
    name: 'events',
    aliases: ['system events'],
    usage: '[OPTIONS]',
    help: 'Get events from the engine as they happen',
    options: [
      {
        short: 'f',
        long: 'filter',
        argument: 'filter',
        help: 'Only those that match: event=die, container=NAME',
      },
      { long: 'format', argument: 'string', help: 'json or a Go template' },
      { long: 'since', argument: 'string', help: 'Show those since a time or for a duration (10m) too' },
      { long: 'until', argument: 'string', help: 'End at a time' },
    ],
    operands: [0, 0],
    *run(parsed) {
      const query = [];
      for (const key of ['since', 'until'] as const)
        if (parsed.has(key)) query.push(`${key}=${yield* instantOf(parsed.value(key))}`);
      if (parsed.has('filter')) query.push(`filters=${filterQuery(parsed.values('filter'))}`);
      const format = parsed.value('format');
      const filled = format === null || isJson(format) ? null : templateOf(format, TELLING);
      const answer = yield* answerTo('GET', `/events?${query.join('&')}`);
      let rest = '';
      for (let bytes = yield* answer.next(); bytes.length > 0; bytes = yield* answer.next()) {
        const lines = (rest + decodeUtf8(bytes)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          const message = JSON.parse(line) as Message;
          if (format === null) yield* writeAll(1, pretty(message, line));
          else if (filled === null) yield* writeAll(1, `${line}\n`);
          else yield* writeAll(1, `${filled(fieldsOf(message, line))}\n`);
        }
      }
      yield* answer.close();
      return 0;
    },
  },
];
