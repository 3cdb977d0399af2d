/** The order of test files: the ones that take longest go first, so that no processor waits for the last of them alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of more than ten seconds each. */
const LONGEST = [
  'cli/authoring',
  'cli/dockerClient',
  'libvirt/migrationFailures',
  'cli/commandLine',
  'content/vmCreate',
  'shell/utilities',
  'shell/screens',
  'content/imagePortability',
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
