/**
 * What libvirtd and an emulator say to each other, in the form of QEMU's Machine Protocol: a line of JSON each. The emulator greets, every
 * command has one answer with its id, and events come in between. Commands whose names begin with x- are this emulator's own.
 */
import { concatBytes, decodeUtf8 } from '../../base/index.ts';
import type { DiskSnapshotRequest } from '../kvm/diskSnapshots.ts';
import type { KvmStatus } from '../kvm/requests.ts';
import type { MigrationReport, MigrationStatus } from './migration/report.ts';

/** Command → its arguments and what it returns. */
export interface Commands {
  cont: { readonly with: Nothing; readonly gives: Nothing };
  stop: { readonly with: Nothing; readonly gives: Nothing };
  /** As by the reset button. A machine that has powered off is ready to go, and stands until `cont`. */
  system_reset: { readonly with: Nothing; readonly gives: Nothing };
  /** As by the power key: the guest is asked. */
  system_powerdown: { readonly with: Nothing; readonly gives: Nothing };
  /** Bytes that the guest is to do with. */
  balloon: { readonly with: { readonly value: number }; readonly gives: Nothing };
  /** To the emulator that listens at `uri`, `tcp:ADDRESS:PORT`; with `blk` disks that are written go too. Its end is an event. */
  migrate: { readonly with: { readonly uri: string; readonly blk: boolean }; readonly gives: Nothing };
  migrate_cancel: { readonly with: Nothing; readonly gives: Nothing };
  /** Milliseconds that the guest may stand still. */
  'migrate-set-parameters': { readonly with: { readonly 'downtime-limit': number }; readonly gives: Nothing };
  /** Of the machine that goes, or that has come. */
  'query-migrate': { readonly with: Nothing; readonly gives: MigrationReport };
  'x-query-machine': { readonly with: Nothing; readonly gives: KvmStatus };
  /** The machine stands; so many bytes of its state come over the state's socket after the answer. */
  'x-save': { readonly with: Nothing; readonly gives: { readonly length: number } };
  /** Takes so many bytes from the state's socket; for a machine started with -incoming. */
  'x-restore': { readonly with: { readonly length: number }; readonly gives: Nothing };
  'x-disk-snapshot': { readonly with: DiskSnapshotRequest; readonly gives: Nothing };
}

type Nothing = Readonly<Record<never, never>>;
export type CommandName = keyof Commands;

export type Command = {
  [Name in CommandName]: {
    readonly execute: Name;
    readonly arguments: Commands[Name]['with'];
    readonly id: number;
  };
}[CommandName];

/** `guest`: by the guest's own doing. After either the machine does nothing any more. */
export type MonitorEvent =
  | { readonly event: 'SHUTDOWN'; readonly data: { readonly guest: boolean; readonly reason: string } }
  | { readonly event: 'GUEST_PANICKED'; readonly data: { readonly reason: string } }
  /** A migration has come to its end. */
  | { readonly event: 'MIGRATION'; readonly data: { readonly status: MigrationStatus } };

export interface Greeting {
  readonly QMP: { readonly version: string };
}

export type MonitorAnswer =
  | { readonly return: unknown; readonly id: number }
  /** `class` is the number of an error (errno(3)) by its name. */
  | { readonly error: { readonly class: string; readonly desc: string }; readonly id: number };

export type MonitorMessage = Greeting | MonitorEvent | MonitorAnswer;

/** Fields of each command's arguments. */
const FIELDS: {
  readonly [Name in CommandName]: Readonly<
    Record<keyof Commands[Name]['with'], 'string' | 'number' | 'boolean'>
  >;
} = {
  cont: {},
  stop: {},
  system_reset: {},
  system_powerdown: {},
  balloon: { value: 'number' },
  migrate: { uri: 'string', blk: 'boolean' },
  migrate_cancel: {},
  'migrate-set-parameters': { 'downtime-limit': 'number' },
  'query-migrate': {},
  'x-query-machine': {},
  'x-save': {},
  'x-restore': { length: 'number' },
  'x-disk-snapshot': { action: 'string', name: 'string', seconds: 'number' },
};

/** A line from whoever holds the other end: what is wrong with it, when it is no command. */
export function parseCommand(line: string): Command | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return 'JSON parse error';
  }
  if (typeof value !== 'object' || value === null) return 'QMP input must be a JSON object';
  const given = value as { execute?: unknown; arguments?: unknown; id?: unknown };
  const { execute, id } = given;
  if (typeof execute !== 'string' || !Object.hasOwn(FIELDS, execute))
    return `The command ${JSON.stringify(execute ?? null)} has not been found`;
  const parameters = (given.arguments ?? {}) as Readonly<Record<string, unknown>>;
  const wrong = Object.entries(FIELDS[execute as CommandName]).find(
    ([name, type]) => typeof parameters[name] !== type,
  );
  if (wrong !== undefined) return `Parameter '${wrong[0]}' is missing, or is no ${wrong[1]}`;
  return { execute, arguments: parameters, id: typeof id === 'number' ? id : 0 } as Command;
}

export const lineOf = (message: MonitorMessage | Command): string => `${JSON.stringify(message)}\n`;

/** Bytes as they come → whole lines. */
export class Lines {
  #rest: Uint8Array = new Uint8Array(0);

  /** What the bytes complete. */
  take(bytes: Uint8Array): string[] {
    this.#rest = concatBytes([this.#rest, bytes]);
    const lines: string[] = [];
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      lines.push(decodeUtf8(this.#rest.subarray(0, end)));
      this.#rest = this.#rest.slice(end + 1);
    }
    return lines;
  }
}
