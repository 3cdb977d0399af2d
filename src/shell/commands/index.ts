/** The utilities: command → program, path and completion, each from its own specification. */
import type { ProgramTable } from '../../linux/index.ts';
import type { CompletionSpecs } from '../completionSpec.ts';
import { firstCompletions, firstPrograms, firstSpecs } from './first.ts';
import { laterCompletions, laterPrograms } from './later.ts';
import { command, completionOf } from './options.ts';

/** Where administrators' commands lie. */
const administrative = new Set([
  'arp',
  'bridge',
  'chroot',
  'conntrack',
  'httpd',
  'ifconfig',
  'ip',
  'iptables',
  'iptables-restore',
  'iptables-save',
  'mount',
  'nft',
  'route',
  'sysctl',
  'tc',
  'umount',
]);

export const commandPrograms: ProgramTable = new Map([
  ...firstSpecs.map((spec) => [spec.name, command(spec)] as const),
  ...firstPrograms,
  ...laterPrograms,
]);

/** Name → path of the executable. */
export const COMMAND_PATHS: ReadonlyMap<string, string> = new Map(
  [...commandPrograms.keys()].map((name) => [
    name,
    `/usr/${administrative.has(name) ? 'sbin' : 'bin'}/${name}`,
  ]),
);

const firstOnes = new Map([
  ...firstSpecs.map((spec) => [spec.name, completionOf(spec)] as const),
  ...firstCompletions,
]);

export const completionSpecs: CompletionSpecs = {
  get: (name) => firstOnes.get(name) ?? laterCompletions.get(name),
};
