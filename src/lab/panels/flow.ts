/** The order of work, and the one next thing to do. Pure: the panels draw what this says. */

export type Step = 'predict' | 'terminal' | 'code' | 'check' | 'result' | 'explain';

export const STEPS: readonly { readonly id: Step; readonly label: string }[] = [
  { id: 'predict', label: 'Predict' },
  { id: 'terminal', label: 'Terminal' },
  { id: 'code', label: 'Code' },
  { id: 'check', label: 'Check' },
  { id: 'result', label: 'Result' },
  { id: 'explain', label: 'Explain' },
];

/** How far the work has come. */
export interface Progress {
  /** A prediction was made or passed over, or the exercise asks for none. */
  readonly predicted: boolean;
  /** The world shows that the terminal was used as it was meant: all goals there hold. */
  readonly goalsHold: boolean;
  readonly editedCode: boolean;
  readonly checking: boolean;
  /** The last check's outcome; `stale` when code or world have changed since. */
  readonly result: 'none' | 'failed' | 'passed' | 'stale';
  readonly submitted: boolean;
  readonly answerOpened: boolean;
}

export type PrimaryAction = 'predict' | 'check' | 'submit' | 'answer';

export interface Primary {
  readonly action: PrimaryAction;
  readonly label: string;
  readonly disabled: boolean;
}

/** The step the learner is at. */
export function currentStep(progress: Progress): Step {
  if (!progress.predicted) return 'predict';
  if (progress.checking) return 'check';
  if (progress.result === 'passed') return progress.submitted ? 'explain' : 'result';
  if (progress.result === 'failed') return 'result';
  if (progress.editedCode) return 'check';
  return progress.goalsHold ? 'code' : 'terminal';
}

/** The one primary button. */
export function primaryAction(progress: Progress): Primary {
  if (!progress.predicted) return { action: 'predict', label: 'Record my prediction', disabled: false };
  if (progress.checking) return { action: 'check', label: 'Checking …', disabled: true };
  if (progress.result === 'passed') {
    if (!progress.submitted) return { action: 'submit', label: 'Submit', disabled: false };
    if (!progress.answerOpened) return { action: 'answer', label: 'Read the answer', disabled: false };
  }
  return { action: 'check', label: progress.result === 'none' ? 'Check' : 'Check again', disabled: false };
}

/** Which step a step bar marks as done: all before the current one, the terminal only if its goals hold. */
export function isDone(step: Step, progress: Progress): boolean {
  if (step === 'terminal' && !progress.goalsHold) return false;
  const order = STEPS.map(({ id }) => id);
  return order.indexOf(step) < order.indexOf(currentStep(progress));
}
