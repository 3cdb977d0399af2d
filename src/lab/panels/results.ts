/** What a check found: sentences with evidence. Passed cases fold away, failed ones stand open. */
import { button, type Child, count, fill, h, scrollToStart, uniqueId } from '../dom.ts';
import type { Report } from '../worker/protocol.ts';

type CheckResult = Report['checks'][number];
type Feedback = NonNullable<CheckResult['feedback']>;

export interface ResultsOptions {
  onShow: (file: string, line: number, column: number) => void;
  onHint: () => void;
}

export interface ResultsState {
  readonly report: Report | null;
  /** Code or world have changed since. */
  readonly stale: boolean;
  /** Ids of checks that failed the last time, too, while a hint is still closed. */
  readonly repeated: ReadonlySet<string>;
}

export class ResultsPanel {
  readonly element: HTMLElement;
  #body = h('div', {});
  #heading: HTMLElement;
  #options: ResultsOptions;
  #drawn: { report: Report | null; stale: boolean; offered: string } | null = null;

  constructor(options: ResultsOptions) {
    this.#options = options;
    const id = uniqueId('results');
    this.#heading = h('h3', { id, tabindex: -1 }, 'Result');
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': id, 'data-panel': 'results', 'data-result': 'none' },
      this.#heading,
      this.#body,
    );
  }

  /** Moves the reader here after a check. */
  focus(): void {
    this.#heading.focus({ preventScroll: true });
    scrollToStart(this.element);
  }

  /** Draws the report; nothing is touched when nothing has changed, so that what is unfolded stays so. */
  draw({ report, stale, repeated }: ResultsState): void {
    const offered = [...repeated].join();
    const drawn = this.#drawn;
    if (drawn && drawn.report === report && drawn.stale === stale && drawn.offered === offered) return;
    this.#drawn = { report, stale, offered };
    this.element.dataset.result =
      report === null ? 'none' : stale ? 'stale' : isFull(report) ? 'passed' : 'failed';
    if (!report) {
      fill(
        this.#body,
        h(
          'p',
          { class: 'vb-note' },
          'Nothing has been checked yet. Checking takes your code as it stands; there is nothing to save first.',
        ),
      );
      return;
    }
    const failed = report.checks.filter(({ status }) => status !== 'passed');
    const reason = commonReason(failed);
    const passed = report.checks.filter(({ status }) => status === 'passed');
    fill(
      this.#body,
      h(
        'p',
        { class: 'vb-score', 'data-points': report.score.points, 'data-of': report.score.of },
        `${report.score.points} of ${count(report.score.of, 'point')}`,
      ),
      stale && h('p', { class: 'vb-note' }, 'Your code or the world has changed since this check.'),
      h(
        'ul',
        { class: 'vb-results' },
        ...failed.map((check) => {
          const one = reason !== null && check.feedback?.summary === reason.summary;
          return this.#failed(check, repeated.has(check.id) && !one, !one || check === reason.first);
        }),
      ),
      passed.length > 0 && this.#passed(passed),
    );
  }

  /** `told`: whether its feedback is shown, and not only that it failed for the reason above. */
  #failed(check: CheckResult, repeated: boolean, told: boolean): HTMLElement {
    const { feedback } = check;
    return h(
      'li',
      { class: 'vb-result', 'data-check': check.id, 'data-status': check.status },
      h(
        'h4',
        {},
        h('span', { class: 'vb-mark', 'aria-hidden': 'true' }, '✗'),
        `${check.title} `,
        points(check),
      ),
      ...(feedback && told ? this.#evidence(feedback) : []),
      !told && h('p', { class: 'vb-note' }, 'For the same reason.'),
      repeated &&
        h(
          'p',
          { class: 'vb-offer', 'data-hint-offer': true },
          'This case failed the last time, too. ',
          button('Open a hint', this.#options.onHint, { class: 'vb-button vb-small' }),
        ),
    );
  }

  #evidence(feedback: Feedback): Child[] {
    const { where, counterexample } = feedback;
    const terms: [string, string | undefined][] = [
      ['Expected', feedback.expected],
      ['What happened', feedback.actual],
    ];
    const compared = terms.filter(([, text]) => text !== undefined);
    return [
      h('p', { class: 'vb-summary' }, feedback.summary),
      compared.length > 0 &&
        h('dl', {}, ...compared.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, evidence(text!))])),
      counterexample && drawCounterexample(counterexample),
      feedback.printed && drawPrinted(feedback.printed),
      where &&
        h(
          'p',
          {},
          button(
            `Show ${where.file}, line ${where.line}`,
            () => this.#options.onShow(where.file, where.line, where.column),
            {
              class: 'vb-link',
              'data-where': `${where.file}:${where.line}`,
            },
          ),
        ),
      feedback.misconception &&
        h('p', {}, h('strong', {}, 'What this often comes from: '), feedback.misconception),
      feedback.next && h('p', {}, h('strong', {}, 'Look next at: '), feedback.next),
    ];
  }

  #passed(passed: readonly CheckResult[]): HTMLElement {
    return h(
      'details',
      { class: 'vb-passed' },
      h('summary', {}, `${count(passed.length, 'check')} passed`),
      h(
        'ul',
        { class: 'vb-results' },
        ...passed.map((check) =>
          h(
            'li',
            { class: 'vb-result', 'data-check': check.id, 'data-status': 'passed' },
            h(
              'h4',
              {},
              h('span', { class: 'vb-mark', 'aria-hidden': 'true' }, '✓'),
              `${check.title} `,
              points(check),
            ),
          ),
        ),
      ),
    );
  }
}

/** All points were reached. */
export function isFull(report: Report): boolean {
  return report.score.points === report.score.of;
}

/** The sentence for the live region. */
export function spokenResult(report: Report): string {
  const failed = report.checks.filter(({ status }) => status !== 'passed');
  const score = `${report.score.points} of ${count(report.score.of, 'point')}.`;
  const first = failed[0];
  if (!first) return `${score} All ${count(report.checks.length, 'check')} passed.`;
  return `${score} ${count(failed.length, 'check')} failed. First: ${first.title}. ${first.feedback?.summary ?? ''}`;
}

function points({ points: got, of }: CheckResult): HTMLElement {
  return h('span', { class: 'vb-points' }, `${got}/${of}`);
}

/** Short evidence runs in the line; what has lines of its own keeps them. */
function evidence(text: string): HTMLElement {
  return text.includes('\n') ? h('pre', { tabindex: 0 }, text) : h('code', {}, text);
}

function drawPrinted(lines: readonly string[]): HTMLElement {
  return h(
    'div',
    { 'data-printed': true },
    h('p', {}, 'What your code printed:'),
    h('pre', { tabindex: 0 }, lines.join('\n')),
  );
}

/** Code that does not run fails every check with one sentence, and no hint helps with that; null when it is not so. */
function commonReason(failed: readonly CheckResult[]): { summary: string; first: CheckResult } | null {
  const [first, second] = failed.filter(({ status }) => status === 'error');
  const summary = first?.feedback?.summary;
  return summary !== undefined && second?.feedback?.summary === summary ? { summary, first: first! } : null;
}

function drawCounterexample({
  steps,
  before,
  after,
  titles: [first, second] = ['Before', 'After'],
}: NonNullable<Feedback['counterexample']>): HTMLElement {
  const state = (label: string, text: string) =>
    h('figure', {}, h('figcaption', {}, label), h('pre', { tabindex: 0, 'aria-label': label }, text));
  return h(
    'div',
    { class: 'vb-counterexample', 'data-counterexample': true },
    h('p', {}, 'The smallest case found that shows it:'),
    h('ol', {}, ...steps.map((step) => h('li', {}, h('code', {}, step)))),
    (before !== undefined || after !== undefined) &&
      h(
        'div',
        { class: 'vb-states' },
        before !== undefined && state(first, before),
        after !== undefined && state(second, after),
      ),
  );
}
