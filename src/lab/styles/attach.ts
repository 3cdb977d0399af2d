/** Styles that arrive with the lab's scripts: constructed style sheets, which the content policy allows and no page links. */

const attached = new Map<string, CSSStyleSheet>();

/** Adopts `css` into the document under `name`; a second call with the same name replaces the rules in place. */
export function attachStyle(name: string, css: string): void {
  const known = attached.get(name);
  if (known) return void known.replaceSync(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  attached.set(name, sheet);
  document.adoptedStyleSheets.push(sheet);
}
