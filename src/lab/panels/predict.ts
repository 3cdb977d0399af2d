/** The question before anything runs. It is not graded; after a check the prediction stands beside what happened. */
import { button, type Child, fill, h, uniqueId } from '../dom.ts';
import type { Predict, Prediction } from '../worker/protocol.ts';

export interface PredictOptions {
  onSkip: () => void;
}

export class PredictPanel {
  readonly element: HTMLElement;
  #body = h('div', {});
  #heading: HTMLElement;
  #options: PredictOptions;
  #predict: Predict | null = null;
  #read: () => Prediction | null = () => null;
  #problem = h('p', { class: 'vb-problem', role: 'alert' });

  constructor(options: PredictOptions) {
    this.#options = options;
    const id = uniqueId('predict');
    this.#heading = h('h3', { id, tabindex: -1 }, 'Predict');
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': id, 'data-panel': 'predict' },
      this.#heading,
      this.#body,
    );
  }

  /** The answer as it stands in the form; null (and a sentence on the page) when it is not complete. */
  read(): Prediction | null {
    const answer = this.#read();
    fill(this.#problem, answer === null && 'Choose an answer first, or pass over the question.');
    if (answer === null) this.focus();
    return answer;
  }

  focus(): void {
    (this.#body.querySelector<HTMLElement>('input, select') ?? this.#heading).focus();
  }

  /** Draws the question to be answered. */
  ask(predict: Predict | null): void {
    this.#predict = predict;
    this.element.hidden = predict === null;
    if (!predict) return;
    this.element.dataset.predictState = 'open';
    const legend = h('legend', {}, predict.question);
    fill(
      this.#body,
      h('p', { class: 'vb-note' }, 'Before you try anything. Not graded; it is for comparing afterwards.'),
      h('fieldset', {}, legend, ...this.#fields(predict)),
      this.#problem,
      button('Pass over', this.#options.onSkip, {
        class: 'vb-button vb-small',
        'data-action': 'skip-prediction',
      }),
    );
  }

  /** Draws the prediction that was made (null: passed over), and what happened once it is known. */
  answered(prediction: Prediction | null, happened: boolean): void {
    const predict = this.#predict;
    if (!predict) return;
    this.element.dataset.predictState = happened ? 'compared' : 'answered';
    fill(
      this.#body,
      h('p', {}, predict.question),
      h(
        'dl',
        {},
        h('dt', {}, 'You predicted'),
        h(
          'dd',
          { 'data-prediction': true },
          prediction === null ? 'nothing (passed over)' : answerOf(predict, prediction),
        ),
        ...(happened
          ? [
              h('dt', {}, 'What happens'),
              h('dd', { 'data-outcome': true }, answerOf(predict, predict.answer)),
            ]
          : []),
      ),
      happened && predict.explanation ? h('p', {}, predict.explanation) : null,
    );
  }

  #fields(predict: Predict): Child[] {
    if (predict.kind === 'number') {
      const input = h('input', { type: 'number', step: 'any', 'aria-label': predict.question });
      this.#read = () => (input.value === '' ? null : input.valueAsNumber);
      return [h('div', {}, input, predict.unit ? ` ${predict.unit}` : null)];
    }
    if (predict.kind === 'order') return this.#orderFields(predict.options);
    const name = uniqueId('choice');
    const type = predict.kind === 'choice' ? 'radio' : 'checkbox';
    const inputs = predict.options.map(({ id }) => h('input', { type, name, value: id }));
    this.#read = () => {
      const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
      if (predict.kind === 'choices') return chosen;
      return chosen[0] ?? null;
    };
    return inputs.map((input, at) => h('label', { class: 'vb-option' }, input, predict.options[at]!.text));
  }

  #orderFields(options: readonly { id: string; text: string }[]): Child[] {
    const order = [...options];
    const list = h('ol', { class: 'vb-order' });
    const move = (from: number, by: number) => {
      const [moved] = order.splice(from, 1);
      order.splice(from + by, 0, moved!);
      draw();
      list.children[from + by]?.querySelector<HTMLElement>('button:not([disabled])')?.focus();
    };
    const draw = () =>
      fill(
        list,
        ...order.map(({ text }, at) =>
          h(
            'li',
            {},
            text,
            h(
              'span',
              { class: 'vb-move' },
              button('↑', () => move(at, -1), {
                class: 'vb-button vb-small',
                disabled: at === 0,
                'aria-label': `Move “${text}” up`,
              }),
              button('↓', () => move(at, 1), {
                class: 'vb-button vb-small',
                disabled: at === order.length - 1,
                'aria-label': `Move “${text}” down`,
              }),
            ),
          ),
        ),
      );
    draw();
    this.#read = () => order.map(({ id }) => id);
    return [list];
  }
}

/** An answer as it is shown: an order as a numbered list, everything else in the line. */
function answerOf(predict: Predict, answer: Prediction): Child {
  if (predict.kind === 'number') return `${answer}${predict.unit ? ` ${predict.unit}` : ''}`;
  const text = (id: unknown) => predict.options.find((option) => option.id === id)?.text ?? String(id);
  if (!Array.isArray(answer)) return text(answer);
  if (answer.length === 0) return 'none of them';
  if (predict.kind !== 'order') return answer.map(text).join('; ');
  return h('ol', { class: 'vb-order' }, ...answer.map((id) => h('li', {}, text(id))));
}
