/** What browser tests of single exercises share: how one is opened, worked at, submitted, and replayed in Node. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type Locator, type Page, type TestInfo } from '@playwright/test';
import { labOf, SLOW } from './labBrowser.ts';
import { CONTAINERS } from './siteBrowser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of an exercise's folder. */
export const fileOf = (exercise: ExerciseId, name: string): string =>
  readFileSync(`${root}content/exercises/${exercise}/${name}`, 'utf8');

const VMS = '/virtualization/virtual-machines/';

/** Every exercise and the page where its card stands. */
export const EXERCISE_PAGES = {
  'vm-isolation': VMS,
  'vm-disk-write': VMS,
  'vm-network-write': VMS,
  'vm-create': VMS,
  'vm-boot': VMS,
  'image-portability': '/virtualization/images/',
  'container-disk-write': CONTAINERS,
} as const;

export type ExerciseId = keyof typeof EXERCISE_PAGES;

/** Goes to an exercise's page and starts it there. */
export async function openExercise(page: Page, exercise: ExerciseId): Promise<Locator> {
  await page.goto(EXERCISE_PAGES[exercise]);
  return startExercise(page, exercise);
}

/** On the page that has its card. */
export async function startExercise(page: Page, exercise: ExerciseId): Promise<Locator> {
  await page.locator(`exercise-card[data-exercise="${exercise}"] [data-start]`).click();
  const lab = labOf(page);
  await expect(lab).toHaveAttribute('data-state', 'ready', { timeout: SLOW });
  return lab;
}

/** Where the panes do not all fit, one is chosen by its tab. */
export async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = labOf(page).getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Types a line into the terminal, key by key. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** The same by pasting. */
export async function pasteLine(page: Page, line: string): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.insertText(line);
  await page.keyboard.press('Enter');
}

/** Waits for what the terminal shows. */
export async function shows(page: Page, shown: RegExp): Promise<void> {
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: SLOW });
}

/** Types a line and waits for what it shows. */
export async function typeAndSee(page: Page, line: string, shown: RegExp): Promise<void> {
  await typeLine(page, line);
  await shows(page, shown);
}

/** Waits until the cursor stands behind this text. */
export async function prompt(page: Page, text: string): Promise<void> {
  await expect(page.locator('.vb-terminal')).toHaveAttribute('data-last-line', text, { timeout: SLOW });
}

/** Replaces the learner's file as by pasting; the context has to have the clipboard's permissions. */
export async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: SLOW });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

/** Checks until there are full marks, submits, and replays the submission in Node: the same score and the same world. */
export async function passSubmitAndReplay(page: Page, info: TestInfo): Promise<void> {
  const lab = labOf(page);
  await lab.locator('[data-primary="check"], [data-action="check"]').first().click();
  await expect(lab.locator('.vb-score')).toHaveAttribute('data-points', '100', { timeout: SLOW });
  const downloading = page.waitForEvent('download');
  await lab.locator('[data-primary="submit"]').click();
  const file = info.outputPath('submission.virtbook.json');
  await (await downloading).saveAs(file);
  const submitted = JSON.parse(readFileSync(file, 'utf8'));
  expect(submitted.report.score).toEqual({ points: 100, of: 100 });
  const replayed = JSON.parse(
    execFileSync(process.execPath, [`${root}src/cli/virtbook.ts`, 'replay', '--json', file], {
      encoding: 'utf8',
    }),
  );
  expect(replayed.report).toEqual(submitted.report);
  expect(replayed.asSubmitted).toBe(true);
}
