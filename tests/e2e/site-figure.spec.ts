/** The overlay explorer in a browser: by keyboard, for a screen reader, in step with the page's own HTML. */
import { expect, type Page, test } from '@playwright/test';
import { CONTAINERS, KERNEL_MARK } from '../support/siteBrowser.ts';

const STEPS = 11;

function figureOf(page: Page) {
  const figure = page.locator('overlay-explorer');
  return {
    next: figure.getByRole('button', { name: 'Next step' }),
    back: figure.getByRole('button', { name: 'Back' }),
    table: figure.locator('[data-table]'),
    account: figure.locator('[data-account]'),
    live: figure.getByRole('status'),
    position: figure.locator('[data-position]'),
    steps: figure.locator('.overlay-all > ol > li'),
    figure,
  };
}

test('the kernel is fetched when the figure is reached for, not before', async ({ page }) => {
  let kernels = 0;
  page.on('response', async (response) => {
    if (response.request().resourceType() !== 'script') return;
    if (KERNEL_MARK.test(await response.text())) kernels++;
  });
  await page.goto(CONTAINERS, { waitUntil: 'networkidle' });
  expect(kernels).toBe(0);
  await figureOf(page).next.focus();
  await expect.poll(() => kernels).toBe(1);
});

test('steps forwards and backwards by keyboard, and each state comes back exactly', async ({ page }) => {
  await page.goto(CONTAINERS);
  const { next, table, position, live } = figureOf(page);
  await next.focus();
  const states = [await table.innerHTML()];
  for (let step = 1; step <= STEPS; step++) {
    await page.keyboard.press('ArrowRight');
    await expect(position).toHaveText(`Step ${step} of ${STEPS}`);
    await expect(live).toContainText(`Step ${step}:`);
    states.push(await table.innerHTML());
  }
  await expect(next).toHaveAttribute('aria-disabled', 'true');
  for (let step = STEPS - 1; step >= 0; step--) {
    await page.keyboard.press('ArrowLeft');
    await expect(position).toHaveText(`Step ${step} of ${STEPS}`);
    expect(await table.innerHTML()).toBe(states[step]);
  }
});

test('tells the same as the page does without script', async ({ page }) => {
  await page.goto(CONTAINERS);
  const { next, account, position, steps } = figureOf(page);
  for (let step = 1; step <= STEPS; step++) {
    await next.click();
    await expect(position).toHaveText(`Step ${step} of ${STEPS}`);
    const told = await steps.nth(step - 1).textContent();
    expect(told?.replace(/\s+/g, ' ')).toContain((await account.textContent())?.replace(/\s+/g, ' ').trim());
  }
});

for (const width of [1440, 390]) {
  test(`no step moves what stands below the figure, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(CONTAINERS);
    const { next, position, figure } = figureOf(page);
    const below = page.locator('#disk-example');
    const distance = async () => (await below.boundingBox())!.y - (await figure.boundingBox())!.y;
    const before = await distance();
    for (let step = 1; step <= STEPS; step++) {
      await next.click();
      await expect(position).toHaveText(`Step ${step} of ${STEPS}`);
      expect(await distance(), `step ${step}`).toBe(before);
    }
  });
}

test('does what the reader chooses, and takes it back', async ({ page }) => {
  await page.goto(CONTAINERS);
  const { figure, table, account, position, back } = figureOf(page);
  await back.focus();
  const start = await table.innerHTML();
  await figure.getByLabel('Do something else here').selectOption('remove');
  await figure.getByLabel('Path', { exact: true }).selectOption('/etc/motd');
  await figure.getByRole('button', { name: 'Do it' }).click();
  await expect(position).toHaveText(`Step 0 of ${STEPS}, then 1 of your own`);
  await expect(account).toContainText('A whiteout for /etc/motd is put into the upper directory.');
  await expect(table.getByRole('row', { name: /^\/etc\/motd/ })).toContainText('whiteout');
  await back.click();
  await expect(position).toHaveText(`Step 0 of ${STEPS}`);
  expect(await table.innerHTML()).toBe(start);
});

test('the walk-through goes on where it was left, without what the reader did', async ({ page }) => {
  await page.goto(CONTAINERS);
  const { figure, table, next, position } = figureOf(page);
  await next.click();
  await next.click();
  await next.click();
  await expect(position).toHaveText(`Step 3 of ${STEPS}`);
  const third = await table.innerHTML();
  await figureOf(page).back.click();
  await figure.getByLabel('Do something else here').selectOption('removeTree');
  await figure.locator('select[name=path]').selectOption('/etc');
  await figure.getByRole('button', { name: 'Do it' }).click();
  await expect(position).toHaveText(`Step 2 of ${STEPS}, then 1 of your own`);
  await next.click();
  await expect(position).toHaveText(`Step 3 of ${STEPS} (your own steps were taken back)`);
  expect(await table.innerHTML()).toBe(third);
});

test('an operation that fails shows the error of the real tool', async ({ page }) => {
  await page.goto(CONTAINERS);
  const { figure, account } = figureOf(page);
  await figure.getByLabel('Do something else here').selectOption('read');
  await figure.getByLabel('Path', { exact: true }).selectOption('/srv/note.txt');
  await figure.getByRole('button', { name: 'Do it' }).click();
  await expect(account).toContainText('cat: /srv/note.txt: No such file or directory');
});
