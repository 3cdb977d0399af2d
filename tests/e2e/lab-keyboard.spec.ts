/** The exercise by keyboard alone, from Start to Submit; the ways out of what keeps Tab for itself; and that the focus is never lost. */
import { expect, type Page, test } from '@playwright/test';
import { exerciseFile, labReady, openLab, run, SLOW, startButton } from '../support/labBrowser.ts';
import { CONTAINERS } from '../support/siteBrowser.ts';

test.describe.configure({ timeout: 120_000 });
test.use({ viewport: { width: 1440, height: 900 }, trace: 'on-first-retry' });

/** Where the focus is: the lab's part and the element's name. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const part = at?.closest('[data-pane]')?.getAttribute('data-pane') ?? at?.closest('.vb-actions') ?? null;
    return typeof part === 'string' ? part : part ? 'actions' : (at?.tagName.toLowerCase() ?? 'nothing');
  });

const focused = (page: Page) => page.locator(':focus');

/** Presses a key until what has the focus fits. */
async function pressUntil(page: Page, key: string, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${selector} was not reached by ${key}`);
}

test('from Start to Submit without a mouse', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(CONTAINERS);
  await startButton(page).focus();
  await page.keyboard.press('Enter');
  const lab = await labReady(page);
  await expect(focused(page)).toHaveText('Where a container’s bytes go');

  await pressUntil(page, 'Tab', '[data-panel=predict] input');
  await page.keyboard.press('Space');
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => focus(page)).toBe('terminal');
  await expect(lab.locator('[data-live]')).toContainText('Prediction recorded');
  await page.keyboard.type('docker diff two\n');
  await expect(page.locator('.vb-terminal')).toContainText('/srv/old.html', { timeout: SLOW });

  await page.keyboard.press('F6');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: SLOW });
  await expect.poll(() => focus(page)).toBe('code');
  await page.evaluate((text) => navigator.clipboard.writeText(text), exerciseFile('solution/overlay.ts'));
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
  await page.keyboard.press('Control+Enter');
  await expect(lab.locator('.vb-score')).toHaveAttribute('data-points', '80', { timeout: SLOW });
  await expect(focused(page)).toHaveText('Result');
  await expect(lab.locator('[data-live]')).toContainText('80 of 100 points. 2 checks failed. First:');

  await page.keyboard.press('Shift+F6');
  await expect(lab.locator('[data-primary]')).toBeFocused();
  await pressUntil(page, 'Shift+Tab', '[data-action=submit]');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toMatch(/^container-disk-write-.*\.virtbook\.json$/);
  await expect(lab.locator('[data-notice=submitted]')).toContainText('80 of 100 points');
  await lab.locator('[data-notice=submitted]').getByRole('button', { name: 'Dismiss' }).focus();
  await page.keyboard.press('Enter');
  await expect(focused(page)).toHaveText('Where a container’s bytes go');
});

test('F6 and Escape lead out of terminal and editor, and the list of keys says so', async ({ page }) => {
  const lab = await openLab(page);
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: SLOW });
  await page.locator('.vb-xterm textarea').focus();
  const visited: string[] = [];
  for (let stop = 0; stop < 4; stop++) {
    await page.keyboard.press('F6');
    visited.push(await focus(page));
  }
  expect(visited).toEqual(['code', 'actions', 'guide', 'terminal']);
  await page.keyboard.press('Shift+F6');
  expect(await focus(page)).toBe('guide');
  // In the terminal Escape is the program's; in the editor Ctrl+M hands Tab back to the page.
  await lab.locator('.monaco-editor textarea, .monaco-editor .native-edit-context').first().focus();
  await page.keyboard.press('Control+m');
  await page.keyboard.press('Tab');
  await expect.poll(() => focus(page)).not.toBe('code');
  await page.keyboard.press('Shift+?');
  const keys = page.getByRole('dialog', { name: 'Keys of the lab' });
  await expect(keys).toContainText('F6');
  await expect(keys).toContainText('Ctrl + M');
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  expect(await focus(page)).not.toBe('body');
});

test('the focus is never lost', async ({ page }) => {
  const lab = await openLab(page);
  await run(page, 'echo one', /one\s*student@/);

  // Full screen, on and off, keeps it where it is; the rest of the page is out of reach meanwhile.
  await page.keyboard.press('F9');
  await expect(lab).toHaveAttribute('data-full-screen', 'true');
  expect(await focus(page)).toBe('terminal');
  const box = (await lab.locator('[data-action=close]').boundingBox())!;
  const top = await page.evaluate(
    ([x, y]) => document.elementFromPoint(x!, y!)?.getAttribute('data-action'),
    [box.x + box.width / 2, box.y + box.height / 2],
  );
  expect(top).toBe('close');
  await page.keyboard.press('F9');
  expect(await focus(page)).toBe('terminal');

  // A second terminal is opened and closed.
  await lab.locator('[data-open-terminal]').focus();
  await page.keyboard.press('Enter');
  await expect(lab.getByRole('tab', { name: 'bluebox 2' })).toBeVisible();
  await expect(lab.locator('.vb-xterm:not([hidden]) textarea')).toBeFocused();
  await page.keyboard.type('echo a b ');
  await expect(lab.locator('.vb-terminal')).toHaveAttribute('data-last-line', /echo a b$/);
  await expect(lab.locator('.vb-terminal').getByRole('tab')).toHaveCount(2);
  await lab.getByRole('tab', { name: 'bluebox 2' }).focus();
  await page.keyboard.press('Delete');
  await expect(lab.getByRole('tab', { name: 'bluebox 2' })).toHaveCount(0);
  await expect(lab.getByRole('tab', { name: 'bluebox' })).toBeFocused();

  // Hints, a reset and its undoing.
  await lab.locator('[data-action=hint]').focus();
  await page.keyboard.press('Enter');
  await expect(lab.locator('[data-hint="0"]')).toBeFocused();
  await lab.locator('[data-action=reset]').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(lab.locator('[data-action=reset]')).toBeFocused();
  await page.keyboard.press('Enter');
  await pressUntil(page, 'Tab', 'dialog [data-choice]:not([data-choice=""])');
  await page.keyboard.press('Enter');
  await expect(lab.locator('[data-action=undo-reset]')).toBeVisible({ timeout: SLOW });
  await expect.poll(() => focus(page)).not.toBe('body');
  await lab.locator('[data-action=undo-reset]').focus();
  await page.keyboard.press('Enter');
  await expect(lab.locator('[data-action=undo-reset]')).toBeHidden({ timeout: SLOW });
  await expect.poll(() => focus(page)).not.toBe('body');
  await expect(page.locator('.vb-terminal')).toContainText('echo one');
});
