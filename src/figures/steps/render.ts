/** Steps as the items of their list; the page at build time and scripts in the browser both call this. */
import { escapeHtml } from './html.ts';
import type { FigureStep } from './types.ts';

export function renderSteps(steps: readonly FigureStep[]): string {
  const items = steps.map(({ title, say, detail = '' }, index) => {
    const current = index === 0 ? ' data-current' : '';
    return `<li data-step${current}><p class="steps-say"><strong>${escapeHtml(title)}</strong> ${say}</p>${detail}</li>`;
  });
  return items.join('');
}
