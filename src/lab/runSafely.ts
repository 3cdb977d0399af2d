/** How every action of the lab ends when it fails. */
import type { Lab } from './lab.ts';
import { reasonOf } from './reason.ts';
import { WorkerReplaced } from './worker/client.ts';

/** Runs `work`; when it fails, says what failed and that the work is safe, until the same succeeds. A replaced worker has its own notice. */
export async function runSafely(lab: Lab, what: string, work: () => Promise<void>): Promise<boolean> {
  const { shell } = lab.views;
  try {
    await work();
    shell.status('');
    if (lab.state.failed === what) {
      lab.state.failed = null;
      shell.notices.clear('action');
    }
    return true;
  } catch (error) {
    shell.status('');
    if (error instanceof WorkerReplaced) return false;
    lab.state.failed = what;
    shell.notices.show({
      kind: 'action',
      tone: 'problem',
      text: `${what}: ${reasonOf(error)}. Your code is safe; try it again.`,
    });
    return false;
  }
}
