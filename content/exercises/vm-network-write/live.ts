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

/** Tells each kind of fault once, until there is other code: a switch is asked about every frame. */
function teller({ report, onChange }: LiveHost) {
  const told = new Set<string>();
  onChange(() => told.clear());
  /** Numbers and names do not make another kind of it. */
  return (message: string) => {
    const kind = message.replace(/\d+|"[^"]*"/g, '#');
    if (!told.has(kind)) report(message);
    told.add(kind);
  };
}

function learnersSwitch(live: LiveHost): BridgePolicy {
  const tell = teller(live);
  const fault = (message: string) => {
    tell(`receive: ${message}; the bridge’s own rule was used`);
    return null;
  };
  let since = 0;
  let frames = 0;
  return ({ frame, port, now, table, ports }, bridge) => {
    // Until the learner comes, the bridge learns and forwards by itself.
    if (live.settingUp()) return null;
    const sandbox = live.code();
    if (sandbox === null) return fault('the code does not run yet, see its problems in the editor');
    if (now - since >= WINDOW) {
      since = now;
      frames = 0;
    }
    if (++frames > MOST_FRAMES) {
      tell(
        `${bridge}: a storm, more than ${MOST_FRAMES} frames within ${WINDOW} s; what is too much is dropped`,
      );
      return { table, out: [] };
    }
    const args = [frame, port, now, table, ports] as unknown as readonly Json[];
    const result = sandbox.call('receive', args);
    for (const line of result.output) live.print(line);
    if (!result.ok) {
      const { message, file, line } = result.error;
      return fault(`${message}${file === undefined ? '' : ` (${file}, line ${line})`}`);
    }
    const problem = bridgeAnswerProblem(result.value, ports);
    return problem === null ? (result.value as unknown as BridgePolicyAnswer) : fault(problem);
  };
}

const policies = (live: LiveHost): HostPolicies => ({ bridge: learnersSwitch(live) });

export const live: LiveCode = { policies };
