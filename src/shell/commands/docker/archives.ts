/** docker save, load, import: images as files. */
import { concatBytes } from '../../../base/index.ts';
import {
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  readAll,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { answerTo, api, DockerError } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { showReports } from './progress.ts';

const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

export function* isTerminal(fd: number): Sys<boolean> {
  return (yield* orNull(() => sys.tcgetattr(fd), 'ENOTTY', 'EBADF')) !== null;
}

function* save(parsed: Parsed): Sys<number> {
  const output = parsed.value('output');
  if (output === null && (yield* isTerminal(1)))
    throw new DockerError('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  const query = parsed.operands.map((name) => `names=${encodeURIComponent(name)}`).join('&');
  const archive = (yield* api('GET', `/images/get?${query}`)) as Uint8Array;
  yield* put(output, archive, 'save image');
  return 0;
}

/** `docker export`: a container's tree as an archive. */
function* exportTree(parsed: Parsed): Sys<number> {
  const output = parsed.value('output');
  if (output === null && (yield* isTerminal(1)))
    throw new DockerError('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  yield* put(
    output,
    (yield* api('GET', `/containers/${parsed.operands[0]}/export`)) as Uint8Array,
    'export container',
  );
  return 0;
}

/** Into the file, or to standard output. */
function* put(output: string | null, archive: Uint8Array, what: string): Sys<void> {
  if (output === null) return yield* writeAll(1, archive);
  const folder = /^(.*)\/[^/]*$/.exec(output)?.[1] ?? '.';
  if ((yield* orNull(() => sys.stat(folder || '/'), 'ENOENT', 'ENOTDIR')) === null)
    throw new DockerError(
      `failed to ${what}: invalid output path: stat ${folder}: no such file or directory`,
    );
  const fd = yield* opened(() => sys.open(output, O_WRONLY | O_CREAT | O_TRUNC, 0o600), output);
  yield* writeAll(fd, archive);
  yield* sys.close(fd);
}

function* opened<T>(work: () => Sys<T>, path: string): Sys<T> {
  const result = yield* orNull(work, 'ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR');
  if (result === null) throw new DockerError(`open ${path}: no such file or directory`);
  return result;
}

function* load(parsed: Parsed): Sys<number> {
  const input = parsed.value('input');
  if (input === null && (yield* isTerminal(0)))
    throw new DockerError('requested load from stdin, but stdin is empty');
  const archive = input === null ? yield* readAll(0) : yield* opened(() => readFile(input), input);
  const answer = yield* answerTo('POST', '/images/load', concatBytes([archive]));
  yield* showReports(answer);
  return 0;
}

function* importArchive(parsed: Parsed): Sys<number> {
  const [source = '', reference = ''] = parsed.operands;
  if (/^https?:/.test(source)) throw new DockerError('docker import: an archive from a URL is not simulated');
  const archive = source === '-' ? yield* readAll(0) : yield* opened(() => readFile(source), source);
  const query = { fromSrc: '-', repo: reference, message: parsed.value('message') ?? '' };
  const changes = parsed.values('change').map((change): [string, string] => ['changes', change]);
  const pairs = [...Object.entries(query), ...changes].map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  yield* showReports(yield* answerTo('POST', `/images/create?${pairs.join('&')}`, concatBytes([archive])));
  return 0;
}

export const archives: readonly DockerCommand[] = [
  {
    name: 'save',
    aliases: ['image save'],
    usage: '[OPTIONS] IMAGE [IMAGE...]',
    help: 'Write images to an archive',
    options: [{ short: 'o', long: 'output', argument: 'string', help: 'A file instead of standard output' }],
    operands: many,
    run: save,
  },
  {
    name: 'export',
    aliases: ['container export'],
    usage: '[OPTIONS] CONTAINER',
    help: "Write a container's tree to an archive",
    options: [{ short: 'o', long: 'output', argument: 'string', help: 'A file instead of standard output' }],
    operands: [1, 1],
    run: exportTree,
  },
  {
    name: 'load',
    aliases: ['image load'],
    usage: '[OPTIONS]',
    help: 'Read images from an archive',
    options: [
      { short: 'i', long: 'input', argument: 'string', help: 'A file instead of standard input' },
      { short: 'q', long: 'quiet', help: 'Do not show the steps' },
    ],
    operands: [0, 0],
    run: load,
  },
  {
    name: 'import',
    aliases: ['image import'],
    usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
    help: 'Make an image of an archive of files',
    options: [
      { short: 'c', long: 'change', argument: 'list', help: 'An instruction of a Dockerfile: CMD, ENV, …' },
      { short: 'm', long: 'message', argument: 'string', help: 'A comment for the history' },
    ],
    operands: [1, Number.POSITIVE_INFINITY],
    run: importArchive,
  },
];
