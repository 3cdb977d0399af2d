"""Runs a program of the machine on a terminal of its own: a case as JSON on standard input, what was shown after each step as
JSON on standard output. A step is text to type, or {"rows": R, "cols": C} for a change of the window."""
import base64, fcntl, json, os, pty, select, signal, struct, sys, termios, time

QUIET, LONGEST = 0.35, 5.0


def resize(fd, rows, cols):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))


def shown(fd):
    """All output until it has been quiet for a while."""
    out, start = b'', time.monotonic()
    while time.monotonic() - start < LONGEST:
        if not select.select([fd], [], [], QUIET)[0]:
            break
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    return out


case = json.load(sys.stdin)
pid, fd = pty.fork()
if pid == 0:
    # The size has to be there before the program asks for it.
    resize(0, case['rows'], case['cols'])
    os.chdir(case['cwd'])
    os.execve('/bin/bash', ['bash', '-c', case['command']], case['env'])
outputs = [shown(fd)]
for step in case['steps']:
    if isinstance(step, dict):
        resize(fd, step['rows'], step['cols'])
    else:
        try:
            os.write(fd, step.encode())
        except OSError:
            pass
    outputs.append(shown(fd))
os.kill(pid, signal.SIGKILL)
os.close(fd)
json.dump([base64.b64encode(out).decode() for out in outputs], sys.stdout)
