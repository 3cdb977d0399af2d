/** docker volume …. */
import { writeAll } from '../../../linux/index.ts';
import { api, DockerError } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { filterQuery } from './filters.ts';
import { pairsOf } from './pairs.ts';
import { labelIn, labelsText, listOptions, printList } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedVolume extends Readonly<Record<'Driver' | 'Name' | 'Mountpoint' | 'Scope', string>> {
  readonly Labels: Readonly<Record<string, string>> | null;
}

export const volumes: readonly DockerCommand[] = [
  {
    name: 'volume ls',
    aliases: ['volume list'],
    usage: '[OPTIONS]',
    help: 'List volumes',
    options: [
      ...listOptions,
      { short: 'f', long: 'filter', argument: 'filter', help: 'dangling, driver, label, name' },
    ],
    operands: [0, 0],
    *run(parsed) {
      const given = parsed.values('filter');
      const query = given.length === 0 ? '' : `?filters=${filterQuery(given)}`;
      const { Volumes } = (yield* api('GET', `/volumes${query}`)) as { Volumes: ListedVolume[] };
      const rows = Volumes.map(({ Driver, Labels, Mountpoint, Name, Scope }) => ({
        Availability: 'N/A',
        Driver,
        Group: 'N/A',
        Label: labelIn(Labels),
        Labels: labelsText(Labels),
        Links: 'N/A',
        Mountpoint,
        Name,
        Scope,
        Size: 'N/A',
        Status: 'N/A',
      }));
      const columns = [
        { head: 'DRIVER', field: 'Driver' },
        { head: 'VOLUME NAME', field: 'Name' },
      ];
      yield* printList(rows, columns, {
        format: parsed.value('format'),
        quiet: parsed.has('quiet') ? 'Name' : null,
        type: 'formatter.volumeContext',
      });
      return 0;
    },
  },
  {
    name: 'volume create',
    usage: '[OPTIONS] [VOLUME]',
    help: 'Create a volume',
    options: [
      { short: 'd', long: 'driver', argument: 'string', help: 'Who keeps it (default local)' },
      { long: 'label', argument: 'list', help: 'Set metadata' },
      { long: 'name', argument: 'string', help: 'Its name' },
      { short: 'o', long: 'opt', argument: 'map', help: 'Options of the driver' },
    ],
    operands: [0, 1],
    *run(parsed) {
      const name = parsed.value('name');
      if (name !== null && parsed.operands.length > 0) {
        throw new DockerError(
          'conflicting options: cannot specify a volume-name through both --name and as a positional arg',
        );
      }
      const made = (yield* api('POST', '/volumes/create', {
        Name: parsed.operands[0] ?? name ?? '',
        Driver: parsed.value('driver') ?? 'local',
        DriverOpts: pairsOf(parsed.values('opt')),
        Labels: pairsOf(parsed.values('label')),
      })) as { Name: string };
      yield* writeAll(1, `${made.Name}\n`);
      return 0;
    },
  },
  inspectCommand('volume inspect', 'volume', '[OPTIONS] VOLUME [VOLUME...]'),
  {
    name: 'volume rm',
    aliases: ['volume remove'],
    usage: '[OPTIONS] VOLUME [VOLUME...]',
    help: 'Remove volumes',
    options: [{ short: 'f', long: 'force', help: 'No error for those that there are not' }],
    operands: many,
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          yield* api('DELETE', `/volumes/${name}${parsed.has('force') ? '?force=1' : ''}`);
          yield* writeAll(1, `${name}\n`);
        },
        tell,
      ),
  },
];
