/** The HostConfig that docker run and create ask for: mounts, logs, and what the other flags are about. */
import type { Parsed } from '../options.ts';
import { createOptions } from './createOptions.ts';
import { DockerError } from './dockerError.ts';
import { givesAny, NO_FLAGS } from './flags.ts';
import { absoluteIn, mountOf } from './mountFlag.ts';
import { networkBody } from './networkOptions.ts';
import { pairsOf } from './pairs.ts';
import { NO_RUN_FLAGS } from './runOptions.ts';

type Network = ReturnType<typeof networkBody>['host'];
type Run = typeof NO_RUN_FLAGS.host;

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
export function volumesOf(parsed: Parsed, here: string) {
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

function logOptions(parsed: Parsed): Record<string, string> {
  const given = parsed.values('log-opt');
  if (parsed.value('log-driver') === 'none' && given.length > 0)
    throw new DockerError('invalid logging opts for driver none', 125);
  return pairsOf(given);
}

function configOf(parsed: Parsed, here: string, network: Network, run: Run, Binds: readonly string[]) {
  return {
    ...network,
    Binds,
    VolumesFrom: parsed.values('volumes-from'),
    VolumeDriver: parsed.value('volume-driver') ?? '',
    Mounts: parsed.values('mount').map((text) => mountOf(text, here)),
    Tmpfs: Object.fromEntries(parsed.values('tmpfs').map(splitTmpfs)) as Record<string, string>,
    ...run,
    LogConfig: { Type: parsed.value('log-driver') ?? '', Config: logOptions(parsed) },
    AutoRemove: parsed.has('rm'),
    ReadonlyRootfs: parsed.has('read-only'),
  };
}

/** Flags that it does not depend on. */
const ELSEWHERE = new Set(
  'attach cidfile entrypoint env hostname interactive label name platform pull quiet tty user workdir'.split(
    ' ',
  ),
);
const hostOptions = createOptions.filter(({ long }) => !ELSEWHERE.has(long!));

const WITHOUT_FLAGS = configOf(NO_FLAGS, '/', networkBody(NO_FLAGS).host, NO_RUN_FLAGS.host, []);

/** But for the terminal's size; without a flag that it depends on it is the same each time. Throws DockerError and FlagError for flags that cannot be. */
export const hostConfigOf: typeof configOf = (parsed, here, network, run, binds) =>
  givesAny(parsed, hostOptions) ? configOf(parsed, here, network, run, binds) : WITHOUT_FLAGS;
