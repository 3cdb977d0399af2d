/** The exercise card: what it says before, that opening it keeps the reader's place, that closing gives the page back. */
import { expect, test } from '@playwright/test';
import { CONTAINERS } from '../support/siteBrowser.ts';

for (const { width, beside } of [
  { width: 1440, beside: true },
  { width: 390, beside: false },
]) {
  test(`opens ${beside ? 'beside the text' : 'below the card'} at ${width} px and keeps its place`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(CONTAINERS);
    const card = page.locator('exercise-card');
    const start = card.getByRole('button', { name: 'Start' });
    await expect(card).toContainText('minutes');
    const progress = card.locator('[data-progress]');
    await expect(progress).toHaveText('Not started on this machine');
    await start.scrollIntoViewIfNeeded();
    const before = (await card.boundingBox())!.y;
    await start.click();
    const close = card.getByRole('button', { name: 'Close the exercise' });
    await expect(close).toBeVisible({ timeout: 20_000 });
    await expect(progress).toHaveText('Started: nothing checked yet');
    const box = async (selector: string) => (await card.locator(selector).boundingBox())!;
    await expect
      .poll(async () => Math.abs((await box('.exercise-card')).y - before), { message: 'card moved by' })
      .toBeLessThanOrEqual(1);
    const cardBox = await box('.exercise-card');
    const labBox = await box('[data-lab]');
    if (beside) expect(labBox.x).toBeGreaterThanOrEqual(cardBox.x + cardBox.width - 1);
    else expect(labBox.y).toBeGreaterThanOrEqual(cardBox.y + cardBox.height - 1);
    if (!beside) {
      // From far down in the task to the terminal: its tabs are not under the page's header.
      await card.locator('[data-lab]').evaluate((place) => {
        window.scrollBy({ top: place.getBoundingClientRect().top + 300, behavior: 'instant' });
        place.querySelector<HTMLElement>('[data-action=skip-prediction]')!.click();
      });
      const tab = card.getByRole('tab', { name: 'Terminal', exact: true });
      await expect(tab).toHaveAttribute('aria-selected', 'true');
      await expect
        .poll(() =>
          tab.evaluate((each) => {
            const { x, y, width, height } = each.getBoundingClientRect();
            return each.contains(document.elementFromPoint(x + width / 2, y + height / 2));
          }),
        )
        .toBe(true);
    }
    await close.click();
    await expect(card.locator('[data-lab]')).toBeHidden();
    await expect(card.getByRole('button', { name: 'Continue' })).toBeFocused();
    await expect(progress).toHaveText('Started: nothing checked yet');
  });
}

test('shows the progress that the lab left on this machine', async ({ page }) => {
  await page.addInitScript(() => {
    const progress = { state: 'started', points: 3, of: 10 };
    localStorage.setItem('virtbook.progress.container-disk-write', JSON.stringify(progress));
  });
  await page.goto(CONTAINERS);
  const card = page.locator('exercise-card');
  await expect(card.locator('[data-progress]')).toHaveText('Started: 3 of 10 points so far');
  await expect(card.getByRole('button', { name: 'Continue' })).toBeVisible();
});

test('progress that cannot be read counts as none', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('virtbook.progress.container-disk-write', '{broken'));
  await page.goto(CONTAINERS);
  await expect(page.locator('exercise-card [data-progress]')).toHaveText('Not started on this machine');
});

test('a card whose script the network has lost says so, and the reload that it asks for helps', async ({
  page,
}) => {
  const script = /\/ExerciseCard\.[^/]*\.js$/;
  await page.route(script, (route) => route.abort());
  await page.goto(CONTAINERS);
  const card = page.locator('exercise-card');
  await expect(card.locator('[data-status]')).toContainText('could not be loaded');
  await expect(card.getByRole('button', { name: 'Start' })).toBeDisabled();
  await page.unroute(script);
  await page.reload();
  await expect(card.getByRole('button', { name: 'Start' })).toBeEnabled();
  await expect(card.locator('[data-status]')).toHaveText('');
});
