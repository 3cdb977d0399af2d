/** How the reader likes the lab: kept for all exercises, checked when read back. */
import type { Appearance } from './terminal/view.ts';

export interface Settings {
  readonly fontSize: number;
  readonly screenReader: boolean;
  readonly plainTerminal: boolean;
  readonly plainEditor: boolean;
  /** Per cent of the dividers, by name. */
  readonly splits: Readonly<Record<string, number>>;
}

const FONT_SIZES = { min: 10, max: 28 };

/** A device that is touched gets the plain forms: neither Monaco nor xterm gets along with touch keyboards. */
export function defaultSettings(touch: boolean): Settings {
  return { fontSize: 13, screenReader: false, plainTerminal: touch, plainEditor: touch, splits: {} };
}

export function clampFontSize(size: number): number {
  return Math.min(FONT_SIZES.max, Math.max(FONT_SIZES.min, Math.round(size)));
}

/** Stored settings over the defaults; a field that is not of its type is left at the default. */
export function readSettings(raw: unknown, defaults: Settings): Settings {
  if (typeof raw !== 'object' || raw === null) return defaults;
  const given = raw as Readonly<Record<string, unknown>>;
  const flag = (name: 'screenReader' | 'plainTerminal' | 'plainEditor') =>
    typeof given[name] === 'boolean' ? given[name] : defaults[name];
  const splits = typeof given.splits === 'object' && given.splits !== null ? given.splits : {};
  return {
    fontSize: Number.isFinite(given.fontSize) ? clampFontSize(given.fontSize as number) : defaults.fontSize,
    screenReader: flag('screenReader'),
    plainTerminal: flag('plainTerminal'),
    plainEditor: flag('plainEditor'),
    splits: Object.fromEntries(
      Object.entries(splits).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    ),
  };
}

/** The page's theme with the reader's settings. */
export function appearanceOf({ fontSize, screenReader }: Settings): Appearance {
  const theme = document.documentElement.dataset.theme;
  const dark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  return { dark, fontSize, screenReader };
}
