/**
 * The learner's function as the switch of a host: asked for every frame that crosses its bridge. What does not answer is told, and the
 * bridge's own rule stands in for it.
 */
import type { Json, LiveCode, LiveHost } from '../../../src/exercise/index.ts';
import {
  type BridgePolicy,
  type BridgePolicyAnswer,
  bridgeAnswerProblem,
  type HostPolicies,
} from '../../../src/exercise/virtualization.ts';

/** Storm control, as switches have it: so many frames in so many seconds are passed on, and no more. */
const MOST_FRAMES = 500;
const WINDOW = 1;

function learnersSwitch({ code, report, print, settingUp }: LiveHost): BridgePolicy {
  let since = 0;
  let frames = 0;
  return ({ frame, port, now, table, ports }, bridge) => {
    const sandbox = settingUp() ? null : code();
    // Before the learner comes, and while the code does not run, the bridge learns and forwards by itself.
    if (sandbox === null) return null;
    if (now - since >= WINDOW) {
      since = now;
      frames = 0;
    }
    frames++;
    if (frames > MOST_FRAMES) {
      if (frames === MOST_FRAMES + 1)
        report(
          `${bridge}: a storm, more than ${MOST_FRAMES} frames within ${WINDOW} s; what is too much is dropped`,
        );
      return { table, out: [] };
    }
    const args = [frame, port, now, table, ports] as unknown as readonly Json[];
    const result = sandbox.call('receive', args);
    for (const line of result.output) print(line);
    const own = '; the bridge’s own rule was used';
    if (!result.ok) {
      const { message, file, line } = result.error;
      report(`receive: ${message}${file === undefined ? '' : ` (${file}, line ${line})`}${own}`);
      return null;
    }
    const problem = bridgeAnswerProblem(result.value, ports);
    if (problem === null) return result.value as unknown as BridgePolicyAnswer;
    report(`receive: ${problem}${own}`);
    return null;
  };
}

const policies = (live: LiveHost): HostPolicies => ({ bridge: learnersSwitch(live) });

export const live: LiveCode = { policies };
