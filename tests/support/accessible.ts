/** What axe says of a page, wide and narrow, light and dark. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of all rules the one that another theme can break; the others look at the same elements. */
const OF_THEME = ['color-contrast'];

/** What is wrong within `scope`, a selector, or on the whole page: a rule and the elements that break it, each. */
async function violations(
  page: Page,
  scope: string | null,
  rules: 'all' | 'of the theme',
): Promise<string[]> {
  // Without frames axe can do all of its work in the page itself, and it need not describe the thousands of elements that are as they should be:
  // a third of the time, and the same rules.
  expect(page.frames().length).toBe(1);
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (scope !== null) axe.include(scope);
  const { violations } = await (rules === 'all' ? axe.withTags(TAGS) : axe.withRules(OF_THEME)).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Colours fade from one theme to the other, and a lab lays itself out again: done when no animation that ends is under way. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let i = 0; i < 3; i++) await frame();
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(ending.map(({ finished }) => finished));
    await frame();
  });
}

/** Axe finds nothing wrong with what is on the screen now. */
export async function expectNoViolations(page: Page, scope: string): Promise<void> {
  expect(await violations(page, scope, 'all')).toEqual([]);
}

/**
 * Axe finds nothing at 1440 and at 390 pixels, in light and in dark, and nothing is wider than the screen. All rules at both widths, those of
 * the theme in both themes. `look` is called for each, for screenshots.
 */
export async function expectAccessible(
  page: Page,
  scope: string | null,
  look: (name: string) => Promise<unknown> = async () => {},
): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await settled(page);
      await look(`${width}-${theme}`);
      const wrong = await violations(page, scope, theme === 'light' ? 'all' : 'of the theme');
      const overflow = await page.evaluate(() =>
        Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
      );
      if (wrong.length > 0 || overflow > 0) found[`${width} ${theme}`] = { wrong, overflow };
    }
  }
  expect(found).toEqual({});
}
