/** Puts everything of the page outside `element` out of reach while the lab covers it; the returned function undoes it. */
export function inertOutside(element: HTMLElement): () => void {
  const made: Element[] = [];
  for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) {
    for (const sibling of at.parentElement?.children ?? []) {
      if (sibling === at || sibling.hasAttribute('inert') || /^(?:script|style|link)$/i.test(sibling.tagName))
        continue;
      sibling.setAttribute('inert', '');
      made.push(sibling);
    }
  }
  return () => {
    for (const each of made) each.removeAttribute('inert');
  };
}
