/** Commands of hosts with a network that their setup, and what their containers do by themselves, may use before anybody types. */
import type { Program } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import type { CommandSpec } from '../options.ts';
import { bridgeCompletion, bridgeProgram } from './bridge/index.ts';
import { httpdCommand } from './httpd/index.ts';
import { ipCompletion, ipProgram } from './ip/index.ts';
import { ncCommand } from './nc/index.ts';
import { nftCompletion, nftProgram } from './nft/index.ts';
import { pingCommand } from './ping/index.ts';
import { ssCommand } from './ss/index.ts';
import { sysctlCommand } from './sysctl.ts';
import { tcpdumpCommand } from './tcpdump/index.ts';
import { wgetCommand } from './wget/index.ts';

export const setupNetSpecs: readonly CommandSpec[] = [
  httpdCommand,
  ncCommand,
  pingCommand,
  ssCommand,
  sysctlCommand,
  tcpdumpCommand,
  wgetCommand,
];

/** Those with a grammar of their own. */
export const setupNetPrograms: ReadonlyMap<string, Program> = new Map([
  ['bridge', bridgeProgram],
  ['ip', ipProgram],
  ['nft', nftProgram],
]);

export const setupNetCompletions: ReadonlyMap<string, CompletionSpec> = new Map([
  ['bridge', bridgeCompletion],
  ['ip', ipCompletion],
  ['nft', nftCompletion],
]);
