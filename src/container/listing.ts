/** GET /containers/json: which containers, and what of each. moby's daemon/list.go. */
import { type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { type Filters, hasLabels, isMatch, parseFilters } from './filters.ts';
import { humanDuration } from './humanDuration.ts';
import { mountsOf, secondsOf, sizesOf } from './inspect.ts';
import { type Container, EngineError, statusOf } from './model.ts';
import { portsView } from './networkView.ts';

const KEYS =
  'ancestor before exited expose health id is-task label name network publish since status volume'.split(' ');
const STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

export interface ListRequest {
  readonly all: boolean;
  /** The latest so many; 0 is no limit. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: string | undefined;
}

function statusText({ State }: Container, now: number): string {
  const ago = (time: string) => `${humanDuration(now - secondsOf(time))} ago`;
  const up = `Up ${humanDuration(now - secondsOf(State.StartedAt))}`;
  switch (statusOf(State)) {
    case 'paused':
      return `${up} (Paused)`;
    case 'restarting':
      return `Restarting (${State.ExitCode}) ${ago(State.FinishedAt)}`;
    case 'running': {
      const health = State.Health?.Status;
      if (health === undefined) return up;
      return `${up} (${health === 'starting' ? 'health: starting' : health})`;
    }
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    default:
      return `Exited (${State.ExitCode}) ${ago(State.FinishedAt)}`;
  }
}

/** `PORT[-END][/PROTOCOL]` of the filters publish and expose: all that are meant. Throws EngineError. */
function portsOf(filters: Filters, key: 'publish' | 'expose'): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const value of filters.get(key) ?? []) {
    const wrong = (why: string) => new EngineError(500, `error while looking up for ${key} ${value}: ${why}`);
    if (value.includes(':'))
      throw new EngineError(500, `filter for '${key}' should not contain ':': ${value}`);
    const [range = '', protocol = ''] = value.split('/');
    if (range === '') throw wrong('empty string specified for ports');
    const [first = '', last = first] = range.split(/-(.*)/s);
    for (const text of [first, last])
      if (!/^\d+$/.test(text)) throw wrong(`strconv.ParseUint: parsing "${text}": invalid syntax`);
      else if (Number(text) > 65_535) throw wrong(`strconv.ParseUint: parsing "${text}": value out of range`);
    if (Number(last) < Number(first)) throw wrong(`invalid range specified for port: ${range}`);
    for (let port = Number(first); port <= Number(last); port++) wanted.add(`${port}/${protocol || 'tcp'}`);
  }
  return wanted;
}

/** Whether `container` matches; `position` counts from the newest. */
function matcher(engine: Engine, filters: Filters): (container: Container, position: number) => boolean {
  const order = [...engine.containers.values()].reverse();
  const places = (key: string) =>
    (filters.get(key) ?? []).map((name) => order.indexOf(engine.findContainer(name)));
  const before = places('before');
  const since = places('since');
  const one = (key: string, test: (value: string) => boolean) => {
    const values = filters.get(key);
    return values === undefined || values.some(test);
  };
  const published = portsOf(filters, 'publish');
  const exposed = portsOf(filters, 'expose');
  const hasPort = (container: Container) =>
    portsView(container).some(
      ({ PublicPort, PrivatePort, Type }) =>
        published.has(`${PublicPort}/${Type}`) || exposed.has(`${PrivatePort}/${Type}`),
    );
  return (container, position) => {
    const { Config, State, MountPoints, NetworkSettings } = container;
    const networks = Object.entries(NetworkSettings.Networks);
    return (
      one('id', (id) => container.ID.startsWith(id)) &&
      one('name', (name) => isMatch(container.Name.slice(1), name.replace(/^\//, ''))) &&
      one('status', (status) => statusOf(State) === status) &&
      one('exited', (code) => State.ExitCode === Number(code) && statusOf(State) === 'exited') &&
      one('health', (health) => (State.Health?.Status ?? 'none') === health) &&
      one('volume', (volume) =>
        Object.values(MountPoints).some((point) => point.Name === volume || point.Destination === volume),
      ) &&
      one('network', (wanted) =>
        networks.some(
          ([name, { NetworkID }]) => name === wanted || (wanted !== '' && NetworkID.startsWith(wanted)),
        ),
      ) &&
      one('ancestor', (name) => {
        const image = engine.findImage(name);
        return image === null ? Config.Image === name : image.id === container.Image;
      }) &&
      (published.size + exposed.size === 0 || hasPort(container)) &&
      one('is-task', (wanted) => wanted === 'false') &&
      hasLabels(Config.Labels, filters.get('label')) &&
      before.every((place) => position > place) &&
      since.every((place) => position < place)
    );
  };
}

/** The newest first. Throws EngineError. */
export function* listContainers(engine: Engine, request: ListRequest): Sys<unknown[]> {
  const filters = parseFilters(request.filters, KEYS);
  for (const status of filters.get('status') ?? [])
    if (!STATUSES.includes(status))
      throw new EngineError(
        400,
        `invalid value for state (${status}): must be one of ${STATUSES.join(', ')}`,
      );
  const wanted = matcher(engine, filters);
  const all =
    request.all ||
    request.limit > 0 ||
    ['status', 'exited', 'before', 'since'].some((key) => filters.has(key));
  const found = [...engine.containers.values()]
    .reverse()
    .filter((container, i) => (all || container.State.Running) && wanted(container, i));
  const { sec: now } = yield* sys.clock_gettime('realtime');
  const shown: unknown[] = [];
  for (const container of request.limit > 0 ? found.slice(0, request.limit) : found) {
    const sizes = request.size ? yield* sizesOf(engine, container) : {};
    shown.push({ ...summaryOf(container, now), ...sizes });
  }
  return shown;
}

function summaryOf(container: Container, now: number) {
  return {
    Id: container.ID,
    Names: [container.Name],
    Image: container.Config.Image,
    ImageID: container.Image,
    Command: [container.Path, ...container.Args].map(quoteIfNeeded).join(' '),
    Created: secondsOf(container.Created),
    Ports: portsView(container),
    Labels: container.Config.Labels,
    State: statusOf(container.State),
    Status: statusText(container, now),
    HostConfig: { NetworkMode: container.HostConfig.NetworkMode },
    NetworkSettings: { Networks: container.NetworkSettings.Networks },
    Mounts: mountsOf(container),
  };
}

/** Arguments with blanks are shown in single quotes. */
function quoteIfNeeded(arg: string): string {
  return /[\s"';|&<>$`\\]/.test(arg) ? `'${arg.replaceAll("'", "'\\''")}'` : arg;
}
