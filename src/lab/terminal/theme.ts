/** The terminal's colours on a light and on a dark page. Each ANSI colour stands out from the background by 4.5 to 1 or more. */
import type { ITheme } from '@xterm/xterm';

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1f2430',
  cursor: '#1f2430',
  cursorAccent: '#ffffff',
  selectionBackground: '#b9d4ff',
  black: '#1f2430',
  red: '#b3261e',
  green: '#1a6b2f',
  yellow: '#7a5200',
  blue: '#1d4fc4',
  magenta: '#8a2a8a',
  cyan: '#0b6472',
  white: '#5a6172',
  brightBlack: '#5a6172',
  brightRed: '#c0281f',
  brightGreen: '#1c7434',
  brightYellow: '#855a00',
  brightBlue: '#2a5bd0',
  brightMagenta: '#9a339a',
  brightCyan: '#0c6b7a',
  brightWhite: '#1f2430',
};

const DARK: ITheme = {
  background: '#14161d',
  foreground: '#e4e7ee',
  cursor: '#e4e7ee',
  cursorAccent: '#14161d',
  selectionBackground: '#3b4f78',
  black: '#8b93a5',
  red: '#ff8b82',
  green: '#7fd694',
  yellow: '#e8c268',
  blue: '#8fb4ff',
  magenta: '#e39be3',
  cyan: '#74d0de',
  white: '#c9cfdb',
  brightBlack: '#9aa2b3',
  brightRed: '#ffa7a0',
  brightGreen: '#9be5ac',
  brightYellow: '#f2d489',
  brightBlue: '#adc8ff',
  brightMagenta: '#efb8ef',
  brightCyan: '#94e0ec',
  brightWhite: '#ffffff',
};

export const terminalTheme = (dark: boolean): ITheme => (dark ? DARK : LIGHT);
