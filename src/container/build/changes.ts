/** `docker commit --change`, `docker import --change`: instructions that change a configuration, without a build. */
import { DockerfileError, parseRaw, parseTrigger } from '../../oci/dockerfile/index.ts';
import type { RunConfig } from '../../oci/index.ts';
import { EngineError } from '../model.ts';
import { absolute, type Configuration, configure } from './configure.ts';
import { StageVariables } from './variables.ts';

const allowed = [
  ...['cmd', 'entrypoint', 'healthcheck', 'env', 'expose', 'label', 'onbuild', 'stopsignal', 'user'],
  ...['volume', 'workdir'],
];

function apply(state: Configuration, text: string): void {
  for (const { keyword, original, line } of parseRaw(text).instructions) {
    if (!allowed.includes(keyword.toLowerCase()))
      throw new DockerfileError(`${keyword} is not a valid change command`);
    const instruction = parseTrigger(original, line, line);
    const variables = new StageVariables(state.config.Env ?? []);
    if (instruction.kind === 'workdir')
      state.config.WorkingDir = absolute(state.config.WorkingDir, instruction.word);
    else if (!['add', 'copy', 'run', 'arg'].includes(instruction.kind))
      configure(state, variables, instruction as Parameters<typeof configure>[2], '\\');
  }
}

/** The configuration after the instructions. Throws EngineError 400. */
export function changedConfig(config: RunConfig, changes: readonly string[]): RunConfig {
  const state: Configuration = { config: { ...config }, author: '', commandSet: false };
  try {
    if (changes.length > 0) apply(state, changes.join('\n'));
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new EngineError(400, error.message);
  }
  return state.config;
}
