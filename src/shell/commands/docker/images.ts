/** docker images, image …, rmi, tag, commit, history. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { humanSize, listOptions, printList, shorten } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly Age: string;
  readonly Size: number;
}

function splitReference(text: string): { repository: string; tag: string } {
  const at = /:[^/]+$/.exec(text)?.index ?? text.length;
  return { repository: text.slice(0, at), tag: text.slice(at + 1) || 'latest' };
}

interface HistoryEntry {
  readonly Id: string;
  readonly Created: string;
  readonly Age: string;
  readonly CreatedBy: string;
  readonly Size: number;
  readonly Comment: string;
}

function* list(parsed: Parsed): Sys<number> {
  const found = (yield* api('GET', '/images/json')) as ListedImage[];
  const [wanted] = parsed.operands;
  const rows = found
    .flatMap((image) =>
      (image.RepoTags.length === 0 ? ['<none>:<none>'] : image.RepoTags).map((reference) => ({
        image,
        reference,
      })),
    )
    .filter(
      ({ reference }) => wanted === undefined || reference === wanted || reference.startsWith(`${wanted}:`),
    )
    .map(({ image, reference }) => ({
      Repository: reference.slice(0, reference.lastIndexOf(':')),
      Tag: reference.slice(reference.lastIndexOf(':') + 1),
      ID: parsed.has('no-trunc') ? image.Id : image.Id.slice(7, 19),
      CreatedSince: image.Age,
      Size: humanSize(image.Size),
    }));
  const columns = [
    { head: 'REPOSITORY', field: 'Repository' },
    { head: 'TAG', field: 'Tag' },
    { head: 'IMAGE ID', field: 'ID' },
    { head: 'CREATED', field: 'CreatedSince' },
    { head: 'SIZE', field: 'Size' },
  ];
  yield* printList(rows, columns, {
    format: parsed.value('format'),
    quiet: parsed.has('quiet') ? 'ID' : null,
  });
  return 0;
}

export const images: readonly DockerCommand[] = [
  {
    name: 'images',
    aliases: ['image ls', 'image list'],
    usage: '[OPTIONS] [REPOSITORY[:TAG]]',
    help: 'List images',
    options: [...listOptions, { long: 'no-trunc', help: 'Do not shorten' }],
    operands: [0, 1],
    run: list,
  },
  inspectCommand('image inspect', 'image', '[OPTIONS] IMAGE [IMAGE...]'),
  {
    name: 'rmi',
    aliases: ['image rm', 'image remove'],
    usage: '[OPTIONS] IMAGE [IMAGE...]',
    help: 'Remove images',
    options: [{ short: 'f', long: 'force', help: 'Although containers use them' }],
    operands: many,
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          const report = (yield* api(
            'DELETE',
            `/images/${name}?force=${parsed.has('force') ? 1 : 0}`,
          )) as Record<string, string>[];
          yield* writeAll(
            1,
            report
              .flatMap((entry) => Object.entries(entry).map(([what, value]) => `${what}: ${value}\n`))
              .join(''),
          );
        },
        tell,
      ),
  },
  {
    name: 'tag',
    aliases: ['image tag'],
    usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
    help: 'Give an image another name',
    options: [],
    operands: [2, 2],
    *run({ operands: [from, to = ''] }) {
      const { repository, tag } = splitReference(to);
      yield* api(
        'POST',
        `/images/${from}/tag?repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`,
      );
      return 0;
    },
  },
  {
    name: 'commit',
    aliases: ['container commit'],
    usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
    help: "Make an image from a container's changes",
    options: [
      { short: 'a', long: 'author', argument: 'string', help: 'Who made it' },
      { short: 'm', long: 'message', argument: 'string', help: 'A comment for the history' },
    ],
    operands: [1, 2],
    *run(parsed) {
      const [container = '', reference = ''] = parsed.operands;
      const { repository, tag } = splitReference(reference);
      const query = {
        container,
        repo: repository,
        tag,
        comment: parsed.value('message') ?? '',
        author: parsed.value('author') ?? '',
      };
      const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
      const { Id } = (yield* api('POST', `/commit?${pairs.join('&')}`)) as { Id: string };
      yield* writeAll(1, `${Id}\n`);
      return 0;
    },
  },
  {
    name: 'history',
    aliases: ['image history'],
    usage: 'IMAGE',
    help: 'Show how an image was made',
    options: [...listOptions, { long: 'no-trunc', help: 'Do not shorten' }],
    operands: [1, 1],
    *run(parsed) {
      const entries = (yield* api('GET', `/images/${parsed.operands[0]}/history`)) as HistoryEntry[];
      const full = parsed.has('no-trunc');
      const rows = entries.map((entry) => ({
        ID: full || !entry.Id.startsWith('sha256:') ? entry.Id : entry.Id.slice(7, 19),
        CreatedAt: entry.Created,
        CreatedSince: entry.Age,
        CreatedBy: full ? entry.CreatedBy : shorten(entry.CreatedBy, 45),
        Size: humanSize(entry.Size),
        Comment: entry.Comment,
      }));
      const columns = [
        { head: 'IMAGE', field: 'ID' },
        { head: 'CREATED', field: 'CreatedSince' },
        { head: 'CREATED BY', field: 'CreatedBy' },
        { head: 'SIZE', field: 'Size' },
        { head: 'COMMENT', field: 'Comment' },
      ];
      yield* printList(rows, columns, {
        format: parsed.value('format'),
        quiet: parsed.has('quiet') ? 'ID' : null,
      });
      return 0;
    },
  },
];
