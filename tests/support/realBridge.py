"""Runs cases of bridgeCases.ts with a real bridge, each in a network namespace of its own; started by `unshare -mn`."""
import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
COUNT = 4
SPECIAL = {'all': 'ff:ff:ff:ff:ff:ff', 'group': '01:00:5e:01:02:03', 'reserved': '01:80:c2:00:00:00', 'pause': '01:80:c2:00:00:01', 'lldp': '01:80:c2:00:00:0e', 'nobody': '02:00:00:00:00:77',
           'host': '02:00:00:00:00:20'}


def run(line):
    return subprocess.run(line.split(), capture_output=True, text=True)


def station(index):
    return '02:00:00:00:00:0%d' % index


def address(word):
    return bytes.fromhex((SPECIAL.get(word) or station(int(word))).replace(':', ''))


def listen(device):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((device, 0))
    # PACKET_AUXDATA: the kernel takes the tag out of the frame and tells it beside.
    sock.setsockopt(263, 8, 1)
    return sock


def build():
    for key in ['all', 'default']:
        with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % key, 'w') as file:
            file.write('1')
    run('ip link add br0 address 02:00:00:00:00:20 type bridge')
    for index in range(COUNT):
        run('ip link add p%d address 02:00:00:00:00:1%d type veth peer name e%d address %s' % (index, index, index, station(index)))
        run('ip link set p%d master br0 up' % index)
        run('ip link set e%d up' % index)
    run('ip link set br0 up')
    time.sleep(0.3)
    sockets = {str(index): listen('e%d' % index) for index in range(COUNT)}
    sockets['host'] = listen('br0')
    return sockets


def tag_of(aux):
    for level, kind, data in aux:
        if (level, kind) == (263, 8):
            status, _, _, _, _, tci, _ = struct.unpack('IIIHHHH', data[:20])
            if status & 16:
                return tci & 4095
    return None


def drain(sock):
    """All messages that wait; that a device went down meanwhile is one error to pass over."""
    messages = []
    while select.select([sock], [], [], 0)[0]:
        try:
            messages.append(sock.recvmsg(2000, 100))
        except OSError:
            pass
    return messages


def send(sockets, source, target, vlan=None):
    for sock in sockets.values():
        drain(sock)
    frame = address(target) + address(source)
    if vlan is not None:
        frame += struct.pack('!HH', 0x8100, int(vlan))
    sockets[source].send(frame + struct.pack('!H', 0x88b5) + bytes(46))
    time.sleep(0.05)
    heard = []
    for name, sock in sockets.items():
        for data, aux, _, origin in drain(sock):
            if b'\x88\xb5' not in (data[12:14], data[16:18]) or origin[2] == 4 or data[6:12] != address(source) or (name == 'host' and origin[2] == 3):
                continue
            tag = tag_of(aux)
            if data[12:14] == b'\x81\x00':
                tag = struct.unpack('!H', data[14:16])[0] & 4095
            heard.append(name if tag is None else '%s:%d' % (name, tag))
    return ' '.join(sorted(heard))


def fdb():
    lines = run('bridge fdb show br br0').stdout.splitlines()
    learned = [line.split() for line in lines if 'permanent' not in line and line.startswith('02:')]
    return sorted('%s %s%s%s' % (words[0], words[2], ' ' + words[words.index('vlan') + 1] if 'vlan' in words else '',
                                 ' static' if 'static' in words else '') for words in learned)


def command(sockets, line):
    verb, *words = line.split()
    if verb == 'send':
        options = dict(word.split('=') for word in words if '=' in word)
        return send(sockets, *[word for word in words if '=' not in word], **options)
    if verb == 'fdb':
        return fdb()
    if verb == 'wait':
        time.sleep(float(words[0]))
        return None
    return None if run(line).returncode == 0 else 'failed'


def apart(case):
    reader, writer = os.pipe()
    if os.fork() != 0:
        os.close(writer)
        return reader
    if libc.unshare(0x40020000) != 0:
        raise OSError(ctypes.get_errno(), 'unshare')
    run('mount -t sysfs sysfs /sys')
    sockets = build()
    outcome = [each for each in [command(sockets, line) for line in case['lines']] if each is not None]
    os.write(writer, json.dumps(outcome).encode())
    os._exit(0)


readers = [apart(case) for case in json.load(sys.stdin)]
json.dump([json.loads(os.fdopen(reader).read()) for reader in readers], sys.stdout)
