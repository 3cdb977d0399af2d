/** docker images, image …, rmi, tag, history, volume …, version, info. */
import { API_VERSION, VERSION } from '../../../container/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { humanSize, printList, shorten } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly Age: string;
  readonly Size: number;
}

/** What `docker version` says of the client or of the engine; the values begin in column 20. */
function versionLines(indent: string, version: string, api: string, platform: string): string {
  const line = (label: string, value: string) => `${`${indent}${label}:`.padEnd(20)}${value}\n`;
  return line('Version', version) + line('API version', api) + line('OS/Arch', platform);
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

function* images(parsed: Parsed): Sys<number> {
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

const listOptions = [
  { long: 'format', argument: 'string', help: 'table, json or a Go template' },
  { short: 'q', long: 'quiet', help: 'Only ids or names' },
];

export const storage: readonly DockerCommand[] = [
  {
    name: 'images',
    aliases: ['image ls', 'image list'],
    usage: '[OPTIONS] [REPOSITORY[:TAG]]',
    help: 'List images',
    options: [...listOptions, { long: 'no-trunc', help: 'Do not shorten' }],
    operands: [0, 1],
    run: images,
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
  {
    name: 'volume ls',
    aliases: ['volume list'],
    usage: '[OPTIONS]',
    help: 'List volumes',
    options: listOptions,
    operands: [0, 0],
    *run(parsed) {
      const { Volumes } = (yield* api('GET', '/volumes')) as {
        Volumes: Record<'Driver' | 'Name' | 'Mountpoint', string>[];
      };
      const columns = [
        { head: 'DRIVER', field: 'Driver' },
        { head: 'VOLUME NAME', field: 'Name' },
      ];
      yield* printList(Volumes, columns, {
        format: parsed.value('format'),
        quiet: parsed.has('quiet') ? 'Name' : null,
      });
      return 0;
    },
  },
  {
    name: 'volume create',
    usage: '[VOLUME]',
    help: 'Create a volume',
    options: [{ long: 'name', argument: 'string', help: 'Its name' }],
    operands: [0, 1],
    *run(parsed) {
      const made = (yield* api('POST', '/volumes/create', {
        Name: parsed.operands[0] ?? parsed.value('name') ?? '',
      })) as { Name: string };
      yield* writeAll(1, `${made.Name}\n`);
      return 0;
    },
  },
  inspectCommand('volume inspect', 'volume', '[OPTIONS] VOLUME [VOLUME...]'),
  {
    name: 'volume rm',
    aliases: ['volume remove'],
    usage: 'VOLUME [VOLUME...]',
    help: 'Remove volumes',
    options: [],
    operands: many,
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          yield* api('DELETE', `/volumes/${name}`);
          yield* writeAll(1, `${name}\n`);
        },
        tell,
      ),
  },
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
