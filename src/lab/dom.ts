/** Making elements, and nothing more: the lab has no framework. */

export type Child = Node | string | null | undefined | false;
type Listener = (event: never) => void;
export type Props = Readonly<Record<string, string | number | boolean | null | undefined | Listener>>;

/**
 * An element with attributes, listeners (`onclick: () => …`, added by addEventListener: no inline handlers) and children. A boolean
 * attribute is there or not; `null` and `undefined` leave an attribute out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/** Appends the children that are there. */
export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) if (child) parent.append(child);
}

/** Puts `children` in place of all that `parent` holds. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** A button. The kind decides how it looks; one `primary` button stands in a lab at any time. */
export function button(label: string, onclick: () => void, props: Props = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'vb-button', onclick, ...props }, label);
}

/** Scrolls the pane that holds `element` to it, and the page only as far as the lab does not stand in the window. */
export function scrollToStart(element: HTMLElement): void {
  const pane = element.closest<HTMLElement>('.vb-pane');
  if (!pane) return;
  pane.scrollTop += element.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  element.closest('.vb-lab')?.scrollIntoView({ block: 'nearest' });
}

/** Runs `task` when what has been changed by now is to be seen; at once where nobody looks. */
export function afterPaint(task: () => void): void {
  if (document.hidden) setTimeout(task);
  else requestAnimationFrame(() => setTimeout(task));
}

let ids = 0;
/** An id no other element of the page has, for `aria-labelledby` and its like. */
export function uniqueId(stem: string): string {
  ids += 1;
  return `vb-${stem}-${ids}`;
}

/** "1 point", "2 points". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
