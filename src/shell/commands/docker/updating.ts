/** docker update: other limits for containers that are there. */
import { writeAll } from '../../../linux/index.ts';
import { api, DockerError } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { limitOptions, limitsOf } from './runOptions.ts';

export const updating: readonly DockerCommand[] = [
  {
    name: 'update',
    aliases: ['container update'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    help: 'Change limits and the restart policy of containers',
    options: limitOptions,
    operands: [1, Number.POSITIVE_INFINITY],
    *run(parsed) {
      if (!limitOptions.some(({ long }) => parsed.has(long!)))
        throw new DockerError('you must provide one or more flags when using this command');
      const body = limitsOf(parsed);
      return yield* each(
        parsed.operands,
        function* (name) {
          yield* api('POST', `/containers/${name}/update`, body);
          yield* writeAll(1, `${name}\n`);
        },
        (message) => writeAll(2, `${message}\n`),
      );
    },
  },
];
