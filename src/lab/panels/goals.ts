/** The terminal goals, looked up in the state of the world while one works. */
import { fill, h, uniqueId } from '../dom.ts';
import type { GoalStatus } from '../worker/protocol.ts';

export class GoalsPanel {
  readonly element: HTMLElement;
  #list = h('ul', { class: 'vb-goals' });
  #announce: (text: string) => void;
  #held = new Set<string>();

  constructor(announce: (text: string) => void) {
    this.#announce = announce;
    const heading = uniqueId('goals');
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': heading, 'data-panel': 'goals' },
      h('h3', { id: heading }, 'Goals in the terminal'),
      h('p', { class: 'vb-note' }, 'Looked up in the world itself: any way that leads there counts.'),
      this.#list,
    );
  }

  /** Draws the goals; a goal that was not reached before is said aloud, unless this is the first drawing (`quietly`). */
  draw(goals: readonly GoalStatus[], quietly: boolean): void {
    this.element.hidden = goals.length === 0;
    for (const { id, title, holds } of goals)
      if (holds && !this.#held.has(id) && !quietly) this.#announce(`Goal reached: ${title}`);
    this.#held = new Set(goals.filter(({ holds }) => holds).map(({ id }) => id));
    const items = goals.map(({ id, title, holds }) =>
      h(
        'li',
        { 'data-goal': id, 'data-holds': String(holds) },
        h('span', { class: 'vb-mark', 'aria-hidden': 'true' }, holds ? '✓' : '○'),
        h('span', {}, title, h('span', { class: 'vb-sr' }, holds ? ' (reached)' : ' (not yet)')),
      ),
    );
    fill(this.#list, ...items);
  }
}
