/** How soon an exercise is ready after the click, for readers who come to it in different ways. */
import type { Browser, BrowserContext, Page } from 'playwright';
import { EXERCISE_PAGES, type ExerciseId } from '../support/exercisePage.ts';

const ROUNDS = 5;
const WINDOW = { viewport: { width: 1440, height: 900 } };

const mark = (page: Page, name: string): Promise<number> =>
  page.evaluate((wanted) => performance.getEntriesByName(wanted).at(-1)?.startTime ?? Number.NaN, name);

/** Starts an exercise; milliseconds from the click to the prompt, and to the editor. */
export async function openLab(page: Page, id: string): Promise<{ prompt: number; editor: number }> {
  await page.locator(`exercise-card[data-exercise="${id}"] [data-start]`).click();
  for (const ready of ['virtbook:prompt', 'virtbook:editor'])
    await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, ready);
  const click = await mark(page, 'virtbook:click');
  return {
    prompt: (await mark(page, 'virtbook:prompt')) - click,
    editor: (await mark(page, 'virtbook:editor')) - click,
  };
}

/** For a reader who scrolls to the question and reads it. */
async function afterReading(context: BrowserContext, address: string, id: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(address, { waitUntil: 'networkidle' });
  const start = page.locator(`exercise-card[data-exercise="${id}"] [data-start]`);
  await page.mouse.move(700, 450);
  while (((await start.boundingBox())?.y ?? 0) > 700) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(100);
  }
  // The card has about a hundred words.
  await page.waitForTimeout(5000);
  return (await openLab(page, id)).prompt;
}

/** For one who has typed something in it before, and reads the question again. */
async function comingBack(context: BrowserContext, address: string, id: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(address, { waitUntil: 'networkidle' });
  await openLab(page, id);
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type('ls -l\n', { delay: 30 });
  await page.waitForTimeout(2000);
  await page.close();
  return afterReading(context, address, id);
}

/** For one who clicks as soon as the page is there. */
async function atOnce(context: BrowserContext, address: string, id: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(address, { waitUntil: 'networkidle' });
  return (await openLab(page, id)).prompt;
}

const READERS = [
  { who: 'after reading the question', comes: afterReading, aim: '≤ 200 ms' },
  { who: 'coming back to it', comes: comingBack, aim: '≤ 200 ms' },
  { who: 'clicked at once', comes: atOnce, aim: '' },
];

/** Click to prompt for each exercise and kind of reader: the median of some, each of whom has a browser of their own. */
export async function startRows(browser: Browser, pageOf: (id: ExerciseId) => string) {
  const rows: [what: string, measured: string, aim: string][] = [];
  for (const id of Object.keys(EXERCISE_PAGES) as ExerciseId[])
    for (const { who, comes, aim } of READERS) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const context = await browser.newContext(WINDOW);
        times.push(await comes(context, pageOf(id), id));
        await context.close();
      }
      const median = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
      rows.push([`${id}: click → prompt, ${who}, median of ${ROUNDS}`, `${median.toFixed(0)} ms`, aim]);
    }
  return rows;
}
