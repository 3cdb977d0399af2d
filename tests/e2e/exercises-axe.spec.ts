/** Every exercise, opened: axe finds nothing, wide and narrow, light and dark. */
import { readdirSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { expectAccessible } from '../support/accessible.ts';
import { EXERCISE_PAGES, type ExerciseId, openExercise } from '../support/exercisePage.ts';
import { LAB, SLOW } from '../support/labBrowser.ts';

test('every exercise of the book is opened here', () => {
  const folders = readdirSync(new URL('../../content/exercises', import.meta.url));
  expect(Object.keys(EXERCISE_PAGES).sort()).toEqual(folders.sort());
});

for (const exercise of Object.keys(EXERCISE_PAGES) as ExerciseId[]) {
  test(`axe finds nothing in ${exercise}, wide and narrow, light and dark`, async ({ page }, info) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    const lab = await openExercise(page, exercise);
    // A name that is not used yet is marked, and can be read.
    await expect(lab.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: SLOW });
    await lab.locator('.vb-editor .monaco-editor').first().click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('const notYet = 1;\n');
    await expect(lab.locator('.squiggly-inline-unnecessary').first()).toBeVisible({ timeout: SLOW });
    await expectAccessible(page, LAB, async (name) => {
      await lab.scrollIntoViewIfNeeded();
      await page.screenshot({ path: info.outputPath(`${exercise}-${name}.png`) });
    });
  });
}
