/** The lab's messages about itself. Each says what happened, what is safe, and what to press. */
import type { Notice, NoticeAction } from './layout/notices.ts';

/** What the worker was doing, as the end of a sentence. */
function doingText(doing: string): string {
  const texts: Readonly<Record<string, string>> = {
    check: 'checking your code',
    saveFile: 'taking over your code',
    reset: 'resetting',
    submission: 'preparing the submission',
    open: 'opening',
  };
  return texts[doing] ?? 'running';
}

/** Told once for each delay: a text that changes every second would be read aloud every second. */
export const slow = (doing: string, stop: () => void): Notice => ({
  kind: 'slow',
  tone: 'info',
  text: `The world has not answered for a while: it is ${doingText(doing)}. It may come back by itself; your code is safe either way.`,
  actions: [{ label: 'Stop it and rebuild the world', run: stop }],
  lasting: true,
});

export const restarting = (doing: string): string =>
  `The world did not come back while ${doingText(doing)}; starting it again …`;

export const rebuilt = (doing: string): Notice => ({
  kind: 'replaced',
  tone: 'problem',
  text: `The world did not come back while ${doingText(doing)}, so it was stopped from outside and rebuilt. Your code is untouched; it is not live until you press Check or leave the editor. Look for a loop or an allocation that never ends.`,
});

export const stoppedByItself = (doing: string): string =>
  `The world stopped while ${doingText(doing)}, without anything new being asked of it.`;

/** An error's message as a sentence. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

export const setAside = (what: string, download: () => void): Notice => ({
  kind: 'aside',
  tone: 'problem',
  text: `${sentence(what)} Your code is in the editor, and the world starts anew. The old record is kept as it is.`,
  actions: [{ label: 'Download the old record', run: download }],
});

export const failed = (message: string, again: () => void, anew: () => void): Notice => ({
  kind: 'failed',
  tone: 'problem',
  text: `The world of this exercise stopped: ${sentence(message)} Your code is safe, here and in storage.`,
  actions: [
    { label: 'Start the world again', run: again },
    { label: 'Start it anew, keep my code', run: anew },
  ],
});

export const openElsewhere = (text: string, take: () => void): Notice => ({
  kind: 'tab',
  tone: 'info',
  text,
  actions: [{ label: 'Use it here', run: take }],
  lasting: true,
});

export const storage = (text: string, exportWork: NoticeAction['run']): Notice => ({
  kind: 'storage',
  tone: 'problem',
  text,
  actions: [{ label: 'Export all my work', run: exportWork }],
});

export const editorFallback = (reason: string): Notice => ({
  kind: 'editor',
  tone: 'problem',
  text: `The editor could not be loaded: ${reason}. A plain text box stands in for it, with your code; press “Plain text” twice to try the editor again.`,
});
