/** What docker run and docker create ask for: flags → POST /containers/create. */
import { type Sys, sys } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { DockerError, messageOf, tryApi } from './api.ts';

export const createOptions: readonly OptionSpec[] = [
  { short: 'e', long: 'env', argument: 'list', help: 'Set environment variables' },
  { long: 'entrypoint', argument: 'string', help: "Overwrite the image's entrypoint" },
  { short: 'h', long: 'hostname', argument: 'string', help: 'Host name of the container' },
  { short: 'i', long: 'interactive', help: 'Keep standard input open' },
  { short: 'l', long: 'label', argument: 'list', help: 'Set labels' },
  { long: 'mount', argument: 'mount', help: 'Mount a volume, directory or tmpfs' },
  { long: 'name', argument: 'string', help: 'Give the container a name' },
  { long: 'read-only', help: 'Mount the root file system read-only' },
  { long: 'restart', argument: 'string', help: 'no, always, unless-stopped, on-failure[:N]' },
  { long: 'rm', help: 'Remove the container when it has ended' },
  { long: 'tmpfs', argument: 'list', help: 'Mount a tmpfs' },
  { short: 't', long: 'tty', help: 'Give the container a terminal' },
  { short: 'u', long: 'user', argument: 'string', help: 'User or uid (name|uid[:group|gid])' },
  { short: 'v', long: 'volume', argument: 'list', help: 'Bind mount a volume or directory' },
  { short: 'w', long: 'workdir', argument: 'string', help: 'Working directory' },
];

function mountOf(text: string) {
  const fields = new Map(
    text
      .split(',')
      .map((part) => [part.split('=', 1)[0]!, part.includes('=') ? part.slice(part.indexOf('=') + 1) : '']),
  );
  const Type = fields.get('type') ?? 'volume';
  const Target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst') ?? '';
  if (!['volume', 'bind', 'tmpfs'].includes(Type))
    throw new DockerError(
      `invalid argument "${text}" for "--mount" flag: type ${Type} is not simulated`,
      125,
    );
  if (Target === '')
    throw new DockerError(`invalid argument "${text}" for "--mount" flag: target is required`, 125);
  const ReadOnly = ['readonly', 'ro'].some((key) => fields.has(key) && fields.get(key) !== 'false');
  return { Type, Source: fields.get('source') ?? fields.get('src') ?? '', Target, ReadOnly };
}

function restartOf(text: string | null) {
  if (text === null) return undefined;
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text);
  if (match === null)
    throw new DockerError(
      `invalid restart policy: unknown policy '${text}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
      125,
    );
  return { Name: match[1]!, MaximumRetryCount: Number(match[2] ?? 0) };
}

/** Rows and columns of standard output; zeros when it is no terminal. */
export function* terminalSize(): Sys<[number, number]> {
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  return size === null ? [0, 0] : [size.rows, size.cols];
}

/** Of --env: a name alone takes its value from the client's environment. */
export function environment(parsed: Parsed, env: ReadonlyMap<string, string>): string[] {
  return parsed
    .values('env')
    .flatMap((pair) => (pair.includes('=') ? [pair] : env.has(pair) ? [`${pair}=${env.get(pair)}`] : []));
}

/** Creates a container; its id. */
export function* create(parsed: Parsed, env: ReadonlyMap<string, string>, attached: boolean): Sys<string> {
  const [image = '', ...Cmd] = parsed.operands;
  const labels = parsed
    .values('label')
    .map((label) => [
      label.split('=', 1)[0]!,
      label.includes('=') ? label.slice(label.indexOf('=') + 1) : '',
    ]);
  const entrypoint = parsed.value('entrypoint');
  const body = {
    Image: image,
    Cmd,
    ...(entrypoint !== null && { Entrypoint: entrypoint === '' ? [] : [entrypoint] }),
    Env: environment(parsed, env),
    Tty: parsed.has('tty'),
    OpenStdin: parsed.has('interactive'),
    AttachStdin: attached && parsed.has('interactive'),
    Hostname: parsed.value('hostname') ?? '',
    User: parsed.value('user') ?? '',
    WorkingDir: parsed.value('workdir') ?? '',
    Labels: Object.fromEntries(labels) as Record<string, string>,
    HostConfig: {
      Binds: parsed.values('volume'),
      Mounts: parsed.values('mount').map(mountOf),
      Tmpfs: parsed.values('tmpfs').map((text) => text.split(':', 1)[0]!),
      RestartPolicy: restartOf(parsed.value('restart')),
      AutoRemove: parsed.has('rm'),
      ReadonlyRootfs: parsed.has('read-only'),
      ConsoleSize: yield* terminalSize(),
    },
  };
  const name = parsed.value('name');
  const path = `/containers/create${name === null ? '' : `?name=${encodeURIComponent(name)}`}`;
  const response = yield* tryApi('POST', path, body);
  const message = messageOf(response);
  if (response.status === 404 && message.startsWith('No such image')) {
    const tagged = message.slice('No such image: '.length);
    const repository = tagged.replace(/:[^/]+$/, '');
    throw new DockerError(
      `Unable to find image '${tagged}' locally\ndocker: Error response from daemon: pull access denied for ${repository}, repository does not exist or may require 'docker login': this host has no network.\n\nRun 'docker run --help' for more information`,
      125,
    );
  }
  if (response.status >= 400)
    throw new DockerError(
      `docker: Error response from daemon: ${message}\n\nRun 'docker run --help' for more information`,
      125,
    );
  return (response.body as { Id: string }).Id;
}
