/** What docker run and docker create ask for: flags → POST /containers/create. */
import { EngineError, parsePlatform } from '../../../container/index.ts';
import { O_CREAT, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { familiarText, parseTagged } from '../../../oci/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { DockerError, messageOf, tryApi } from './api.ts';
import { invalid } from './flags.ts';
import { absoluteIn, mountOf } from './mountFlag.ts';
import { networkBody, networkOptions } from './networkOptions.ts';
import { pairsOf } from './pairs.ts';
import { pullFor } from './registry.ts';
import { linesOfFiles, runBody, runOptions } from './runOptions.ts';

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

/** Rows and columns of standard output; zeros when it is no terminal. */
export function* terminalSize(): Sys<[number, number]> {
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  return size === null ? [0, 0] : [size.rows, size.cols];
}

/** Of --env-file and --env: a name alone takes its value from the client's environment. Throws DockerError with `failure` for a bad file. */
export function* environment(parsed: Parsed, env: ReadonlyMap<string, string>, failure = 125): Sys<string[]> {
  if (!parsed.has('env-file') && !parsed.has('env')) return [];
  const lines = yield* linesOfFiles(parsed, 'env-file', failure);
  return [...lines, ...parsed.values('env')].flatMap((pair) =>
    pair.includes('=') ? [pair] : env.has(pair) ? [`${pair}=${env.get(pair)}`] : [],
  );
}

/** `PATH[:OPTIONS]` */
function splitTmpfs(text: string): [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * What the client refuses of a volume's text: docker/cli's loader.ParseVolume. A letter alone is taken for a drive of Windows, whose colon is
 * no separator, and what is wrong then is the daemon's to say.
 */
function requireSections(text: string): void {
  if (text === '') throw new DockerError('invalid empty volume spec', 125);
  if (text.length <= 2) return;
  const sections = [''];
  for (const char of text) {
    const last = sections.length - 1;
    if (char === ':' && !/^[A-Za-z]$/.test(sections[last]!)) sections.push('');
    else sections[last] += char;
  }
  for (const [i, section] of sections.entries()) {
    const refused = (why: string) => new DockerError(`invalid spec: ${text}: ${why}`, 125);
    if (section === '') throw refused('empty section between colons');
    if (i === 2 && sections.length > 3) throw refused('too many colons');
  }
}

/** `[SOURCE:]TARGET[:OPTIONS]`: what is mounted, and what has no source. Throws DockerError for an empty part. */
function volumesOf(parsed: Parsed, here: string) {
  const Binds: string[] = [];
  const Volumes: Record<string, Record<string, never>> = {};
  for (const text of parsed.values('volume')) {
    requireSections(text);
    const [source = '', ...rest] = text.split(':');
    if (rest.length === 0) Volumes[text] = {};
    else Binds.push([source.startsWith('.') ? absoluteIn(here, source) : source, ...rest].join(':'));
  }
  return { Binds, Volumes };
}

/** The name of an image with its tag; what is an id remains. Throws DockerError. */
function taggedName(image: string): string {
  if (/^[0-9a-f]{64}$/.test(image)) return image;
  try {
    return familiarText(parseTagged(image));
  } catch (error) {
    throw new DockerError((error as Error).message, 125);
  }
}

/** A DockerError of `work`, in the words of docker `name`. */
export function* told<T>(name: 'run' | 'create', work: () => Sys<T>): Sys<T> {
  try {
    return yield* work();
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new DockerError(
      `docker: ${error.message}\n\nRun 'docker ${name} --help' for more information`,
      error.status === 125 ? 125 : startStatus(error.message),
    );
  }
}

/** The status of what could not be started: as a shell gives it for what cannot be run. */
export function startStatus(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  return /permission denied|is a directory/.test(message) ? 126 : 125;
}

const STREAMS = ['stdin', 'stdout', 'stderr'];

/** The body of POST /containers/create. Throws DockerError and FlagError for flags that cannot be. */
export function* bodyOf(parsed: Parsed, env: ReadonlyMap<string, string>) {
  const [Image = '', ...Cmd] = parsed.operands;
  const wanted = parsed.value('pull') ?? 'missing';
  if (!['always', 'missing', 'never', ''].includes(wanted)) {
    const why = `invalid pull option: '${wanted}': must be one of "always", "missing" or "never"`;
    throw new DockerError(why, 125);
  }
  const attached = parsed.values('attach').map((text) => {
    if (!STREAMS.includes(text.toLowerCase()))
      throw invalid('-a, --attach', text, 'valid streams are STDIN, STDOUT and STDERR');
    return text.toLowerCase();
  });
  const AttachStdin = parsed.has('interactive') || attached.includes('stdin');
  const AttachStdout = attached.length === 0 || attached.includes('stdout');
  const AttachStderr = attached.length === 0 || attached.includes('stderr');
  const here = yield* sys.getcwd();
  const { host, ...connection } = networkBody(parsed);
  const { Binds, Volumes } = volumesOf(parsed, here);
  const Env = yield* environment(parsed, env);
  const labels = [...(yield* linesOfFiles(parsed, 'label-file')), ...parsed.values('label')];
  const run = yield* runBody(parsed);
  if (parsed.has('rm') && !['', 'no'].includes(run.host.RestartPolicy?.Name ?? ''))
    throw new DockerError('conflicting options: cannot specify both --restart and --rm', 125);
  const entrypoint = parsed.value('entrypoint');
  return {
    ...connection,
    ...{ Image, Cmd, Volumes, Env, AttachStdin, AttachStdout, AttachStderr },
    ...(entrypoint !== null && { Entrypoint: [entrypoint] }),
    Tty: parsed.has('tty'),
    OpenStdin: parsed.has('interactive'),
    StdinOnce: parsed.has('interactive') && AttachStdin,
    ...run.process,
    Hostname: parsed.value('hostname') ?? '',
    User: parsed.value('user') ?? '',
    WorkingDir: parsed.value('workdir') ?? '',
    Labels: pairsOf(labels),
    HostConfig: {
      ...host,
      Binds,
      VolumesFrom: parsed.values('volumes-from'),
      VolumeDriver: parsed.value('volume-driver') ?? '',
      Mounts: parsed.values('mount').map((text) => mountOf(text, here)),
      Tmpfs: Object.fromEntries(parsed.values('tmpfs').map(splitTmpfs)) as Record<string, string>,
      ...run.host,
      LogConfig: { Type: parsed.value('log-driver') ?? '', Config: logOptions(parsed) },
      AutoRemove: parsed.has('rm'),
      ReadonlyRootfs: parsed.has('read-only'),
      ConsoleSize: yield* terminalSize(),
    },
  };
}

function logOptions(parsed: Parsed): Record<string, string> {
  const given = parsed.values('log-opt');
  if (parsed.value('log-driver') === 'none' && given.length > 0)
    throw new DockerError('invalid logging opts for driver none', 125);
  return pairsOf(given);
}

/** Of --cidfile. */
function* requireAbsent(path: string): Sys<void> {
  if ((yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR')) !== null)
    throw new DockerError(
      `container ID file found, make sure the other container isn't running or delete ${path}`,
      125,
    );
}

function requirePlatformName(platform: string): void {
  try {
    parsePlatform(platform);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerError(`error parsing specified platform: ${error.message}`);
  }
}

/** Creates a container, and gets its image when that is not there; its id. */
export function* create(parsed: Parsed, env: ReadonlyMap<string, string>, body: object): Sys<string> {
  const cidfile = parsed.value('cidfile');
  if (cidfile !== null) yield* requireAbsent(cidfile);
  const [image = ''] = parsed.operands;
  const tagged = taggedName(image);
  const quiet = parsed.has('quiet');
  const name = parsed.value('name');
  const platform = parsed.value('platform');
  if (platform) requirePlatformName(platform);
  const pull = parsed.value('pull') || 'missing';
  const query: string[] = [];
  if (name !== null) query.push(`name=${encodeURIComponent(name)}`);
  if (platform !== null) query.push(`platform=${encodeURIComponent(platform)}`);
  if (pull === 'always') yield* pullFor(env, image, { quiet, platform, out: 2 });
  const path = `/containers/create?${query.join('&')}`;
  let response = yield* tryApi('POST', path, body);
  if (response.status === 404 && pull === 'missing') {
    if (!quiet) yield* writeAll(2, `Unable to find image '${tagged}' locally\n`);
    yield* pullFor(env, image, { quiet, platform, out: 2 });
    response = yield* tryApi('POST', path, body);
  }
  if (response.status >= 400) throw new DockerError(`Error response from daemon: ${messageOf(response)}`, 1);
  const { Id, Warnings } = response.body as { Id: string; Warnings: readonly string[] | null };
  yield* writeAll(2, (Warnings ?? []).map((warning) => `WARNING: ${warning}\n`).join(''));
  if (cidfile !== null) {
    const fd = yield* sys.open(cidfile, O_WRONLY | O_CREAT, 0o644);
    yield* writeAll(fd, Id);
    yield* sys.close(fd);
  }
  return Id;
}
