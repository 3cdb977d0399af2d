/** The commands of hosts with a network. */
import type { Program } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import type { CommandSpec } from '../options.ts';
import { bridgeCompletion, bridgeProgram } from './bridge/index.ts';
import { curlCommand } from './curl/index.ts';
import { ipCompletion, ipProgram } from './ip/index.ts';
import {
  iptablesCompletion,
  iptablesProgram,
  iptablesRestoreCommand,
  iptablesSaveCommand,
} from './iptables/index.ts';
import { ncCommand } from './nc/index.ts';
import { nftCompletion, nftProgram } from './nft/index.ts';
import { pingCommand } from './ping/index.ts';
import { ssCommand } from './ss/index.ts';
import { sysctlCommand } from './sysctl.ts';
import { tcpdumpCommand } from './tcpdump/index.ts';

export const netSpecs: readonly CommandSpec[] = [
  curlCommand,
  iptablesRestoreCommand,
  iptablesSaveCommand,
  ncCommand,
  pingCommand,
  ssCommand,
  sysctlCommand,
  tcpdumpCommand,
];

/** Those with a grammar of their own. */
export const netPrograms: ReadonlyMap<string, Program> = new Map([
  ['bridge', bridgeProgram],
  ['ip', ipProgram],
  ['iptables', iptablesProgram],
  ['nft', nftProgram],
]);

export const netCompletions: ReadonlyMap<string, CompletionSpec> = new Map([
  ['bridge', bridgeCompletion],
  ['ip', ipCompletion],
  ['iptables', iptablesCompletion],
  ['nft', nftCompletion],
]);
