/** The walls as HTML: for each resource a strip of what the host divides, with the place that the attack was aimed at. */
import { escapeHtml } from '../steps/html.ts';
import type { Piece, Wall } from './record.ts';

/** The strip's pieces; words say what colour and frame say to the eye. */
function renderPiece({ owner, what, aimedAt }: Piece, shared: string): string {
  const note = aimedAt ? `<span class="walls-note">${shared}</span>` : '';
  return `<li class="walls-${owner === 'mallory' ? 'own' : 'other'}${aimedAt ? ' walls-aimed' : ''}"><strong>${escapeHtml(owner)}</strong><span>${escapeHtml(what)}</span>${note}</li>`;
}

function renderWall({ resource, typed, answer, pieces, held }: Wall): string {
  const note = resource === 'Processor' ? 'gets her turn' : '✗ not reached';
  const strip = pieces.map((piece) => renderPiece(piece, note)).join('');
  const said = answer === null ? '' : `, and is told <code>${escapeHtml(answer)}</code>`;
  return `<section class="walls-one" aria-label="${escapeHtml(resource)}"><p><strong>${escapeHtml(resource)}.</strong> mallory types <code>${escapeHtml(typed)}</code>${said}.</p><ol class="walls-strip">${strip}</ol><p class="walls-held">${escapeHtml(held)}</p></section>`;
}

export function renderWalls(walls: readonly Wall[]): string {
  return walls.map(renderWall).join('');
}
