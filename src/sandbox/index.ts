/** Learner code: TypeScript in, run in an engine of its own with budgets, plain data out. */
export { loadSandbox } from './load.ts';
export type {
  Call,
  CallResult,
  HostFunctions,
  Json,
  Sandbox,
  SandboxError,
  SandboxFactory,
  SandboxProgram,
} from './types.ts';
