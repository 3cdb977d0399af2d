/** From instructions with their words to what they mean: which flags and how many words each takes, and the stages they belong to. */
import { goQuote } from '../../base/index.ts';
import type { Healthcheck } from '../image.ts';
import { interval } from './durations.ts';
import { DockerfileError, located, suggestion } from './errors.ts';
import { readFlags } from './flags.ts';
import { hereDocument } from './heredoc.ts';
import { lint } from './lint.ts';
import { mountSource } from './mounts.ts';
import { parseRaw, type RawInstruction } from './raw.ts';
import { trim } from './text.ts';
import type {
  ArgInstruction,
  CopyInstruction,
  Dockerfile,
  Instruction,
  RunInstruction,
  Stage,
  Warning,
} from './types.ts';

const written = ({ original, line, endLine }: RawInstruction) => ({ text: trim(original), line, endLine });

const needs = (keyword: string, what: string) => new DockerfileError(`${keyword} requires ${what}`);

function atLeastOne(raw: RawInstruction, keyword: string): void {
  if (raw.args.length === 0) throw needs(keyword, 'at least one argument');
}

/** Instructions whose whole text is one word. */
function single(raw: RawInstruction, kind: 'maintainer' | 'stopsignal' | 'user' | 'workdir'): Instruction {
  if (raw.args.length !== 1) throw needs(kind.toUpperCase(), 'exactly one argument');
  readFlags(raw.flags, {});
  return { kind, ...written(raw), word: raw.args[0]! };
}

function pairs(raw: RawInstruction, kind: 'env' | 'label'): Instruction {
  readFlags(raw.flags, {});
  atLeastOne(raw, kind.toUpperCase());
  const { args } = raw;
  const list = Array.from({ length: args.length / 3 }, (_, i) => ({
    name: args[i * 3]!,
    value: args[i * 3 + 1]!,
    old: args[i * 3 + 2] === '',
  }));
  if (list.some(({ name }) => name === ''))
    throw new DockerfileError(`${kind.toUpperCase()} names can not be blank`);
  return { kind, ...written(raw), pairs: list };
}

function copy(raw: RawInstruction, kind: 'add' | 'copy'): CopyInstruction {
  const keyword = kind.toUpperCase();
  if (raw.args.length < 2)
    throw needs(
      keyword,
      'at least two arguments, but only one was provided. Destination could not be determined',
    );
  const flags = readFlags(raw.flags, {
    ...{ chown: 'text', chmod: 'text', link: 'boolean', exclude: 'list' },
    ...(kind === 'add'
      ? { 'keep-git-dir': 'boolean', checksum: 'text', unpack: 'boolean' }
      : { from: 'text', parents: 'boolean' }),
  });
  const target = raw.args.at(-1)!;
  if (hereDocument(target) !== null)
    throw new DockerfileError(`${keyword} cannot accept a heredoc as a destination`);
  const words = raw.args.slice(0, -1).map((word) => ({ word, document: hereDocument(word) }));
  return {
    kind,
    ...written(raw),
    target,
    sources: words.filter(({ document }) => document === null).map(({ word }) => word),
    documents: words.flatMap(({ document }) =>
      document === null ? [] : [raw.heredocs.findLast(({ name }) => name === document.name) ?? document],
    ),
    from: flags.text('from'),
    chown: flags.text('chown'),
    chmod: flags.text('chmod'),
    link: flags.boolean('link', false),
    parents: flags.boolean('parents', false),
    exclude: flags.list('exclude'),
    checksum: flags.text('checksum'),
    unpack: flags.boolean('unpack', kind === 'add'),
  };
}

function run(raw: RawInstruction): RunInstruction {
  const flags = readFlags(raw.flags, {
    ...{ mount: 'list', network: 'text', security: 'text', device: 'list' },
  } as const);
  const network = flags.text('network') || 'default';
  if (!['default', 'none', 'host'].includes(network))
    throw new DockerfileError(`invalid network mode: ${goQuote(network)}`);
  const security = flags.text('security') || 'sandbox';
  if (!['sandbox', 'insecure'].includes(security))
    throw new DockerfileError(`security ${goQuote(security)} is not valid`);
  if (flags.has('device')) throw new DockerfileError('RUN --device is not simulated');
  const mounts = flags.list('mount');
  return {
    kind: 'run',
    ...written(raw),
    argv: raw.args,
    shell: !raw.json,
    documents: raw.heredocs,
    mounts,
    mountSources: mounts.map(mountSource),
    network,
    security,
  };
}

function healthOf(raw: RawInstruction): Healthcheck {
  const type = raw.args[0]!.toUpperCase();
  const command = raw.args.slice(1);
  if (type === 'NONE') {
    if (command.length > 0) throw new DockerfileError('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const flags = readFlags(raw.flags, {
    ...{
      interval: 'text',
      timeout: 'text',
      'start-period': 'text',
      'start-interval': 'text',
      retries: 'text',
    },
  } as const);
  if (type !== 'CMD') throw new DockerfileError(`Unknown type ${goQuote(type)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw new DockerfileError('Missing command after HEALTHCHECK CMD');
  const time = (name: string) => interval(name, flags.text(name));
  const retries = flags.text('retries');
  if (retries !== '' && !/^[+-]?\d+$/.test(retries))
    throw new DockerfileError(`strconv.ParseInt: parsing ${goQuote(retries)}: invalid syntax`);
  if (Number(retries) < 0) throw new DockerfileError(`--retries cannot be negative (${retries})`);
  const times = {
    Interval: time('interval'),
    Timeout: time('timeout'),
    StartPeriod: time('start-period'),
    StartInterval: time('start-interval'),
    Retries: Number(retries),
  };
  const given = Object.fromEntries(Object.entries(times).filter(([, value]) => value !== 0));
  return { Test: [raw.json ? 'CMD' : 'CMD-SHELL', ...command], ...given };
}

function healthcheck(raw: RawInstruction): Instruction {
  atLeastOne(raw, 'HEALTHCHECK');
  return { kind: 'healthcheck', ...written(raw), health: healthOf(raw) };
}

function arg(raw: RawInstruction): ArgInstruction {
  atLeastOne(raw, 'ARG');
  const args = raw.args.map((word) => {
    const at = word.indexOf('=');
    if (at === 0) throw new DockerfileError('ARG names can not be blank');
    return at < 0 ? { name: word, value: null } : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
  return { kind: 'arg', ...written(raw), args };
}

function onbuild(raw: RawInstruction): Instruction {
  atLeastOne(raw, 'ONBUILD');
  readFlags(raw.flags, {});
  const trigger = raw.args[0]!.toUpperCase();
  if (trigger === 'ONBUILD')
    throw new DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'MAINTAINER' || trigger === 'FROM')
    throw new DockerfileError(`${trigger} isn't allowed as an ONBUILD trigger`);
  const documents = raw.heredocs.map(({ name, content }) => `\n${content}${name}`).join('');
  const expression = `${raw.original.replace(/^\s*ONBUILD\s*/i, '')}${documents}`;
  return { kind: 'onbuild', ...written(raw), expression };
}

function shell(raw: RawInstruction): Instruction {
  readFlags(raw.flags, {});
  atLeastOne(raw, 'SHELL');
  if (!raw.json) throw new DockerfileError(`SHELL requires the arguments to be in JSON form`);
  return { kind: 'shell', ...written(raw), argv: raw.args };
}

function words(raw: RawInstruction, kind: 'expose' | 'volume'): Instruction {
  atLeastOne(raw, kind.toUpperCase());
  readFlags(raw.flags, {});
  if (kind === 'expose') return { kind, ...written(raw), words: raw.args.toSorted() };
  const list = raw.args.map(trim);
  if (list.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
  return { kind, ...written(raw), words: list };
}

function command(raw: RawInstruction, kind: 'cmd' | 'entrypoint'): Instruction {
  readFlags(raw.flags, {});
  return { kind, ...written(raw), argv: raw.args, shell: !raw.json };
}

const readers: Readonly<Record<string, (raw: RawInstruction) => Instruction>> = {
  add: (raw) => copy(raw, 'add'),
  arg,
  cmd: (raw) => command(raw, 'cmd'),
  copy: (raw) => copy(raw, 'copy'),
  entrypoint: (raw) => command(raw, 'entrypoint'),
  env: (raw) => pairs(raw, 'env'),
  expose: (raw) => words(raw, 'expose'),
  healthcheck,
  label: (raw) => pairs(raw, 'label'),
  maintainer: (raw) => single(raw, 'maintainer'),
  onbuild,
  run,
  shell,
  stopsignal: (raw) => single(raw, 'stopsignal'),
  user: (raw) => single(raw, 'user'),
  volume: (raw) => words(raw, 'volume'),
  workdir: (raw) => single(raw, 'workdir'),
};

const keywords = [...Object.keys(readers), 'from'].map((name) => name.toUpperCase());

function reader({ keyword }: RawInstruction): (raw: RawInstruction) => Instruction {
  const kind = keyword.toLowerCase();
  if (Object.hasOwn(readers, kind)) return readers[kind]!;
  throw new DockerfileError(`unknown instruction: ${keyword}${suggestion(keyword, keywords, true)}`);
}

function stageOf(raw: RawInstruction): Omit<Stage, 'instructions'> {
  const { args } = raw;
  const named = args.length === 3 && args[1]!.toLowerCase() === 'as';
  if (!named && args.length !== 1) throw new DockerfileError('FROM requires either one or three arguments');
  const name = named ? args[2]!.toLowerCase() : null;
  if (name !== null && !/^[a-z][a-z0-9-_.]*$/.test(name))
    throw new DockerfileError(
      `invalid name for build stage: ${goQuote(args[2]!)}, name can't start with a number or contain symbols`,
    );
  const flags = readFlags(raw.flags, { platform: 'text' });
  return { ...written(raw), base: args[0]!, name, platform: flags.text('platform') };
}

/** The stages of a Dockerfile. Throws DockerfileError with the line. */
export function parseDockerfile(bytes: Uint8Array | string): Dockerfile {
  const { instructions, escapeToken, warnings, check, syntax } = parseRaw(bytes);
  const globals: ArgInstruction[] = [];
  const stages: (Omit<Stage, 'instructions'> & { readonly instructions: Instruction[] })[] = [];
  const found: Warning[] = warnings.map(({ line }) => ({
    rule: 'NoEmptyContinuation',
    message: 'Empty continuation line',
    line,
  }));
  for (const raw of instructions) {
    const { line, endLine } = raw;
    const kind = raw.keyword.toLowerCase();
    const read = located(line, endLine, () =>
      prefixed(line, () => (kind === 'from' ? stageOf(raw) : reader(raw)(raw))),
    );
    const stage = stages.at(-1);
    if (!('kind' in read)) stages.push({ ...read, instructions: [] });
    else if (stage !== undefined) stage.instructions.push(read);
    else if (read.kind === 'arg') globals.push(read);
    else throw new DockerfileError('no build stage in current context', line, endLine);
  }
  return { escapeToken, globals, stages, warnings: [...found, ...lint({ globals, stages })], check, syntax };
}

function prefixed<T>(line: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`dockerfile parse error on line ${line}: ${error.message}`);
  }
}

/** The one instruction of an ONBUILD trigger, as if it stood at the lines given. */
export function parseTrigger(text: string, line: number, endLine: number): Instruction {
  const { instructions } = parseRaw(text);
  const [raw] = instructions;
  if (raw === undefined || instructions.length !== 1)
    throw new DockerfileError('onbuild trigger should be a single expression');
  return reader(raw)({ ...raw, line, endLine });
}
