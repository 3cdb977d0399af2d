/** How soon an exercise is ready after the click, for readers who come to it in different ways. */
import type { Browser, BrowserContext, Page } from 'playwright';
import { EXERCISE_PAGES, type ExerciseId } from '../support/exercisePage.ts';

const ROUNDS = 5;
const WINDOW = { viewport: { width: 1440, height: 900 } };

const startOf = (page: Page, id: string) => page.locator(`exercise-card[data-exercise="${id}"] [data-start]`);

const mark = (page: Page, name: string): Promise<number> =>
  page.evaluate((wanted) => performance.getEntriesByName(wanted).at(-1)?.startTime ?? Number.NaN, name);

/** Starts an exercise; milliseconds from the click to the prompt, and to the editor. */
export async function openLab(page: Page, id: string): Promise<{ prompt: number; editor: number }> {
  await startOf(page, id).click();
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
  const start = startOf(page, id);
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

/** The page at an exercise, as by a link to it. */
async function byLink(context: BrowserContext, address: string, id: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${address}#exercise-${id}`, { waitUntil: 'networkidle' });
  await startOf(page, id).scrollIntoViewIfNeeded();
  return page;
}

/**
 * How long a hand needs to a button 400 pixels away, in milliseconds. Such a button is 2.4 bits away (Fitts's law in Shannon's form), and a mouse
 * carries 3.7 to 4.9 bits a second (Soukoreff and MacKenzie 2004, "Towards a standard for pointing device evaluation"): the fast end of it.
 */
const ON_THE_WAY = 500;
const STEPS = 25;

/** For one who comes by a link and clicks as soon as a hand can. */
async function atOnce(context: BrowserContext, address: string, id: string): Promise<number> {
  const page = await byLink(context, address, id);
  const box = (await startOf(page, id).boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  for (let step = 1; step <= STEPS; step++) {
    const left = 1 - step / STEPS;
    await page.mouse.move(x + 400 * left * left, y);
    await page.waitForTimeout(ON_THE_WAY / STEPS);
  }
  return (await openLab(page, id)).prompt;
}

/** For a press that nothing comes before: a tap on a page that was not touched yet, or a program. */
async function unseen(context: BrowserContext, address: string, id: string): Promise<number> {
  return (await openLab(await byLink(context, address, id), id)).prompt;
}

const READERS = [
  { who: 'after reading the question', comes: afterReading, aim: '≤ 200 ms' },
  { who: 'coming back to it', comes: comingBack, aim: '≤ 200 ms' },
  { who: 'by a link, the pointer half a second on its way', comes: atOnce, aim: '≤ 200 ms' },
  { who: 'pressed with nothing before', comes: unseen, aim: '' },
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
