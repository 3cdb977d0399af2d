/** docker volume …. */
import { writeAll } from '../../../linux/index.ts';
import { api } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { listOptions, printList } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

export const volumes: readonly DockerCommand[] = [
  {
    name: 'volume ls',
    aliases: ['volume list'],
    usage: '[OPTIONS]',
    help: 'List volumes',
    options: listOptions,
    operands: [0, 0],
    *run(parsed) {
      const { Volumes } = (yield* api('GET', '/volumes')) as {
        Volumes: Record<'Driver' | 'Name' | 'Mountpoint', string>[];
      };
      const columns = [
        { head: 'DRIVER', field: 'Driver' },
        { head: 'VOLUME NAME', field: 'Name' },
      ];
      yield* printList(Volumes, columns, {
        format: parsed.value('format'),
        quiet: parsed.has('quiet') ? 'Name' : null,
      });
      return 0;
    },
  },
  {
    name: 'volume create',
    usage: '[VOLUME]',
    help: 'Create a volume',
    options: [{ long: 'name', argument: 'string', help: 'Its name' }],
    operands: [0, 1],
    *run(parsed) {
      const made = (yield* api('POST', '/volumes/create', {
        Name: parsed.operands[0] ?? parsed.value('name') ?? '',
      })) as { Name: string };
      yield* writeAll(1, `${made.Name}\n`);
      return 0;
    },
  },
  inspectCommand('volume inspect', 'volume', '[OPTIONS] VOLUME [VOLUME...]'),
  {
    name: 'volume rm',
    aliases: ['volume remove'],
    usage: 'VOLUME [VOLUME...]',
    help: 'Remove volumes',
    options: [],
    operands: many,
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          yield* api('DELETE', `/volumes/${name}`);
          yield* writeAll(1, `${name}\n`);
        },
        tell,
      ),
  },
];
