/** Attempts with names and times; each can be downloaded again, renamed, taken back into the editor, deleted. */
import { button, fill, h, uniqueId } from '../dom.ts';
import type { Attempt } from '../storage/records.ts';

export interface AttemptsOptions {
  onDownload: (attempt: Attempt) => void;
  onRename: (attempt: Attempt) => void;
  onDelete: (attempt: Attempt) => void;
  onExport: () => void;
  onImport: (file: File) => void;
}

export class AttemptsPanel {
  readonly element: HTMLElement;
  #options: AttemptsOptions;
  #drawn: readonly Attempt[] | null = null;
  #list = h('ul', { class: 'vb-attempts' });

  constructor(options: AttemptsOptions) {
    this.#options = options;
    const heading = uniqueId('attempts');
    const file = h('input', {
      type: 'file',
      accept: '.json,application/json',
      class: 'vb-sr',
      tabindex: -1,
      'aria-hidden': 'true',
      'data-import': true,
      onchange: () => {
        const [chosen] = file.files ?? [];
        if (chosen) options.onImport(chosen);
        file.value = '';
      },
    });
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': heading, 'data-panel': 'attempts' },
      h('h3', { id: heading }, 'Attempts'),
      this.#list,
      h(
        'div',
        { class: 'vb-row' },
        button('Export all my work', options.onExport, { 'data-action': 'export' }),
        button('Import work', () => file.click(), { 'data-action': 'import' }),
        file,
      ),
    );
  }

  /** The row that had the focus is gone. */
  focus(): void {
    this.element.querySelector<HTMLElement>('button')?.focus();
  }

  draw(attempts: readonly Attempt[]): void {
    if (attempts === this.#drawn) return;
    this.#drawn = attempts;
    if (attempts.length === 0) {
      fill(this.#list, h('li', { class: 'vb-note' }, 'No attempt submitted yet.'));
      return;
    }
    fill(this.#list, ...attempts.map((attempt) => this.#row(attempt)));
  }

  #row(attempt: Attempt): HTMLElement {
    const { onDownload, onRename, onDelete } = this.#options;
    const small = (label: string, run: (attempt: Attempt) => void) =>
      button(label, () => run(attempt), {
        class: 'vb-button vb-small',
        'aria-label': `${label} “${attempt.name}”`,
      });
    const time = new Date(attempt.at);
    return h(
      'li',
      { 'data-attempt': attempt.id },
      h('strong', {}, attempt.name),
      ' ',
      h('time', { datetime: time.toISOString() }, time.toLocaleString()),
      h(
        'span',
        { class: 'vb-row' },
        small('Download', onDownload),
        small('Rename', onRename),
        small('Delete', onDelete),
      ),
    );
  }
}
