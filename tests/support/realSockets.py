"""Runs cases of socketCases.ts with real sockets in a network namespace of their own; started by `unshare -mn`."""
import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

SHUTDOWN = {'rd': socket.SHUT_RD, 'wr': socket.SHUT_WR, 'rdwr': socket.SHUT_RDWR}


class Case:
    def __init__(self):
        self.sockets = {}

    def port(self, word):
        return self.sockets[word[1:]].getsockname()[1] if word.startswith('@') else int(word)

    def end(self, address):
        return '%s:%s' % (address[0], 'any' if address[1] >= 32768 else address[1])

    def run(self, line):
        verb, name, *words = line.split()
        try:
            return getattr(self, 'do_' + verb)(name, *words)
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))

    def do_open(self, name, kind):
        self.sockets[name] = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
        self.sockets[name].setblocking(False)

    def do_reuse(self, name):
        self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def do_broadcast(self, name):
        self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def do_bind(self, name, address, port):
        self.sockets[name].bind((address, self.port(port)))

    def do_listen(self, name, backlog):
        self.sockets[name].listen(int(backlog))

    def do_connect(self, name, address, port):
        self.sockets[name].connect((address, self.port(port)))
        time.sleep(0.02)

    def do_accept(self, name, new):
        sock, address = self.sockets[name].accept()
        sock.setblocking(False)
        self.sockets[new] = sock
        return 'from ' + self.end(address)

    def do_send(self, name, text):
        self.sockets[name].send(text.encode())
        time.sleep(0.02)

    def do_sendto(self, name, text, address, port):
        self.sockets[name].sendto(text.encode(), (address, self.port(port)))
        time.sleep(0.02)

    def do_recv(self, name, count):
        data, address = self.sockets[name].recvfrom(int(count))
        return data.decode() + (' from ' + self.end(address) if address and address[0] else '')

    def do_peek(self, name, count):
        return self.sockets[name].recv(int(count), socket.MSG_PEEK).decode()

    def do_shutdown(self, name, how):
        self.sockets[name].shutdown(SHUTDOWN[how])
        time.sleep(0.02)

    def do_close(self, name):
        self.sockets.pop(name).close()
        time.sleep(0.02)

    def do_abort(self, name):
        self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.do_close(name)

    def do_local(self, name):
        return self.end(self.sockets[name].getsockname())

    def do_peer(self, name):
        return self.end(self.sockets[name].getpeername())

    def do_error(self, name):
        value = self.sockets[name].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return 'none' if value == 0 else errno.errorcode[value]

    def do_poll(self, name):
        poll = select.poll()
        poll.register(self.sockets[name], select.POLLIN | select.POLLOUT)
        events = dict(poll.poll(0)).get(self.sockets[name].fileno(), 0)
        letters = [(select.POLLIN, 'in'), (select.POLLOUT, 'out'), (select.POLLHUP, 'hup'), (select.POLLERR, 'error')]
        return ' '.join(word for bit, word in letters if events & bit)

    def do_wait(self, seconds):
        time.sleep(float(seconds))


def apart(case):
    """Runs a case in a process with a network namespace of its own, so that no port is taken by another's."""
    reader, writer = os.pipe()
    if os.fork() != 0:
        os.close(writer)
        return reader
    if ctypes.CDLL(None).unshare(0x40000000) != 0:  # CLONE_NEWNET
        raise OSError('unshare')
    subprocess.run('ip link set lo up; ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up; '
                   'ip address add 10.0.0.1/24 brd + dev d0', shell=True)
    outcomes = [outcome for outcome in map(Case().run, case['lines']) if outcome is not None]
    os.write(writer, json.dumps(outcomes).encode())
    os._exit(0)


readers = [apart(case) for case in json.load(sys.stdin)]
json.dump([json.loads(os.fdopen(reader).read()) for reader in readers], sys.stdout)
