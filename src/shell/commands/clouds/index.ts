/** Clients of two simulated clouds, as programs of a host that has them. */
import type { Program } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { awsSim } from './aws.ts';
import { cloudCompletion, cloudProgram } from './command.ts';
import { gcloudSim } from './gcloud.ts';

const clients = [awsSim, gcloudSim];

export const cloudPrograms: readonly (readonly [string, Program])[] = clients.map((client) => [
  client.name,
  cloudProgram(client),
]);

export const cloudCompletions: readonly (readonly [string, CompletionSpec])[] = clients.map((client) => [
  client.name,
  cloudCompletion(client),
]);
