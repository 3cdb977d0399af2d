/** What docker run and docker create ask for: flags → POST /containers/create. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { DockerError, messageOf, tryApi } from './api.ts';
import { networkBody, networkOptions } from './networkOptions.ts';
import { pairsOf } from './pairs.ts';
import { pullFor } from './registry.ts';
import { isolationOf, limitsOf, linesOfFiles, processOf, runOptions } from './runOptions.ts';

export const createOptions: readonly OptionSpec[] = [
  { short: 'e', long: 'env', argument: 'list', help: 'Set environment variables' },
  { long: 'entrypoint', argument: 'string', help: "Overwrite the image's entrypoint" },
  { short: 'h', long: 'hostname', argument: 'string', help: 'Host name of the container' },
  { short: 'i', long: 'interactive', help: 'Keep standard input open' },
  { short: 'l', long: 'label', argument: 'list', help: 'Set labels' },
  ...networkOptions,
  { long: 'mount', argument: 'mount', help: 'Mount a volume, directory or tmpfs' },
  { long: 'name', argument: 'string', help: 'Give the container a name' },
  { long: 'read-only', help: 'Mount the root file system read-only' },
  { long: 'rm', help: 'Remove the container when it has ended' },
  { long: 'tmpfs', argument: 'list', help: 'Mount a tmpfs' },
  { short: 't', long: 'tty', help: 'Give the container a terminal' },
  { short: 'u', long: 'user', argument: 'string', help: 'User or uid (name|uid[:group|gid])' },
  { short: 'v', long: 'volume', argument: 'list', help: 'Bind mount a volume or directory' },
  { long: 'volumes-from', argument: 'list', help: "Mount another container's volumes too" },
  { short: 'w', long: 'workdir', argument: 'string', help: 'Working directory' },
  ...runOptions,
];

const mountKeys = new Map([
  ...['type', 'source', 'target', 'readonly'].map((key) => [key, key] as const),
  ...[
    ['src', 'source'],
    ['dst', 'target'],
    ['destination', 'target'],
    ['ro', 'readonly'],
  ].map(([key, value]) => [key!, value!] as const),
  ...['tmpfs-size', 'tmpfs-mode', 'volume-nocopy', 'volume-label'].map((key) => [key, key] as const),
]);

function mountOf(text: string) {
  const wrong = (why: string) =>
    new DockerError(`invalid argument "${text}" for "--mount" flag: ${why}`, 125);
  const fields = new Map<string, string>();
  const labels: string[] = [];
  for (const part of text.split(',')) {
    const [name = ''] = part.split('=', 1);
    const key = mountKeys.get(name.toLowerCase());
    if (key === 'volume-label') labels.push(part.slice(name.length + 1));
    if (key === undefined) throw wrong(`unexpected key '${name}' in '${part}'`);
    if (!part.includes('=') && key !== 'readonly' && key !== 'volume-nocopy')
      throw wrong(`invalid field '${part}' must be a key=value pair`);
    fields.set(key, part.includes('=') ? part.slice(part.indexOf('=') + 1) : 'true');
  }
  const Type = fields.get('type') ?? 'volume';
  if (!['volume', 'bind', 'tmpfs'].includes(Type)) throw wrong(`type ${Type} is not simulated`);
  const Target = fields.get('target') ?? '';
  if (Target === '') throw wrong('target is required');
  const isSet = (key: string) => fields.has(key) && fields.get(key) !== 'false' && fields.get(key) !== '0';
  const size = /^(\d+)([kmg]?)b?$/i.exec(fields.get('tmpfs-size') ?? '0');
  if (size === null) throw wrong(`invalid size: '${fields.get('tmpfs-size')}'`);
  return {
    ...{ Type, Source: fields.get('source') ?? '', Target, ReadOnly: isSet('readonly') },
    ...(Type === 'tmpfs' && {
      TmpfsOptions: {
        SizeBytes: Number(size[1]) * 1024 ** 'bkmg'.indexOf(size[2]!.toLowerCase() || 'b'),
        Mode: Number.parseInt(fields.get('tmpfs-mode') ?? '0', 8),
      },
    }),
    ...((isSet('volume-nocopy') || labels.length > 0) && {
      VolumeOptions: { NoCopy: isSet('volume-nocopy'), Labels: pairsOf(labels) },
    }),
  };
}

/** Rows and columns of standard output; zeros when it is no terminal. */
export function* terminalSize(): Sys<[number, number]> {
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  return size === null ? [0, 0] : [size.rows, size.cols];
}

/** Of --env-file and --env: a name alone takes its value from the client's environment. */
export function* environment(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<string[]> {
  const lines = yield* linesOfFiles(parsed, 'env-file');
  return [...lines, ...parsed.values('env')].flatMap((pair) =>
    pair.includes('=') ? [pair] : env.has(pair) ? [`${pair}=${env.get(pair)}`] : [],
  );
}

/** `PATH[:OPTIONS]` */
function splitTmpfs(text: string): [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Gets an image that is not there, as docker does before it makes a container of it. */
function* pullMissing(env: ReadonlyMap<string, string>, image: string, tagged: string): Sys<void> {
  yield* writeAll(2, `Unable to find image '${tagged}' locally\n`);
  try {
    yield* pullFor(env, image, false, 2);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new DockerError(`docker: ${error.message}\n\nRun 'docker run --help' for more information`, 125);
  }
}

/** Creates a container; its id. */
export function* create(parsed: Parsed, env: ReadonlyMap<string, string>, attached: boolean): Sys<string> {
  const [image = '', ...Cmd] = parsed.operands;
  const labels = [...(yield* linesOfFiles(parsed, 'label-file')), ...parsed.values('label')].map((label) => [
    label.split('=', 1)[0]!,
    label.includes('=') ? label.slice(label.indexOf('=') + 1) : '',
  ]);
  const entrypoint = parsed.value('entrypoint');
  const { host, ...connection } = networkBody(parsed);
  const body = {
    ...connection,
    Image: image,
    Cmd,
    ...(entrypoint !== null && { Entrypoint: entrypoint === '' ? [] : [entrypoint] }),
    Env: yield* environment(parsed, env),
    Tty: parsed.has('tty'),
    OpenStdin: parsed.has('interactive'),
    ...{ AttachStdin: attached && parsed.has('interactive'), AttachStdout: attached, AttachStderr: attached },
    StdinOnce: attached && parsed.has('interactive'),
    ...processOf(parsed),
    Hostname: parsed.value('hostname') ?? '',
    User: parsed.value('user') ?? '',
    WorkingDir: parsed.value('workdir') ?? '',
    Labels: Object.fromEntries(labels) as Record<string, string>,
    HostConfig: {
      ...host,
      Binds: parsed.values('volume'),
      VolumesFrom: parsed.values('volumes-from'),
      Mounts: parsed.values('mount').map(mountOf),
      Tmpfs: Object.fromEntries(parsed.values('tmpfs').map(splitTmpfs)) as Record<string, string>,
      ...limitsOf(parsed),
      ...isolationOf(parsed),
      AutoRemove: parsed.has('rm'),
      ReadonlyRootfs: parsed.has('read-only'),
      ConsoleSize: yield* terminalSize(),
    },
  };
  const name = parsed.value('name');
  const path = `/containers/create${name === null ? '' : `?name=${encodeURIComponent(name)}`}`;
  let response = yield* tryApi('POST', path, body);
  if (response.status === 404 && messageOf(response).startsWith('No such image')) {
    yield* pullMissing(env, image, messageOf(response).slice('No such image: '.length));
    response = yield* tryApi('POST', path, body);
  }
  const message = messageOf(response);
  if (response.status >= 400)
    throw new DockerError(
      `docker: Error response from daemon: ${message}\n\nRun 'docker run --help' for more information`,
      125,
    );
  const { Id, Warnings } = response.body as { Id: string; Warnings: readonly string[] | null };
  yield* writeAll(2, (Warnings ?? []).map((warning) => `WARNING: ${warning}\n`).join(''));
  return Id;
}
