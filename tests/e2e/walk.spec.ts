/**
 * The main job, once through: read, open, predict, type in the terminal, edit, fail a check with feedback, mend, pass, submit; and the
 * submission replays in Node to the same score and the same world.
 */
import { expect, test } from '@playwright/test';
import {
  fileOf,
  openExercise,
  passSubmitAndReplay,
  replaceCode,
  typeAndSee,
} from '../support/exercisePage.ts';

test('read, try, write, check, mend, submit, replay', async ({ page, context }, info) => {
  test.setTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await openExercise(page, 'container-disk-write');

  await lab.getByRole('checkbox', { name: /data\/journal/ }).check();
  await lab.getByRole('checkbox', { name: /shared\/hello/ }).check();
  await lab.locator('[data-primary]').click();

  await typeAndSee(page, 'docker diff two', /D \/srv\/old\.html/);
  await typeAndSee(
    page,
    'docker rm -f one && docker run -d --name one -v journal:/data notes:1 && docker exec one cat /data/journal.txt',
    /first entry/,
  );
  await typeAndSee(
    page,
    "printf '%s\\n' '/srv/page.html copied' '/srv/old.html whiteout' '/srv/new.html new' '/etc/motd nothing' >diff.txt; wc -l diff.txt",
    /4 diff\.txt/,
  );
  await expect(lab.locator('[data-goal="kept"]')).toHaveAttribute('data-holds', 'true');
  await expect(lab.locator('[data-goal="explained"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, fileOf('container-disk-write', 'wrong/forgets-whiteout/overlay.ts'));
  await lab.locator('[data-primary]').click();
  const unlink = lab.locator('[data-check="unlink"]');
  await expect(unlink).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(unlink).toContainText('whiteout');
  await expect(lab.locator('[data-counterexample]').first()).toContainText('unlink(');

  await replaceCode(page, fileOf('container-disk-write', 'solution/overlay.ts'));
  await typeAndSee(
    page,
    'ls /lab/one/merged/etc && rm /lab/one/merged/etc/motd && ls -l /lab/one/upper/etc',
    /0, 0 .* motd/,
  );
  await passSubmitAndReplay(page, info);
});

test('work is found again after leaving the page', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page, 'container-disk-write');
  await typeAndSee(page, 'echo kept >note.txt; cat note.txt', /kept/);
  await page.waitForTimeout(1500);
  await page.reload();
  await page
    .locator('exercise-card')
    .getByRole('button', { name: /Start|Continue/ })
    .click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
  await typeAndSee(page, 'ls -l note.txt', /note\.txt/);
});
