/** What `h` shows. */
export const LESS_HELP = `                   SUMMARY OF LESS COMMANDS

      N stands for a number typed before the command.

  h  H                 Show this help.
  q  :q  Q  :Q  ZZ     Leave.

                           MOVING

  e  j  Enter  Down    Forward  one line (or N lines).
  y  k  Up             Backward one line (or N lines).
  f  Space  PageDown   Forward  one window (or N lines).
  b  PageUp            Backward one window (or N lines).
  z  w                 Likewise; N becomes the size of the window.
  d  u                 Forward, backward half a window (N becomes the half).
  J  K                 One line, even past the end of the file.
  Left  Right          Sideways by half a screen.
  g  <  Home           To the first line (or line N).
  G  >  End            To the last line (or line N).
  p  %                 To N per cent of the file.
  F                    Wait for more at the end, as tail -f; Ctrl-C stops it.
  r  ^L                Draw the screen again.
  R                    Read the file again.

                          SEARCHING

  /pattern             Search forward for the (N-th) line that matches.
  ?pattern             Search backward.
                       A first ! means: lines that do not match.
  n  N                 Search again, in the same or in the other direction.
  ESC-u                Mark matches, or mark them no longer.

                            FILES

  :n  :p               The next, the previous file (the N-th).
  :x                   The first file (or the N-th).
  :d                   Take this file off the list.
  =  ^G  :f            Where one is.
  mLETTER              Remember the place at the top as LETTER.
  'LETTER              Go there; '' is the place before the last long way.
  v                    Edit the file with $VISUAL, $EDITOR, or nano.

                           OPTIONS

  -N                   Show line numbers.
  -S                   Cut long lines instead of wrapping them.
  -R                   Let colour sequences colour.
  -i  -I               Ignore case in searches (-i: unless capitals are given).
  -m  -M               Longer prompts.
`;
