/** /containers and /exec of podman's API, and /commit. */
import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { GO_DIR } from '../archive.ts';
import { PATH_STAT } from '../copying.ts';
import { isTrue, type Response } from '../http.ts';
import { secondsOf } from '../inspect.ts';
import { awaitExit } from '../life.ts';
import { logsTo } from '../logs.ts';
import { type Container, EngineError } from '../model.ts';
import { done, ok } from '../routes/handler.ts';
import { asDocker, bodyOf, type Call, exists, type LibpodRoute, same } from './call.ts';
import { inspectView, listView } from './containerViews.ts';
import { createRequest } from './creating.ts';
import { containerStats } from './stats.ts';

const found = ({ engine, args }: Call): Container => engine.findContainer(args[0]!);

/** Podman's words for the states of Docker's, where they differ. */
function filtersOf(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  try {
    const { status, ...rest } = JSON.parse(text) as Record<string, string[]>;
    const word = (one: string) => ({ stopped: 'exited', configured: 'created' })[one] ?? one;
    return JSON.stringify({ ...rest, ...(status !== undefined && { status: status.map(word) }) });
  } catch {
    throw new EngineError(400, `invalid filter '${text}'`);
  }
}

function* list(call: Call): Sys<Response> {
  const { query } = call.request;
  const listed = yield* bodyOf<{ Id: string; SizeRw?: number; SizeRootFs?: number }[]>(
    call,
    'GET /containers/json',
    {
      query: {
        all: query.get('all') ?? '',
        limit: query.get('last') ?? query.get('limit') ?? '0',
        size: query.get('size') ?? '',
        filters: filtersOf(query.get('filters')),
      },
    },
  );
  // Docker's list begins with the newest, podman's with the oldest; its client turns it as it likes.
  return ok(listed.map((one) => listView(call.engine.containers.get(one.Id)!, one)).reverse());
}

function* create(call: Call): Sys<Response> {
  const { name, body } = createRequest(call.engine, call.request.body);
  const query: Record<string, string> = name === '' ? {} : { name };
  const made = yield* bodyOf<{ Id: string; Warnings: string[] }>(call, 'POST /containers/create', {
    query,
    body: JSON.parse(JSON.stringify(body)) as unknown,
  });
  return { status: 201, body: made };
}

function* inspect(call: Call): Sys<Response> {
  const container = found(call);
  const size = call.request.query.get('size') ?? '';
  const docker = yield* bodyOf<Parameters<typeof inspectView>[2]>(
    call,
    `GET /containers/${container.ID}/json`,
  );
  const sizes = isTrue(size)
    ? (yield* bodyOf<{ SizeRw: number; SizeRootFs: number }[]>(call, 'GET /containers/json', {
        query: { all: '1', size: '1', filters: JSON.stringify({ id: [container.ID] }) },
      }))[0]!
    : {};
  const { SizeRw, SizeRootFs } = sizes as { SizeRw?: number; SizeRootFs?: number };
  return ok(
    yield* inspectView(call.engine, container, docker, {
      ...(SizeRw !== undefined && { SizeRw }),
      ...(SizeRootFs !== undefined && { SizeRootFs }),
    }),
  );
}

/** The last end of a container that is gone, as podman keeps it for a while. */
function exitCodeOf({ engine, args: [name = ''] }: Call): number | null {
  const ends = engine.events
    .after(0)
    .filter(({ Type, Action, Actor }) => {
      const isIt = Actor.ID.startsWith(name) || Actor.Attributes.name === name;
      return Type === 'container' && Action === 'die' && isIt;
    })
    .map(({ Actor }) => Number(Actor.Attributes.exitCode));
  return ends.at(-1) ?? null;
}

/** Answered when it is over, with the status alone. */
function* wait(call: Call): Sys<Response | null> {
  const conditions = call.request.queryValues('condition');
  const other = conditions.find((condition) => !['stopped', 'exited', 'removing'].includes(condition));
  if (other !== undefined) throw new EngineError(400, `waiting for ${other} is not simulated on this host`);
  let container: Container;
  try {
    container = found(call);
  } catch (error) {
    const code = exitCodeOf(call);
    if (code === null) throw error;
    return ok(code);
  }
  const { engine, client } = call;
  const code = yield* awaitExit(engine, container, 'not-running', client.fd);
  return code === null ? null : ok(code);
}

/** Those that live in namespaces of another, and those of theirs. */
function dependentsOf(call: Call, { ID }: Container): Container[] {
  const own = [...call.engine.containers.values()].filter(({ HostConfig }) =>
    [HostConfig.NetworkMode, HostConfig.PidMode, HostConfig.IpcMode].includes(`container:${ID}`),
  );
  return own.flatMap((one) => [...dependentsOf(call, one), one]);
}

/** With `depend`, what cannot be without it goes first. */
function* remove(call: Call): Sys<Response> {
  const { query } = call.request;
  const name = call.args[0]!;
  try {
    const wanted = found(call);
    const all = isTrue(query.get('depend')) ? [...dependentsOf(call, wanted), wanted] : [wanted];
    for (const { ID } of new Set(all))
      yield* asDocker(call, `DELETE /containers/${ID}`, {
        query: { force: query.get('force') ?? '', v: query.get('v') ?? query.get('volumes') ?? '' },
      });
    return ok(all.map(({ ID }) => ({ Id: ID, RawInput: ID === wanted.ID ? name : ID })));
  } catch (error) {
    if (!(error instanceof EngineError) || error.status !== 404 || !isTrue(query.get('ignore'))) throw error;
    return ok([]);
  }
}

/** Seconds since 1970; the zero of Go's times is none. */
function since(text: string | undefined): string {
  const seconds =
    text === undefined || text === ''
      ? 0
      : /^\d+/.test(text) && !text.includes('T')
        ? Number(text)
        : secondsOf(text);
  return `${Math.max(0, seconds)}`;
}

/** In frames, whether or not there was a terminal. */
function* logs(call: Call): Sys<null> {
  const { query } = call.request;
  const tail = query.get('tail') ?? '';
  const asked = new Map([
    ...query,
    ['since', since(query.get('since'))],
    ['until', since(query.get('until'))],
    ['tail', /^\d+$/.test(tail) ? tail : 'all'],
  ] as const);
  const container = found(call);
  const { Config } = container;
  return yield* logsTo({ ...container, Config: { ...Config, Tty: false } }, asked, call.client);
}

function* top(call: Call): Sys<Response | null> {
  const given = call.request
    .queryValues('ps_args')
    .flatMap((words) => words.split(','))
    .filter((word) => word !== '');
  const isOption = given[0]?.startsWith('-') === true;
  if (given.length > 0 && !isOption)
    throw new EngineError(
      400,
      `descriptors of processes (${given[0]}) are not simulated: give options of ps`,
    );
  if (isTrue(call.request.query.get('stream')))
    throw new EngineError(400, 'a stream of top is not simulated');
  const { ID } = found(call);
  return yield* asDocker(call, `GET /containers/${ID}/top`, {
    query: given.length === 0 ? {} : { ps_args: given.join(' ') },
  });
}

function* prune(call: Call): Sys<Response> {
  const { ContainersDeleted } = yield* bodyOf<{ ContainersDeleted: string[] }>(
    call,
    'POST /containers/prune',
    {
      query: { filters: call.request.query.get('filters') ?? '' },
    },
  );
  return ok(ContainersDeleted.map((Id) => ({ Id, Size: 0 })));
}

function* commit(call: Call): Sys<Response> {
  const { query, queryValues } = call.request;
  const format = query.get('format') ?? '';
  if (isTrue(query.get('squash'))) throw new EngineError(400, 'squash is not simulated on this host');
  if (!['', 'oci', 'docker'].includes(format)) throw new EngineError(400, `format ${format} is unknown`);
  const changes = queryValues('changes').join('\n');
  const { Id } = yield* bodyOf<{ Id: string }>(call, 'POST /commit', {
    query: Object.fromEntries(
      [...query]
        .filter(([name]) => ['container', 'repo', 'tag', 'author', 'comment'].includes(name))
        .concat(changes === '' ? [] : [['changes', changes]]),
    ) as Record<string, string>,
  });
  return ok({ Id: Id.replace(/^sha256:/, '') });
}

/** The size of the terminal comes under other names. */
function* startExec(call: Call): Sys<Response | null> {
  const { h = 0, w = 0, ...body } = (call.request.body ?? {}) as Record<string, unknown>;
  const size = typeof h === 'number' && typeof w === 'number' && h > 0 ? { ConsoleSize: [h, w] } : {};
  return yield* asDocker(call, `POST /exec/${call.args[0]}/start`, { body: { ...body, ...size } });
}

/** Podman's description of a path has more: where it is after all links, and whether it is a directory. */
function* archive(call: Call): Sys<Response | null> {
  const response = yield* same()(call);
  const header = response?.headers?.[PATH_STAT];
  if (!response || header === undefined) return response;
  const stat = JSON.parse(decodeUtf8(fromBase64(header)!)) as { mode: number; linkTarget: string };
  const path = call.request.query.get('path') ?? '';
  const podmans = {
    ...stat,
    isDir: stat.mode >= GO_DIR,
    isStream: false,
    linkTarget: stat.linkTarget || path,
  };
  return {
    ...response,
    headers: { ...response.headers, [PATH_STAT]: toBase64(encodeUtf8(JSON.stringify(podmans))) },
  };
}

/** Whether the policy would start it again now that it has ended. */
function* shouldRestart(call: Call): Sys<Response> {
  const { Name } = found(call).HostConfig.RestartPolicy;
  if (['', 'no'].includes(Name)) throw new EngineError(404, `container ${call.args[0]} should not restart`);
  return done;
}

export const containerRoutes: readonly LibpodRoute[] = [
  ['GET', /^\/containers\/json$/, list],
  ['GET', /^\/containers\/stats$/, containerStats],
  ['POST', /^\/containers\/create$/, create],
  ['POST', /^\/containers\/prune$/, prune],
  ['POST', /^\/commit$/, commit],
  ['GET', /^\/containers\/([^/]+)\/json$/, inspect],
  [
    'GET',
    /^\/containers\/([^/]+)\/exists$/,
    exists(function* ({ engine }, name) {
      return engine.findContainer(name);
    }),
  ],
  ['DELETE', /^\/containers\/([^/]+)$/, remove],
  ['POST', /^\/containers\/([^/]+)\/wait$/, wait],
  ['GET', /^\/containers\/([^/]+)\/logs$/, logs],
  ['GET', /^\/containers\/([^/]+)\/top$/, top],
  ['GET', /^\/containers\/([^/]+)\/shouldrestart$/, shouldRestart],
  ['POST', /^\/containers\/([^/]+)\/stop$/, same({ timeout: 't' })],
  ['POST', /^\/containers\/([^/]+)\/restart$/, same({ timeout: 't' })],
  ['POST', /^\/containers\/([^/]+)\/(?:start|kill|pause|unpause|attach|resize|rename|exec)$/, same()],
  ['GET', /^\/containers\/([^/]+)\/(?:changes|export)$/, same()],
  ['GET', /^\/containers\/([^/]+)\/archive$/, archive],
  ['HEAD', /^\/containers\/([^/]+)\/archive$/, archive],
  ['PUT', /^\/containers\/([^/]+)\/archive$/, same()],
  ['POST', /^\/exec\/([^/]+)\/start$/, startExec],
  ['POST', /^\/exec\/([^/]+)\/resize$/, same()],
  ['GET', /^\/exec\/([^/]+)\/json$/, same()],
];
