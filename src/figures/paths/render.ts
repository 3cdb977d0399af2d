/** A path as HTML: layers from above, stations from left to right, and each station as a step. */
import { escapeHtml } from '../steps/html.ts';
import type { FigureStep } from '../steps/types.ts';
import type { Path, Station } from './types.ts';

export function renderStations({ stations }: Path): FigureStep[] {
  return stations.map(({ title, say, recorded }: Station) => ({
    title,
    say: escapeHtml(say),
    detail: `<ul class="paths-recorded">${recorded.map((line) => `<li><code>${escapeHtml(line)}</code></li>`).join('')}</ul>`,
  }));
}

/** The layers that share a name before a colon, `web1: program`, belong to one machine. */
export function renderLayers({ layers, stations }: Path): string {
  const heads = stations.map((_, index) => `<th scope="col">${index + 1}</th>`).join('');
  const rows = layers.map(({ key, name }) => {
    const cells = stations.map(({ layer }, index) =>
      layer === key
        ? `<td class="paths-here" data-at="${index}"><span aria-hidden="true">▪</span><span class="sr-only">is here</span></td>`
        : '<td></td>',
    );
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>`;
  });
  return `<table class="paths-layers"><caption class="sr-only">Which layer deals with the request in each step</caption><thead><tr><th scope="col">Step</th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
