/** What happens, as `docker events` tells it: the last 256 messages, and whoever listens. Engine API, "Monitor events". */
import type { Sys } from '../linux/index.ts';
import { sys } from '../linux/index.ts';
import type { Condition } from './condition.ts';
import { type Filters, hasLabels } from './filters.ts';

const KEPT = 256;

export interface EventMessage {
  readonly Type: 'container' | 'image' | 'network' | 'volume' | 'builder' | 'daemon';
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly sec: number;
  readonly nsec: number;
  /** Counts from 1. */
  readonly number: number;
}

export class EventLog {
  readonly changed: Condition;
  #last = 0;
  /** Up to twice as many as are told: what is too old is dropped by the hundred. */
  #past: EventMessage[] = [];

  constructor(changed: Condition) {
    this.changed = changed;
  }

  /** Tells that something has happened to the object `id`. */
  *emit(
    Type: EventMessage['Type'],
    Action: string,
    ID: string,
    attributes: Readonly<Record<string, string>>,
  ): Sys<void> {
    const { sec, nsec } = yield* sys.clock_gettime('realtime');
    const names = Object.keys(attributes).sort();
    const Attributes = Object.fromEntries(names.map((name) => [name, attributes[name]!]));
    this.#past.push({ Type, Action, Actor: { ID, Attributes }, sec, nsec, number: ++this.#last });
    if (this.#past.length === 2 * KEPT) this.#past = this.#past.slice(-KEPT);
    yield* this.changed.notify();
  }

  get last(): number {
    return this.#last;
  }

  /** Messages after number `number` that are kept. */
  after(number: number): readonly EventMessage[] {
    return this.#past.slice(-KEPT).filter((message) => message.number > number);
  }
}

/** As the API sends it; the names before `Type` are of old clients. */
export function eventJson({ Type, Action, Actor, sec, nsec }: EventMessage): string {
  const old =
    Type === 'container' || Type === 'image'
      ? {
          status: Action,
          id: Actor.ID,
          ...(Type === 'container' &&
            Actor.Attributes.image !== undefined && { from: Actor.Attributes.image }),
        }
      : {};
  const text = JSON.stringify({ ...old, Type, Action, Actor, scope: 'local', time: sec });
  // More digits than a number of JavaScript's keeps.
  return `${text.slice(0, -1)},"timeNano":${sec}${String(nsec).padStart(9, '0')}}\n`;
}

const withColon = ['health_status', 'exec_create', 'exec_start'];
const stripTag = (name: string) => name.replace(/:[^/:]+$/, '');

/** Whether a message is one of those asked for. */
export function matchesFilters(message: EventMessage, filters: Filters): boolean {
  const { Type, Action, Actor } = message;
  const exact = (key: string, ...values: string[]) => {
    const wanted = filters.get(key);
    return wanted === undefined || values.some((value) => wanted.includes(value));
  };
  const fuzzy = (key: string, ...values: string[]) => {
    const wanted = filters.get(key);
    return wanted === undefined || values.some((value) => wanted.some((prefix) => value.startsWith(prefix)));
  };
  const open = (filters.get('event') ?? []).some((wanted) => withColon.includes(wanted));
  const name = Actor.Attributes.name ?? '';
  const image = (Type === 'image' ? name : Actor.Attributes.image) ?? '';
  return (
    (open ? fuzzy('event', Action) : exact('event', Action)) &&
    exact('type', Type) &&
    exact('scope', 'local') &&
    ['daemon', 'container', 'volume', 'network'].every((type) => fuzzy(type, Actor.ID, name)) &&
    exact('image', Actor.ID, image, stripTag(Actor.ID), stripTag(image)) &&
    hasLabels(Actor.Attributes, filters.get('label'))
  );
}
