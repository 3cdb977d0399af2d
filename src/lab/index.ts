/**
 * The lab: the page side of an exercise. Everything of it, styles too, arrives by the dynamic import of this module.
 *
 * Hooks for tests and for the bench (attributes, stable; nothing is put on `globalThis`):
 * - `[data-virtbook-lab="<exercise id>"]` the lab; its `data-state` is loading, ready, stuck, failed or read-only; `data-layout` wide, medium or
 *   narrow; `data-full-screen`; `data-theme`.
 * - `[data-primary]` the one primary button; its value is predict, check, submit or answer. `[data-action=…]` the others: reset, undo-reset, submit,
 *   hint, answer, skip-prediction, full-screen, screen-reader, font-smaller, font-larger, shortcuts, close, export, import.
 * - `[data-pane=guide|terminal|code]`; `[data-step=…][data-step-state=current|done|ahead]`; `[data-panel=predict|goals|results|hints|explain|attempts]`.
 * - terminal: `.vb-terminal[data-prompt-ready][data-last-line][data-mode=xterm|plain]`, `[data-open-terminal=<host>]`, `.vb-xterm`, `.vb-plain-input`,
 *   `.vb-plain-log`; xterm's text area is named "Terminal on <host>".
 * - code: `.vb-editor[data-editor=loading|ready][data-mode=monaco|plain]`, tabs `[data-tab=<file>]`, the plain box `.vb-code-box`.
 * - results: `[data-panel=results][data-result=none|failed|passed|stale]`, `.vb-score[data-points][data-of]`, `[data-check=<id>][data-status]`,
 *   `[data-counterexample]`, `[data-where="file:line"]`, `[data-hint-offer]`; goals `[data-goal=<id>][data-holds]`; `[data-hint=<index>]`.
 * - `[data-notice=tab|aside|failed|slow|replaced|storage|submitted|import|editor|action]` and its buttons `[data-notice-action=<label>]`;
 *   `[data-answer-state=closed|loading|open|failed]`; `[data-attempt=<id>]`; `[data-import]` the file input; dialog buttons `[data-choice]`; `[data-live]`.
 * - marks of the Performance API: `virtbook:click` (set by the exercise's card at the press), `virtbook:prompt`, `virtbook:editor`, and, with `detail.latency` in milliseconds, `virtbook:echo`
 *   (one for each key; the latency is key to terminal, `detail.painted` key to next frame) and `virtbook:check`.
 */
import { Lab } from './lab.ts';
import { warmDatabase } from './storage/database.ts';
import { parseWork } from './storage/records.ts';
import { attachStyle } from './styles/attach.ts';
import labCss from './styles/lab.css?inline';
import { prepareRecord } from './worker/spawn.ts';

export type { ExerciseProgress } from './storage/progress.ts';

/** Nanoseconds of virtual time: a longer session may take long to be replayed, which is not done for who only reads. */
const LONG_SESSION = 600e9;

export interface LabOptions {
  exerciseId: string;
  /** The exercise's title, as long as the exercise itself is not there to say it. */
  title: string;
  /** Called once, when the world and the stored work have been asked for: `container` is to be in view from now on. */
  onReveal?(): void;
  /** The lab was closed by its own button; its element is gone. */
  onClose?(): void;
}

export interface LabHandle {
  /** Stores everything and takes the lab out of the page. */
  close(): Promise<void>;
  /** Moves the focus into the lab. */
  focus(): void;
}

/** Does ahead what the first lab would pay for, beside what `prepareLab` does, and goes on with earlier work. */
export async function warmLab(exerciseId: string): Promise<void> {
  attachStyle('lab', labCss);
  const database = await warmDatabase();
  await prepareRecord(exerciseId, async () => {
    const work = parseWork(await database?.readWork(exerciseId), exerciseId);
    const transcript = work.ok ? work.value.transcript : null;
    return transcript !== null && transcript.end <= LONG_SESSION ? transcript : null;
  });
}

/** Opens an exercise inside `container`; resolves when it can be worked in, or says in the lab itself what failed. */
export async function openLab(container: HTMLElement, options: LabOptions): Promise<LabHandle> {
  attachStyle('lab', labCss);
  const lab = new Lab(container, options.exerciseId, () => options.onClose?.());
  lab.views.shell.title = options.title;
  const opened = lab.open();
  options.onReveal?.();
  lab.views.shell.focusTitle();
  await opened;
  return { close: () => lab.close(), focus: () => lab.views.shell.focusTitle() };
}
