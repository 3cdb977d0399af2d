/** docker context ls and show: there is one context, the default one, which is what -H and DOCKER_HOST say. */
import { writeAll } from '../../../linux/index.ts';
import type { DockerCommand } from './commands.ts';
import { daemon } from './daemon.ts';
import { listOptions, printList } from './tables.ts';

const OVERRIDDEN =
  'Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable.\n';

const columns = [
  { head: 'NAME', field: 'Name' },
  { head: 'DESCRIPTION', field: 'Description' },
  { head: 'DOCKER ENDPOINT', field: 'DockerEndpoint' },
  { head: 'ERROR', field: 'Error' },
];

export const contexts: readonly DockerCommand[] = [
  {
    name: 'context ls',
    aliases: ['context list'],
    usage: '[OPTIONS]',
    help: 'List contexts',
    options: listOptions,
    operands: [0, 0],
    *run(parsed, env) {
      const format = parsed.value('format');
      const quiet = parsed.has('quiet');
      const isTable = !quiet && (format ?? 'table') === 'table';
      const row = {
        // The table marks the one in use.
        Name: isTable ? 'default *' : 'default',
        Current: true,
        Description: 'Current DOCKER_HOST based configuration',
        DockerEndpoint: daemon().name,
        Error: '',
      };
      const type = 'formatter.clientContextContext';
      yield* printList([row], columns, { format, quiet: quiet ? 'Name' : null, type });
      if (env.get('DOCKER_HOST')) yield* writeAll(2, OVERRIDDEN);
      return 0;
    },
  },
  {
    name: 'context show',
    usage: '',
    help: 'Print the name of the current context',
    options: [],
    operands: [0, 0],
    *run() {
      yield* writeAll(1, 'default\n');
      return 0;
    },
  },
];
