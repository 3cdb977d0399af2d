/** The two stacks as HTML, and each hop as a step. */
import { escapeHtml } from '../steps/html.ts';
import type { FigureStep } from '../steps/types.ts';
import { type Hop, MOST_PRIVILEGED, STACKS, type StackKind } from './hops.ts';

const HEADS: Readonly<Record<StackKind, string>> = {
  'type 1': 'Type 1: the hypervisor is the lowest software',
  'type 2': 'Type 2: an operating system was there before',
};

export function renderHops(all: readonly Hop[]): FigureStep[] {
  return all.map(({ title, say, recorded }) => ({
    title,
    say: escapeHtml(say),
    detail:
      recorded.length === 0
        ? ''
        : `<ul class="stack-recorded">${recorded.map((line) => `<li><code>${escapeHtml(line)}</code></li>`).join('')}</ul>`,
  }));
}

function renderStack(kind: StackKind, all: readonly Hop[]): string {
  const layers = STACKS[kind].map((layer) => {
    const at = all.flatMap((hop, index) => (hop.stack === kind && hop.layer === layer ? index : []));
    const note = layer === MOST_PRIVILEGED[kind] ? ' <span class="stack-note">most privileged</span>' : '';
    const stops = at.map((index) => index + 1).join(', ');
    return `<li data-at="${at.join(' ')}"><strong>${escapeHtml(layer)}</strong>${note} <span class="stack-note">${at.length === 1 ? 'step' : 'steps'} ${stops}</span></li>`;
  });
  return `<section class="stack-one"><p class="stack-head">${HEADS[kind]}</p><ul class="stack-layers">${layers.join('')}</ul></section>`;
}

export function renderStacks(all: readonly Hop[]): string {
  return `<div class="stack-both">${renderStack('type 1', all)}${renderStack('type 2', all)}</div>`;
}
