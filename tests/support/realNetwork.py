"""Runs cases of networkCases.ts with real network namespaces; started by `unshare -mn`. Cases come as JSON on standard input,
each probe's outcome goes out as JSON."""
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

libc = ctypes.CDLL(None, use_errno=True)
HOSTS = ['a', 'r', 'b']


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


class Inside:
    """Sockets that are made here belong to a host's namespace."""

    def __init__(self, host):
        self.host = host

    def __enter__(self):
        self.old = os.open('/proc/self/ns/net', os.O_RDONLY)
        new = os.open('/run/netns/' + self.host, os.O_RDONLY)
        if libc.setns(new, 0) != 0:
            raise OSError(ctypes.get_errno(), 'setns')
        os.close(new)

    def __exit__(self, *_):
        libc.setns(self.old, 0)
        os.close(self.old)


def topology():
    for host in HOSTS:
        run('ip', 'netns', 'add', host)
        run('ip', '-n', host, 'link', 'set', 'lo', 'up')
        with Inside(host):
            for name in ['net/ipv4/conf/all/rp_filter', 'net/ipv4/conf/default/rp_filter', 'net/ipv6/conf/all/disable_ipv6',
                         'net/ipv6/conf/default/disable_ipv6']:
                value = '1' if 'ipv6' in name else '0'
                with open('/proc/sys/' + name, 'w') as file:
                    file.write(value)
    for left, right, first, second in [('a', 'r', 'eth0', 'eth0'), ('r', 'b', 'eth1', 'eth0')]:
        run('ip', '-n', left, 'link', 'add', first, 'type', 'veth', 'peer', 'name', second, 'netns', right)
        run('ip', '-n', left, 'link', 'set', first, 'up')
        run('ip', '-n', right, 'link', 'set', second, 'up')
    for host, device, address in [('a', 'eth0', '10.0.1.2/24'), ('r', 'eth0', '10.0.1.1/24'), ('r', 'eth1', '10.0.2.1/24'),
                                  ('b', 'eth0', '10.0.2.2/24')]:
        run('ip', '-n', host, 'address', 'add', address, 'brd', '+', 'dev', device)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def name(error):
    return errno.errorcode.get(error, str(error))


def ping(host, to, wait=0.4, ttl=64, size=56, df=0):
    with Inside(host):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
    sock.setsockopt(socket.IPPROTO_IP, 10, 2 if int(df) else 0)
    body = struct.pack('!BBHHH', 8, 0, 0, 7, 1) + bytes(int(size))
    body = body[:2] + struct.pack('!H', checksum(body)) + body[4:]
    try:
        sock.sendto(body, (to, 0))
    except OSError as error:
        return name(error.errno)
    end = time.time() + float(wait)
    while time.time() < end:
        if select.select([sock], [], [], max(0, end - time.time()))[0]:
            packet, source = sock.recvfrom(65536)
            if packet[20] != 8:
                return '%s %d/%d' % (source[0], packet[20], packet[21])
    return 'nothing'


def udp(host, to, port, server, wait=0.4):
    with Inside(server):
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if server != host or to != '0.0.0.0':
        listener.bind(('0.0.0.0', int(port)))
    with Inside(host):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return talk(client, listener, to, port, wait)


def refused(host, to, port, wait=0.4):
    """A datagram to a port that nobody listens to."""
    with Inside(host):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return talk(client, None, to, port, wait)


def talk(client, listener, to, port, wait):
    try:
        client.connect((to, int(port)))
        client.send(b'x')
        end = time.time() + float(wait)
        while time.time() < end:
            ready = select.select([each for each in [client, listener] if each], [], [], max(0, end - time.time()))[0]
            if listener in ready:
                return 'from ' + listener.recvfrom(10)[1][0]
            if client in ready:
                client.recv(10)
    except OSError as error:
        return name(error.errno)
    return 'nothing'


def tcp(host, to, port, server, wait=0.4):
    listener = None
    if server != '-':
        with Inside(server):
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('0.0.0.0', int(port if ':' not in port else port.split(':')[1])))
        listener.listen(5)
    with Inside(host):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(float(wait))
    try:
        client.connect((to, int(port.split(':')[0])))
        listener.settimeout(0.5)
        return 'connected from ' + listener.accept()[1][0]
    except socket.timeout:
        return 'nothing'
    except OSError as error:
        return name(error.errno)


def command(line):
    host, verb, *words = line.split()
    options = dict(word.split('=') for word in words if '=' in word and verb in ('ping', 'udp', 'tcp', 'refused'))
    words = [word for word in words if '=' not in word or verb == 'sysctl']
    if verb == 'ping':
        return ping(host, words[0], **options)
    if verb == 'udp':
        return udp(host, *words, **options)
    if verb == 'refused':
        return refused(host, *words, **options)
    if verb == 'tcp':
        return tcp(host, *words, **options)
    if verb == 'sysctl':
        key, value = words[0].split('=')
        with Inside(host), open('/proc/sys/net/ipv4/' + key, 'w') as file:
            file.write(value)
        return None
    if verb == 'nft':
        return None if nft(host, words) else 'failed'
    if verb == 'get':
        done = run('ip', '-n', host, 'route', 'get', *words)
        if done.returncode != 0:
            return done.stderr.strip().split('answers: ')[-1]
        return ' '.join(done.stdout.split('\n')[0].split(' uid ')[0].split())
    if verb == 'routes':
        return [' '.join(each.split()) for each in run('ip', '-n', host, 'route', 'show', *words).stdout.splitlines()]
    if verb == 'neighbours':
        return sorted(' '.join(each.split()[i] for i in (0, 2, -1)) for each in run('ip', '-n', host, 'neighbour').stdout.splitlines())
    if verb == 'wait':
        time.sleep(float(words[0]))
        return None
    return None if run('ip', '-n', host, verb, *words).returncode == 0 else 'failed'


def nft(host, words):
    """`HOOK MATCH … VERDICT`: a chain for each hook, made at its first use."""
    hook, *rule = words
    nat = any(word in ('masquerade', 'dnat', 'snat', 'redirect') for word in rule)
    chain = ('nat_' if nat else 'filter_') + hook
    priority = {'prerouting': -100, 'output': -100}.get(hook, 100) if nat else 0
    text = 'table ip t { chain %s { type %s hook %s priority %d; }; }\nadd rule ip t %s %s\n' % (
        chain, 'nat' if nat else 'filter', hook, priority, chain, ' '.join(rule).replace('dnat', 'dnat to').replace('snat', 'snat to'))
    return subprocess.run(['ip', 'netns', 'exec', host, 'nft', '-f', '-'], input=text, text=True, capture_output=True).returncode == 0


def apart(case):
    """Runs a case in a process with namespaces of its own; gives where its outcome can be read, since most of it is waiting."""
    reader, writer = os.pipe()
    if os.fork() != 0:
        os.close(writer)
        return reader
    if libc.unshare(0x40020000) != 0:  # CLONE_NEWNET | CLONE_NEWNS
        raise OSError(ctypes.get_errno(), 'unshare')
    run('mount', '-t', 'tmpfs', 'tmpfs', '/run')
    os.makedirs('/run/netns')
    topology()
    outcome = [each for each in map(command, case['lines']) if each is not None]
    os.write(writer, json.dumps(outcome).encode())
    os._exit(0)


readers = [apart(case) for case in json.load(sys.stdin)]
json.dump([json.loads(os.fdopen(reader).read()) for reader in readers], sys.stdout)
