/** docker version, info. */
import { API_VERSION, VERSION } from '../../../container/index.ts';
import { writeAll } from '../../../linux/index.ts';
import { api } from './api.ts';
import type { DockerCommand } from './commands.ts';

/** What `docker version` says of the client or of the engine; the values begin in column 20. */
function versionLines(indent: string, version: string, api: string, platform: string): string {
  const line = (label: string, value: string) => `${`${indent}${label}:`.padEnd(20)}${value}\n`;
  return line('Version', version) + line('API version', api) + line('OS/Arch', platform);
}

export const system: readonly DockerCommand[] = [
  {
    name: 'version',
    usage: '',
    help: 'Show the version',
    options: [],
    operands: [0, 0],
    *run() {
      const platform = 'linux/amd64';
      yield* writeAll(
        1,
        `Client:\n${versionLines(' ', VERSION, API_VERSION, platform)} Context:           default\n`,
      );
      const engine = (yield* api('GET', '/version')) as Record<string, string>;
      const { Version = '', ApiVersion = '', Os, Arch } = engine;
      const lines = versionLines('  ', Version, ApiVersion, `${Os}/${Arch}`);
      yield* writeAll(1, `\nServer: Virtbook engine\n Engine:\n${lines}`);
      return 0;
    },
  },
  {
    name: 'info',
    usage: '',
    help: 'Show what the engine has',
    options: [],
    operands: [0, 0],
    *run() {
      const info = (yield* api('GET', '/info')) as Record<string, string | number>;
      yield* writeAll(
        1,
        Object.entries(info)
          .map(([key, value]) => ` ${key}: ${value}\n`)
          .join(''),
      );
      return 0;
    },
  },
];
