/** The commands of hosts with a network. */
import type { Program } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import type { CommandSpec } from '../options.ts';
import { bridgeCompletion, bridgeProgram } from './bridge/index.ts';
import { conntrackCommand } from './conntrack.ts';
import { curlCommand } from './curl/index.ts';
import { hostCommand } from './dig/host.ts';
import { digCompletion, digProgram } from './dig/index.ts';
import { getentCommand } from './getent.ts';
import { httpdCommand } from './httpd/index.ts';
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
import { tcCompletion, tcProgram } from './tc/index.ts';
import { tcpdumpCommand } from './tcpdump/index.ts';
import { tracerouteCommand } from './traceroute.ts';
import { wgetCommand } from './wget/index.ts';

export const netSpecs: readonly CommandSpec[] = [
  conntrackCommand,
  curlCommand,
  getentCommand,
  hostCommand,
  httpdCommand,
  iptablesRestoreCommand,
  iptablesSaveCommand,
  ncCommand,
  pingCommand,
  ssCommand,
  sysctlCommand,
  tcpdumpCommand,
  tracerouteCommand,
  wgetCommand,
];

/** Those with a grammar of their own. */
export const netPrograms: ReadonlyMap<string, Program> = new Map([
  ['bridge', bridgeProgram],
  ['dig', digProgram],
  ['ip', ipProgram],
  ['iptables', iptablesProgram],
  ['nft', nftProgram],
  ['tc', tcProgram],
]);

export const netCompletions: ReadonlyMap<string, CompletionSpec> = new Map([
  ['bridge', bridgeCompletion],
  ['dig', digCompletion],
  ['ip', ipCompletion],
  ['iptables', iptablesCompletion],
  ['nft', nftCompletion],
  ['tc', tcCompletion],
]);
