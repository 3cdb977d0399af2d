/** Instructions that change an image's configuration alone, and what the history says of them, in BuildKit's words. */
import { goQuote } from '../../base/index.ts';
import { parseSignal } from '../../linux/index.ts';
import {
  cleanPath,
  DockerfileError,
  durationText,
  expandWord,
  expandWords,
  type Instruction,
} from '../../oci/dockerfile/index.ts';
import type { Healthcheck, RunConfig } from '../../oci/index.ts';
import type { StageVariables } from './variables.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A stage's configuration while its instructions are read. */
export interface Configuration {
  readonly config: Mutable<RunConfig>;
  author: string;
  /** CMD was given in this stage: ENTRYPOINT leaves it. */
  commandSet: boolean;
}

export const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** Sets `name=value` where the name stands already, or at the end. */
function withEnv(env: readonly string[], name: string, value: string): string[] {
  const at = env.findIndex((pair) => pair.split('=', 1)[0] === name);
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

/** A command's words: in the shell form one text for the shell of SHELL. */
export function commandWords(
  { argv, shell }: { readonly argv: readonly string[]; readonly shell: boolean },
  config: RunConfig,
): readonly string[] {
  if (!shell) return argv;
  const own = config.Shell ?? [];
  return [...(own.length > 0 ? own : DEFAULT_SHELL), argv.join(' ')];
}

/** A working directory, from the one before when it is relative. */
export const absolute = (before: string | undefined, path: string): string =>
  cleanPath(path.startsWith('/') ? path : `${before || '/'}/${path}`);

const quotedList = (words: readonly string[]) => `[${words.map(goQuote).join(' ')}]`;

/** Ports of `[[ip:]host:]port[-port][/protocol]`. */
function portsOf(text: string): string[] {
  const [range = '', protocol = 'tcp'] = (text.split(':').at(-1) ?? '').split('/');
  const kind = (protocol || 'tcp').toLowerCase();
  if (range === '') throw new DockerfileError(`no port specified: ${text}<empty>`);
  if (!['tcp', 'udp', 'sctp'].includes(kind)) throw new DockerfileError(`invalid proto: ${protocol}`);
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || from > to || to > 65_535) throw new DockerfileError(`invalid containerPort: ${range}`);
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}/${kind}`);
}

const keyed = (names: readonly string[]): Record<string, Record<string, never>> =>
  Object.fromEntries(names.map((name) => [name, {}]));

function healthText(health: Healthcheck): string {
  const time = (value = 0) => durationText(value);
  return `{Test:[${(health.Test ?? []).join(' ')}] Interval:${time(health.Interval)} Timeout:${time(health.Timeout)} StartPeriod:${time(health.StartPeriod)} StartInterval:${time(health.StartInterval)} Retries:${health.Retries ?? 0}}`;
}

/** Carries out an instruction that makes no layer; what the history says of it, null when it says nothing. Throws DockerfileError. */
export function configure(
  state: Configuration,
  variables: StageVariables,
  instruction: Exclude<Instruction, { readonly kind: 'add' | 'copy' | 'run' | 'workdir' | 'arg' }>,
  escapeToken: string,
): string | null {
  const { config } = state;
  const expand = (word: string) => expandWord(word, variables.lookup, { escape: escapeToken });
  switch (instruction.kind) {
    case 'env': {
      const pairs = instruction.pairs.map(({ name, value }) => [expand(name), expand(value)] as const);
      for (const [name, value] of pairs) {
        variables.set(name, value);
        config.Env = withEnv(config.Env ?? [], name, value);
      }
      return `ENV ${pairs.map((pair) => pair.join('=')).join(' ')}`;
    }
    case 'label': {
      const pairs = instruction.pairs.map(({ name, value }) => [expand(name), expand(value)] as const);
      config.Labels = { ...config.Labels, ...(Object.fromEntries(pairs) as Record<string, string>) };
      return `LABEL ${pairs.map((pair) => pair.join('=')).join(' ')}`;
    }
    case 'maintainer':
      state.author = instruction.word;
      return `MAINTAINER ${instruction.word}`;
    case 'cmd':
      config.Cmd = commandWords(instruction, config);
      state.commandSet = true;
      return `CMD ${quotedList(config.Cmd)}`;
    case 'entrypoint':
      config.Entrypoint = commandWords(instruction, config);
      if (!state.commandSet) delete config.Cmd;
      return `ENTRYPOINT ${quotedList(config.Entrypoint)}`;
    case 'expose': {
      const ports = instruction.words.flatMap((word) =>
        expandWords(word, variables.lookup, { escape: escapeToken }),
      );
      const found = ports.flatMap(portsOf);
      config.ExposedPorts = { ...config.ExposedPorts, ...keyed(found) };
      const shown = [...new Set(found)].toSorted().map((port) => `${port}:{}`);
      return `EXPOSE map[${shown.join(' ')}]`;
    }
    case 'volume': {
      const paths = instruction.words.map(expand);
      if (paths.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
      config.Volumes = { ...config.Volumes, ...keyed(paths) };
      return `VOLUME [${paths.join(' ')}]`;
    }
    case 'user':
      config.User = expand(instruction.word);
      return `USER ${config.User}`;
    case 'stopsignal': {
      const signal = expand(instruction.word);
      if (parseSignal(signal) === null) throw new DockerfileError(`invalid signal: ${signal}`);
      config.StopSignal = signal;
      return `STOPSIGNAL ${signal}`;
    }
    case 'shell':
      config.Shell = instruction.argv;
      return `SHELL [${instruction.argv.join(' ')}]`;
    case 'healthcheck':
      config.Healthcheck = instruction.health;
      return `HEALTHCHECK ${healthText(instruction.health)}`;
    case 'onbuild':
      config.OnBuild = [...(config.OnBuild ?? []), instruction.expression];
      return null;
  }
}
