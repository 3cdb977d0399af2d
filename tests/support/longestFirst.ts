/** The order of test files: the ones that take longest go first, so that no processor waits for the last of them alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take seven seconds or more, or less with so little text that they would come last, since without a memory of earlier runs the
 * others go by their size.
 */
const LONGEST = [
  'cli/authoring',
  'shell/utilities',
  'libvirt/migration',
  'disk/crash',
  'cli/commandLine',
  'shell/snippets',
  'libvirt/migrationFailures',
  'network/linux',
  'content/vmBoot',
  'shell/commands/disk/randomSessions',
  'content/vmCreate',
  'libvirt/halfSnapshots',
  'cli/dockerClient',
  'shell/commands/diff',
  'content/imagePortability',
  'disk/qemuImg',
  'content/vmIsolation',
  'disk/fat',
  'hypervisor/guests/build',
  'shell/commands/disk/qemuImg',
  'cli/registry',
  'shell/screens',
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
