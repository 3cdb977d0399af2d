/** The flags of docker run and docker create, as --help lists them. */
import type { OptionSpec } from '../options.ts';
import { networkOptions } from './networkOptions.ts';
import { runOptions } from './runOptions.ts';

export const createOptions: readonly OptionSpec[] = [
  { short: 'a', long: 'attach', argument: 'list', help: 'Attach to STDIN, STDOUT or STDERR' },
  { long: 'cidfile', argument: 'string', help: 'Write the id into a file' },
  {
    long: 'disable-content-trust',
    argument: 'bool',
    help: 'Do not verify the image, which is never done (default true)',
  },
  { short: 'e', long: 'env', argument: 'env', help: 'Set environment variables' },
  { long: 'entrypoint', argument: 'string', help: "Overwrite the image's entrypoint" },
  { short: 'h', long: 'hostname', argument: 'string', help: 'Host name of the container' },
  { short: 'i', long: 'interactive', help: 'Keep standard input open' },
  { short: 'l', long: 'label', argument: 'label', help: 'Set labels' },
  { long: 'log-driver', argument: 'string', help: 'Where what it prints is kept: json-file or none' },
  { long: 'log-opt', argument: 'list', help: 'Of json-file: max-size=10m, max-file=3, tag, labels, env' },
  ...networkOptions,
  { long: 'mount', argument: 'mount', help: 'Mount a volume, directory or tmpfs' },
  { long: 'name', argument: 'string', help: 'Give the container a name' },
  { long: 'platform', argument: 'string', help: 'linux/amd64' },
  { long: 'pull', argument: 'string', help: 'Get the image first: always, missing or never' },
  { short: 'q', long: 'quiet', help: 'Do not show how the image comes' },
  { long: 'read-only', help: 'Mount the root file system read-only' },
  { long: 'rm', help: 'Remove the container when it has ended' },
  { long: 'tmpfs', argument: 'list', help: 'Mount a tmpfs' },
  { short: 't', long: 'tty', help: 'Give the container a terminal' },
  { short: 'u', long: 'user', argument: 'string', help: 'User or uid (name|uid[:group|gid])' },
  { short: 'v', long: 'volume', argument: 'list', help: 'Bind mount a volume or directory' },
  { long: 'volume-driver', argument: 'string', help: 'Who keeps volumes: local' },
  { long: 'volumes-from', argument: 'list', help: "Mount another container's volumes too" },
  { short: 'w', long: 'workdir', argument: 'string', help: 'Working directory' },
  ...runOptions,
];
