/** docker ps, stop, kill, restart, rename, diff, logs, top, inspect. */

import { goQuote } from '../../../base/index.ts';
import { humanDuration } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { answerTo, api, DockerError, messageOf, showOutput, tryApi } from './api.ts';
import { eachAtOnce } from './atOnce.ts';
import { type DockerCommand, each } from './commands.ts';
import { filterQuery } from './filters.ts';
import { type ListedPort, portsText } from './ports.ts';
import { align, humanSize, labelIn, labelsText, printList, shorten } from './tables.ts';
import { fill } from './templates.ts';
import { instantOf } from './times.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Command: string;
  readonly Created: number;
  readonly State: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Ports: readonly ListedPort[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
  readonly Mounts: readonly { readonly Name?: string; readonly Source: string; readonly Driver?: string }[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

/** `2026-01-05 09:00:00 +0000 UTC`, as Go prints a time. */
const goTime = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

function sizeText({ SizeRw = 0, SizeRootFs = 0 }: ListedContainer): string {
  return SizeRootFs === 0
    ? humanSize(SizeRw, 3)
    : `${humanSize(SizeRw, 3)} (virtual ${humanSize(SizeRootFs, 3)})`;
}

function* ps(parsed: Parsed): Sys<number> {
  const last = parsed.has('latest') ? '1' : parsed.value('last');
  const query = [...(parsed.has('all') ? ['all=1'] : []), ...(last === null ? [] : [`limit=${last}`])];
  const format = parsed.value('format');
  if (parsed.has('size') || /\.Size\b|json \./.test(format ?? '')) query.push('size=1');
  if (parsed.has('filter')) query.push(`filters=${filterQuery(parsed.values('filter'))}`);
  const found = (yield* api(
    'GET',
    ['/containers/json', query.join('&')].filter(Boolean).join('?'),
  )) as ListedContainer[];
  const full = parsed.has('no-trunc');
  const { sec: now } = yield* sys.clock_gettime('realtime');
  const rows = found.map((container) => ({
    Command: goQuote(full ? container.Command : shorten(container.Command, 20)),
    CreatedAt: goTime(container.Created),
    ID: full ? container.Id : container.Id.slice(0, 12),
    Image: container.Image,
    Label: labelIn(container.Labels),
    Labels: labelsText(container.Labels),
    LocalVolumes: `${container.Mounts.filter((mount) => mount.Driver === 'local').length}`,
    Mounts: container.Mounts.map((mount) => mount.Name ?? mount.Source)
      .map((name) => (full ? name : shorten(name, 15)))
      .join(','),
    Names: container.Names.map((name) => name.slice(1)).join(','),
    Networks: Object.keys(container.NetworkSettings.Networks).join(','),
    Platform: null,
    Ports: portsText(container.Ports),
    RunningFor: `${humanDuration(now - container.Created)} ago`,
    Size: sizeText(container),
    State: container.State,
    Status: container.Status,
  }));
  const columns = [
    { head: 'CONTAINER ID', field: 'ID' },
    { head: 'IMAGE', field: 'Image' },
    { head: 'COMMAND', field: 'Command' },
    { head: 'CREATED', field: 'RunningFor' },
    { head: 'STATUS', field: 'Status' },
    { head: 'PORTS', field: 'Ports' },
    { head: 'NAMES', field: 'Names' },
    ...(parsed.has('size') ? [{ head: 'SIZE', field: 'Size' }] : []),
  ];
  yield* printList(rows, columns, {
    format,
    quiet: parsed.has('quiet') ? 'ID' : null,
    type: 'formatter.ContainerContext',
    lead: 'failed to execute template: ',
    unprepared: 'failed to parse template: ',
  });
  return 0;
}

/** A command that does one request for each container and prints its name. */
function onEach(
  name: string,
  help: string,
  options: DockerCommand['options'],
  path: (parsed: Parsed, container: string) => [string, string],
  atOnce = true,
): DockerCommand {
  return {
    name,
    aliases: [`container ${name}`],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    help,
    options,
    operands: many,
    run(parsed) {
      const { operands } = parsed;
      if (atOnce) return eachAtOnce(operands, (container) => path(parsed, container));
      return each(
        operands,
        function* (container) {
          const [method, target] = path(parsed, container);
          yield* api(method, target);
          yield* writeAll(1, `${container}\n`);
        },
        tell,
      );
    },
  };
}

const grace = [
  { short: 's', long: 'signal', argument: 'string', help: 'Signal that stops it' },
  { short: 't', long: 'timeout', argument: 'int', help: 'Seconds to wait before killing; -1 for ever' },
  { long: 'time', argument: 'int', help: 'As --timeout' },
];

/** What they say in a query; nothing leaves it to the container. */
function graceQuery(parsed: Parsed): string {
  const seconds = parsed.value('timeout') ?? parsed.value('time');
  const signal = parsed.value('signal');
  return [
    ...(signal === null ? [] : [`signal=${encodeURIComponent(signal)}`]),
    ...(seconds === null ? [] : [`t=${seconds}`]),
  ].join('&');
}

/** What `name` is: a container, else an image, else a volume. */
function* findObject(name: string, type: string | null, size: boolean): Sys<unknown> {
  const places = [
    ['container', '/containers/'],
    ['image', '/images/'],
    ['network', '/networks/'],
    ['volume', '/volumes/'],
  ] as const;
  let refusal = '';
  for (const [kind, prefix] of places) {
    if (type !== null && type !== kind) continue;
    const response = yield* tryApi(
      'GET',
      `${prefix}${encodeURIComponent(name)}${kind === 'volume' || kind === 'network' ? '' : '/json'}${size && kind === 'container' ? '?size=1' : ''}`,
    );
    if (response.status === 200) return response.body;
    if (type !== null) refusal = messageOf(response);
  }
  if (refusal !== '') throw new DockerError(`Error response from daemon: ${refusal}`);
  throw new DockerError(`Error: No such object: ${name}`);
}

const TYPES = [
  'config',
  'container',
  'image',
  'network',
  'node',
  'plugin',
  'secret',
  'service',
  'task',
  'volume',
];

function* inspect(parsed: Parsed, type: string | null): Sys<number> {
  if (type !== null && !TYPES.includes(type)) {
    const known = TYPES.map((name) => `"${name}"`).join(', ');
    throw new DockerError(`unknown type: "${type}": must be one of ${known}`);
  }
  const found: unknown[] = [];
  const complaints: string[] = [];
  let status = yield* each(
    parsed.operands,
    function* (name) {
      found.push(yield* findObject(name, type, parsed.has('size')));
    },
    function* (message) {
      complaints.push(message);
    },
  );
  const format = parsed.value('format') || null;
  if (format === null || format === 'json')
    yield* writeAll(1, `${JSON.stringify(found, null, format === null ? 4 : 0)}\n`);
  else {
    let text = '';
    const wrong = yield* each(
      found,
      function* (item) {
        text += `${fill(format, item)}\n`;
      },
      function* (message) {
        complaints.push(message);
      },
    );
    // A template that is none at all is told of once, and nothing else.
    if (wrong === 64) throw new DockerError(complaints.at(-1)!, 64);
    yield* writeAll(1, wrong === 0 ? text : '\n');
    status ||= wrong;
  }
  for (const complaint of complaints) yield* tell(complaint);
  return status;
}

const formatOption = { short: 'f', long: 'format', argument: 'string', help: 'Go template, or json' };

export const inspectCommand = (
  name: string,
  type: string | null,
  usage: string,
  more: DockerCommand['options'] = [],
): DockerCommand => ({
  name,
  usage,
  help: 'Show low-level information',
  options: [
    formatOption,
    ...more,
    ...(type === null || type === 'container'
      ? [{ short: 's', long: 'size', help: 'How large a container is too' }]
      : []),
    ...(type === null ? [{ long: 'type', argument: 'string', help: 'Only this type' }] : []),
  ],
  operands: many,
  run: (parsed) => inspect(parsed, type ?? (parsed.value('type') || null)),
});

const letters = ['C', 'A', 'D'] as const;

export const containers: readonly DockerCommand[] = [
  {
    name: 'ps',
    aliases: ['container ls', 'container list', 'container ps'],
    usage: '[OPTIONS]',
    help: 'List containers',
    options: [
      { short: 'a', long: 'all', help: 'Stopped ones too' },
      { short: 'f', long: 'filter', argument: 'filter', help: 'Only those that match' },
      { long: 'format', argument: 'string', help: 'table, json or a Go template' },
      { short: 'n', long: 'last', argument: 'int', help: 'The last ones made' },
      { short: 'l', long: 'latest', help: 'The latest one' },
      { long: 'no-trunc', help: 'Do not shorten' },
      { short: 'q', long: 'quiet', help: 'Only ids' },
      { short: 's', long: 'size', help: 'Show how large they are' },
    ],
    operands: [0, 0],
    run: ps,
  },
  onEach('stop', 'Stop running containers', grace, (parsed, name) => [
    'POST',
    `/containers/${name}/stop?${graceQuery(parsed)}`,
  ]),
  onEach(
    'restart',
    'Restart containers',
    grace,
    (parsed, name) => ['POST', `/containers/${name}/restart?${graceQuery(parsed)}`],
    false,
  ),
  onEach('pause', 'Pause all processes in containers', [], (_, name) => [
    'POST',
    `/containers/${name}/pause`,
  ]),
  onEach('unpause', 'Let all processes in containers go on', [], (_, name) => [
    'POST',
    `/containers/${name}/unpause`,
  ]),
  onEach(
    'kill',
    'Send a signal to containers',
    [{ short: 's', long: 'signal', argument: 'string', help: 'The signal (default KILL)' }],
    (parsed, name) => ['POST', `/containers/${name}/kill?signal=${parsed.value('signal') ?? 'KILL'}`],
  ),
  {
    name: 'rename',
    aliases: ['container rename'],
    usage: 'CONTAINER NEW_NAME',
    help: 'Rename a container',
    options: [],
    operands: [2, 2],
    *run({ operands: [from, to] }) {
      const response = yield* tryApi('POST', `/containers/${from}/rename?name=${encodeURIComponent(to!)}`);
      if (response.status < 400) return 0;
      yield* tell(`Error response from daemon: ${messageOf(response)}`);
      throw new DockerError(`Error: failed to rename container named ${from}`);
    },
  },
  {
    name: 'diff',
    aliases: ['container diff'],
    usage: 'CONTAINER',
    help: "Show changes to a container's file system: A added, C changed, D deleted",
    options: [],
    operands: [1, 1],
    *run({ operands: [name] }) {
      const changes = (yield* api('GET', `/containers/${name}/changes`)) as {
        Path: string;
        Kind: 0 | 1 | 2;
      }[];
      yield* writeAll(1, changes.map(({ Kind, Path }) => `${letters[Kind]} ${Path}\n`).join(''));
      return 0;
    },
  },
  {
    name: 'logs',
    aliases: ['container logs'],
    usage: '[OPTIONS] CONTAINER',
    help: 'Fetch the logs of a container',
    options: [
      { short: 'f', long: 'follow', help: 'Go on as they come' },
      { long: 'details', help: 'With what the log driver adds' },
      { short: 'n', long: 'tail', argument: 'string', help: 'Lines from the end (default all)' },
      {
        long: 'since',
        argument: 'string',
        help: 'From a time (2026-01-05T09:00:00Z) or for a duration (10m) on',
      },
      { short: 't', long: 'timestamps', help: 'With times' },
      { long: 'until', argument: 'string', help: 'Up to a time, or a duration before now' },
    ],
    operands: [1, 1],
    *run(parsed) {
      const name = parsed.operands[0]!;
      const { Config } = (yield* api('GET', `/containers/${name}/json`)) as { Config: { Tty: boolean } };
      const flag = (key: string) => (parsed.has(key) ? 1 : 0);
      const query = `details=${flag('details')}&follow=${flag('follow')}&timestamps=${flag('timestamps')}&tail=${parsed.value('tail') ?? 'all'}&since=${yield* instantOf(parsed.value('since'), 'invalid value for "since": ')}&until=${yield* instantOf(parsed.value('until'), 'invalid value for "until": ')}`;
      yield* showOutput(
        yield* answerTo('GET', `/containers/${name}/logs?stdout=1&stderr=1&${query}`),
        Config.Tty,
      );
      return 0;
    },
  },
  {
    name: 'top',
    aliases: ['container top'],
    usage: 'CONTAINER [ps OPTIONS]',
    help: 'Show the processes of a container',
    options: [],
    operandsEndOptions: true,
    operands: many,
    *run({ operands: [name, ...args] }) {
      const query = args.length === 0 ? '' : `?ps_args=${encodeURIComponent(args.join(' '))}`;
      const { Titles, Processes } = (yield* api('GET', `/containers/${name}/top${query}`)) as {
        Titles: string[];
        Processes: string[][];
      };
      yield* writeAll(1, align([Titles, ...Processes], 20));
      return 0;
    },
  },
  inspectCommand('inspect', null, '[OPTIONS] NAME|ID [NAME|ID...]'),
  inspectCommand('container inspect', 'container', '[OPTIONS] CONTAINER [CONTAINER...]'),
];
