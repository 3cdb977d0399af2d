/** Reading pages: what they weigh, that nothing moves, that everybody can use them, that every link leads somewhere. */
import { expect, test } from '@playwright/test';
import { expectAccessible } from '../support/accessible.ts';
import {
  CONTAINERS,
  collectErrors,
  KERNEL_MARK,
  LAB_MARK,
  neverIdle,
  openAndWeigh,
  READING_PAGES,
} from '../support/siteBrowser.ts';

const SCRIPT_BUDGET = 40 * 1024;

test.describe('before the reader touches anything', () => {
  for (const address of READING_PAGES) {
    test(`${address} ships at most 40 KB of script and nothing of the lab or the kernel`, async ({
      page,
    }) => {
      const errors = collectErrors(page);
      const fetched = await openAndWeigh(page, address);
      const scripts = fetched.filter(({ type }) => type === 'script');
      const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThanOrEqual(SCRIPT_BUDGET);
      for (const { url, text } of fetched) {
        expect(text, url).not.toMatch(LAB_MARK);
        expect(text, url).not.toMatch(KERNEL_MARK);
      }
      expect(errors).toEqual([]);
    });

    test(`${address} does not shift, also when it is scrolled to its end`, async ({ page }) => {
      await page.goto(address, { waitUntil: 'networkidle' });
      const score = await page.evaluate(async () => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        for (let y = 0; y < document.body.scrollHeight; y += 400) {
          window.scrollTo({ top: y, behavior: 'instant' });
          await frame();
        }
        await frame();
        for (const entry of observer.takeRecords()) sum += (entry as unknown as { value: number }).value;
        return sum;
      });
      expect(score).toBe(0);
    });
  }
});

test.describe('accessibility', () => {
  for (const address of [...READING_PAGES, '/answers/container-disk-write/', '/404.html']) {
    test(`axe finds nothing on ${address}, wide and narrow, light and dark`, async ({ page }) => {
      await page.goto(address);
      await expectAccessible(page, null);
    });
  }
});

test('every link within the book leads to a page and an anchor that are there', async ({ page, request }) => {
  const anchors = new Map<string, Set<string>>();
  const links: { from: string; to: URL }[] = [];
  for (const address of [...READING_PAGES, '/answers/container-disk-write/']) {
    await page.goto(address);
    const found = await page.evaluate(() => ({
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
      hrefs: [...document.querySelectorAll('a')].map(({ href }) => href),
    }));
    anchors.set(address, new Set(found.ids));
    for (const href of found.hrefs) {
      const to = new URL(href);
      if (to.origin === new URL(page.url()).origin) links.push({ from: address, to });
    }
  }
  expect(links.length).toBeGreaterThan(100);
  for (const address of new Set(links.map(({ to }) => to.pathname))) {
    expect((await request.get(address)).status(), address).toBe(200);
  }
  for (const { from, to } of links) {
    if (to.hash === '') continue;
    expect([...(anchors.get(to.pathname) ?? [])], `${from} → ${to.pathname}${to.hash}`).toContain(
      to.hash.slice(1),
    );
  }
});

test('search finds the section by a word of it, and no answers', async ({ page }) => {
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page
    .getByRole('dialog')
    .getByRole('searchbox')
    .or(page.locator('dialog input'))
    .first()
    .fill('whiteout');
  const results = page.locator('dialog .pagefind-ui__result-link');
  await expect(results.first()).toBeVisible();
  const targets = await results.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  expect(targets.some((target) => target.startsWith(CONTAINERS))).toBe(true);
  expect(targets.filter((target) => target.includes('/answers/'))).toEqual([]);
});

test('the search comes on a machine that is never idle', async ({ page }) => {
  await page.addInitScript(neverIdle);
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page.locator('dialog input').fill('whiteout');
  await expect(page.locator('dialog .pagefind-ui__result-link').first()).toBeVisible();
});

test('what is typed into the search before its code is there is searched for when it comes', async ({
  page,
}) => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route(/\/ui-core\.[^/]*\.js$/, async (route) => {
    await arrived;
    await route.fallback();
  });
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('white out');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('t');
  expect(await page.locator('dialog input').count()).toBe(0);
  arrive();
  const input = page.locator('dialog input');
  await expect(input).toBeFocused();
  await page.keyboard.type('s');
  await expect(input).toHaveValue('white outs');
  await expect(page.locator('dialog .pagefind-ui__message')).toContainText('white outs');
});

test('an answer is a page of its own that search engines are asked to leave out', async ({ page }) => {
  await page.goto('/answers/container-disk-write/');
  await expect(page.locator('[data-answer]')).not.toBeEmpty();
  await expect(page.locator('meta[name=robots]')).toHaveAttribute('content', 'noindex');
});

test('on a narrow screen the menu opens and leads to a part', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/');
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: '3 Containers' }).click();
  await expect(page).toHaveURL(new RegExp(`${CONTAINERS}$`));
});

test('a wrong address says so and offers ways on', async ({ page }) => {
  await page.goto('/404.html');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This page is not in the book');
  await page.getByRole('link', { name: 'overview of the chapter' }).click();
  await expect(page).toHaveURL(/\/virtualization\/$/);
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('text, figure and all its steps can be read', async ({ page }) => {
    await page.goto(CONTAINERS);
    const figure = page.locator('overlay-explorer');
    await expect(figure.locator('table').first()).toContainText('Welcome!');
    await figure.locator('summary').click();
    await expect(figure.locator('.overlay-all > ol > li')).toHaveCount(11);
    await expect(figure.locator('.overlay-all')).toContainText('Copy-up');
  });
});

test('on paper there is nothing to press', async ({ page }) => {
  await page.goto(CONTAINERS);
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('overlay-explorer table').first()).toBeVisible();
  for (const button of await page.locator('main button').all()) await expect(button).toBeHidden();
});
