/** The order of test files: the ones that take longest go first, so that no processor waits for the last of them alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long: ten seconds each, or half of it with so little text that they would come last, since without a memory of earlier runs
 * the others go by their size.
 */
const LONGEST = [
  'cli/authoring',
  'cli/dockerClient',
  'cli/commandLine',
  'shell/utilities',
  'content/vmCreate',
  'libvirt/migrationFailures',
  'disk/crash',
  'cli/registry',
  'shell/commands/disk/randomSessions',
  'network/linux',
  'shell/commands/diff',
  'shell/screens',
  'shell/snippets',
];

const rank = ({ moduleId }: TestSpecification) => {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
  return at < 0 ? LONGEST.length : at;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
