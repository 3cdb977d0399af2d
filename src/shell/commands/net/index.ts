/** The commands of hosts with a network. */
import type { Program } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import type { CommandSpec } from '../options.ts';
import { conntrackCommand } from './conntrack/index.ts';
import { curlCommand } from './curl/index.ts';
import { hostCommand } from './dig/host.ts';
import { digCompletion, digProgram } from './dig/index.ts';
import { nslookupCompletion, nslookupProgram } from './dig/nslookup.ts';
import { getentCommand } from './getent.ts';
import { hostnameCommand } from './hostname.ts';
import {
  iptablesCompletion,
  iptablesProgram,
  iptablesRestoreCommand,
  iptablesSaveCommand,
} from './iptables/index.ts';
import { arpCommand } from './netTools/arp.ts';
import { ifconfigCompletion, ifconfigProgram } from './netTools/ifconfig.ts';
import { netstatCommand } from './netTools/netstat.ts';
import { routeCommand } from './netTools/route.ts';
import { setupNetCompletions, setupNetPrograms, setupNetSpecs } from './setup.ts';
import { tcCompletion, tcProgram } from './tc/index.ts';
import { tracerouteCommand } from './traceroute.ts';

export const netSpecs: readonly CommandSpec[] = [
  ...setupNetSpecs,
  arpCommand,
  conntrackCommand,
  curlCommand,
  getentCommand,
  hostCommand,
  hostnameCommand,
  iptablesRestoreCommand,
  iptablesSaveCommand,
  netstatCommand,
  routeCommand,
  tracerouteCommand,
];

/** Those with a grammar of their own. */
export const netPrograms: ReadonlyMap<string, Program> = new Map([
  ...setupNetPrograms,
  ['dig', digProgram],
  ['ifconfig', ifconfigProgram],
  ['iptables', iptablesProgram],
  ['nslookup', nslookupProgram],
  ['tc', tcProgram],
]);

export const netCompletions: ReadonlyMap<string, CompletionSpec> = new Map([
  ...setupNetCompletions,
  ['dig', digCompletion],
  ['ifconfig', ifconfigCompletion],
  ['iptables', iptablesCompletion],
  ['nslookup', nslookupCompletion],
  ['tc', tcCompletion],
]);
