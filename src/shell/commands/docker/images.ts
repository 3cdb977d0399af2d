/** docker images, image …, rmi, tag, commit, history. */
import { humanDuration } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { parseNormalized } from '../../../oci/index.ts';
import type { Parsed } from '../options.ts';
import { api, DockerError, messageOf, tryApi } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { humanSize, listOptions, printList, shorten } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Size: number;
  /** How many were made of it; -1 when it was not asked for. */
  readonly Containers: number;
}

function splitReference(text: string): { repository: string; tag: string } {
  const at = /:[^/]+$/.exec(text)?.index ?? text.length;
  return { repository: text.slice(0, at), tag: text.slice(at + 1) || 'latest' };
}

function requireReference(text: string, told: (why: string) => string): void {
  try {
    parseNormalized(text);
  } catch (error) {
    throw new DockerError(told((error as Error).message));
  }
}

interface HistoryEntry {
  readonly Id: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Size: number;
  readonly Comment: string;
}

/** Where `docker images` shows an image: once for each of its names. */
interface Row {
  readonly Repository: string;
  readonly Tag: string;
  readonly Digest: string;
}

function rowsOf({ RepoTags, RepoDigests }: ListedImage, withDigests: boolean): Row[] {
  const digests = RepoDigests.map((text) => text.split('@') as [string, string]);
  const tagged = RepoTags.flatMap((text) => {
    const { repository: Repository, tag: Tag } = splitReference(text);
    const own = digests.filter(([repository]) => repository === Repository);
    const shown = withDigests && own.length > 0 ? own.map(([, digest]) => digest) : ['<none>'];
    return shown.map((Digest) => ({ Repository, Tag, Digest }));
  });
  const untagged = digests
    .filter(([repository]) => !tagged.some(({ Repository }) => Repository === repository))
    .map(([Repository, Digest]) => ({ Repository, Tag: '<none>', Digest }));
  const all = [...tagged, ...untagged];
  return all.length > 0 ? all : [{ Repository: '<none>', Tag: '<none>', Digest: '<none>' }];
}

/** `2 minutes ago`. */
function* ageOf(created: number): Sys<string> {
  const { sec } = yield* sys.clock_gettime('realtime');
  return `${humanDuration(sec - created)} ago`;
}

function* list(parsed: Parsed): Sys<number> {
  const [wanted] = parsed.operands;
  const filters: Record<string, string[]> = {};
  for (const filter of parsed.values('filter')) {
    const [name = '', value = ''] = filter.split(/=(.*)/s);
    filters[name] = [...(filters[name] ?? []), value];
  }
  if (wanted !== undefined) filters.reference = [...(filters.reference ?? []), wanted];
  const found = (yield* api(
    'GET',
    `/images/json?filters=${encodeURIComponent(JSON.stringify(filters))}`,
  )) as ListedImage[];
  const withDigests = parsed.has('digests');
  const rows: Record<string, string>[] = [];
  for (const image of found)
    for (const row of rowsOf(image, withDigests)) {
      if (wanted?.includes(':') && row.Tag === '<none>') continue;
      rows.push({
        Containers: `${image.Containers < 0 ? 'N/A' : image.Containers}`,
        CreatedAt: new Date(image.Created * 1000)
          .toISOString()
          .replace('T', ' ')
          .replace(/\..*/, ' +0000 UTC'),
        CreatedSince: yield* ageOf(image.Created),
        Digest: row.Digest,
        ID: parsed.has('no-trunc') ? image.Id : image.Id.slice(7, 19),
        Repository: row.Repository,
        SharedSize: 'N/A',
        Size: humanSize(image.Size, 3),
        Tag: row.Tag,
        UniqueSize: 'N/A',
        VirtualSize: humanSize(image.Size),
      });
    }
  const columns = [
    { head: 'REPOSITORY', field: 'Repository' },
    { head: 'TAG', field: 'Tag' },
    ...(withDigests ? [{ head: 'DIGEST', field: 'Digest' }] : []),
    { head: 'IMAGE ID', field: 'ID' },
    { head: 'CREATED', field: 'CreatedSince' },
    { head: 'SIZE', field: 'Size' },
  ];
  yield* printList(rows, columns, {
    format: parsed.value('format'),
    quiet: parsed.has('quiet') ? 'ID' : null,
    type: 'formatter.imageContext',
  });
  return 0;
}

export const images: readonly DockerCommand[] = [
  {
    name: 'images',
    aliases: ['image ls', 'image list'],
    usage: '[OPTIONS] [REPOSITORY[:TAG]]',
    help: 'List images',
    options: [
      { short: 'a', long: 'all', help: 'Intermediate images too, of which there are none here' },
      { long: 'digests', help: 'Show digests' },
      { short: 'f', long: 'filter', argument: 'filter', help: 'dangling, reference, label, before, since' },
      ...listOptions,
      { long: 'no-trunc', help: 'Do not shorten' },
    ],
    operands: [0, 1],
    run: list,
  },
  inspectCommand('image inspect', 'image', '[OPTIONS] IMAGE [IMAGE...]'),
  {
    name: 'rmi',
    aliases: ['image rm', 'image remove'],
    usage: '[OPTIONS] IMAGE [IMAGE...]',
    help: 'Remove images',
    options: [
      { short: 'f', long: 'force', help: 'Although containers use them' },
      { long: 'no-prune', help: 'Leave parents without a name, of which there are none here' },
    ],
    operands: many,
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          const force = parsed.has('force');
          const response = yield* tryApi('DELETE', `/images/${name}?force=${force ? 1 : 0}`);
          if (response.status >= 400) {
            const refusal = `Error response from daemon: ${messageOf(response)}`;
            // With --force it is enough that the image is not there.
            if (!force || response.status !== 404) throw new DockerError(refusal);
            return yield* tell(refusal);
          }
          const report = response.body as Record<string, string>[];
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
      requireReference(to, (why) => `Error parsing reference: "${to}" is not a valid repository/tag: ${why}`);
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
      { short: 'c', long: 'change', argument: 'list', help: 'An instruction of a Dockerfile: CMD, ENV, …' },
      { short: 'm', long: 'message', argument: 'string', help: 'A comment for the history' },
      { short: 'p', long: 'pause', argument: 'bool', help: 'Pause it meanwhile (default true)' },
    ],
    operands: [1, 2],
    *run(parsed) {
      const [container = '', reference = ''] = parsed.operands;
      if (reference !== '') requireReference(reference, (why) => why);
      const { repository, tag } = splitReference(reference);
      const query = {
        container,
        repo: repository,
        tag,
        comment: parsed.value('message') ?? '',
        author: parsed.value('author') ?? '',
        pause: parsed.value('pause') === 'false' ? '0' : '1',
      };
      const changes = parsed.values('change').map((change): [string, string] => ['changes', change]);
      const pairs = [...Object.entries(query), ...changes].map(
        ([key, value]) => `${key}=${encodeURIComponent(value)}`,
      );
      const { Id } = (yield* api('POST', `/commit?${pairs.join('&')}`)) as { Id: string };
      yield* writeAll(1, `${Id}\n`);
      return 0;
    },
  },
  {
    name: 'history',
    aliases: ['image history'],
    usage: '[OPTIONS] IMAGE',
    help: 'Show how an image was made',
    options: [
      ...listOptions,
      { short: 'H', long: 'human', argument: 'bool', help: 'Sizes and dates for people (default true)' },
      { long: 'no-trunc', help: 'Do not shorten' },
    ],
    operands: [1, 1],
    *run(parsed) {
      const entries = (yield* api('GET', `/images/${parsed.operands[0]}/history`)) as HistoryEntry[];
      const full = parsed.has('no-trunc');
      const human = parsed.value('human') !== 'false';
      const rows: Record<string, string>[] = [];
      for (const entry of entries) {
        const CreatedAt = new Date(entry.Created * 1000).toISOString().replace(/\.000Z$/, 'Z');
        rows.push({
          Comment: entry.Comment,
          CreatedAt,
          CreatedBy: full ? entry.CreatedBy : shorten(entry.CreatedBy, 45),
          CreatedSince: human ? yield* ageOf(entry.Created) : CreatedAt,
          ID: full || !entry.Id.startsWith('sha256:') ? entry.Id : entry.Id.slice(7, 19),
          Size: human ? humanSize(entry.Size, 3) : `${entry.Size}`,
        });
      }
      const columns = [
        { head: 'IMAGE', field: 'ID' },
        { head: human ? 'CREATED' : 'CREATED AT', field: 'CreatedSince' },
        { head: 'CREATED BY', field: 'CreatedBy' },
        { head: 'SIZE', field: 'Size' },
        { head: 'COMMENT', field: 'Comment' },
      ];
      yield* printList(rows, columns, {
        format: parsed.value('format'),
        quiet: parsed.has('quiet') ? 'ID' : null,
        type: 'image.historyContext',
      });
      return 0;
    },
  },
];
