"""Does the operations of fsOperations.ts on the machine's own kernel: cases as JSON on standard input, what came of them on
standard output. Runs in a mount namespace of its own; everything happens on a tmpfs there."""
import errno, json, os, stat, subprocess, sys

NOTE, OPAQUE = 'user.note', 'trusted.overlay.opaque'
HOW = {
    'existing': os.O_WRONLY, 'create': os.O_WRONLY | os.O_CREAT, 'exclusive': os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    'truncate': os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 'append': os.O_WRONLY | os.O_APPEND,
}


def contents(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1000).decode()
    finally:
        os.close(fd)


def summary(st):
    bits = stat.S_IMODE(st.st_mode)
    if stat.S_ISDIR(st.st_mode):
        return ['dir', bits, st.st_uid]
    kind = 'symlink' if stat.S_ISLNK(st.st_mode) else 'char' if stat.S_ISCHR(st.st_mode) else 'file'
    return [kind, bits, st.st_uid, st.st_nlink, st.st_size]


def perform(root, op):
    name, path = op['op'], root + '/' + op['path']
    if name == 'mkdir': return os.mkdir(path, op['mode'])
    if name == 'rmdir': return os.rmdir(path)
    if name == 'unlink': return os.unlink(path)
    if name == 'rename': return os.rename(path, root + '/' + op['to'])
    if name == 'link': return os.link(path, root + '/' + op['to'], follow_symlinks=False)
    if name == 'symlink': return os.symlink(op['target'], path)
    if name == 'chmod': return os.chmod(path, op['mode'])
    if name == 'chown': return os.chown(path, op['uid'], op['uid'])
    if name == 'truncate': return os.truncate(path, op['size'])
    if name == 'setxattr': return os.setxattr(path, NOTE, op['text'].encode())
    if name == 'getxattr': return os.getxattr(path, NOTE).decode()
    if name == 'read': return contents(path)
    if name == 'readlink': return os.readlink(path)
    if name == 'readdir': return sorted(os.listdir(path))
    if name == 'stat': return summary(os.stat(path))
    if name == 'lstat': return summary(os.lstat(path))
    fd = os.open(path, HOW[op['how']], 0o644)
    if op['text']: os.write(fd, op['text'].encode())
    os.close(fd)


def tree(root):
    found = {}

    def walk(path):
        full = root + path
        st = os.lstat(full)
        if stat.S_ISCHR(st.st_mode):
            found[path] = {'type': 'whiteout', 'mode': 0, 'uid': 0, 'links': st.st_nlink}
            return
        seen = {'mode': stat.S_IMODE(st.st_mode), 'uid': st.st_uid}
        if stat.S_ISLNK(st.st_mode):
            found[path] = {'type': 'symlink', **seen, 'links': st.st_nlink, 'target': os.readlink(full)}
            return
        attributes = os.listxattr(full)
        if NOTE in attributes: seen['note'] = os.getxattr(full, NOTE).decode()
        if stat.S_ISREG(st.st_mode):
            found[path] = {'type': 'file', **seen, 'links': st.st_nlink, 'text': contents(full)}
            return
        if OPAQUE in attributes: seen['opaque'] = True
        found[path or '/'] = {'type': 'dir', **seen}
        for name in sorted(os.listdir(full)): walk(path + '/' + name)

    walk('')
    return found


def build(root, files):
    os.makedirs(root, exist_ok=True)
    for path in sorted(files):
        seen, full = files[path], root + path
        if seen['type'] == 'dir':
            os.makedirs(full, exist_ok=True)
            if seen.get('opaque'): os.setxattr(full, OPAQUE, b'y')
        elif seen['type'] == 'file':
            with open(full, 'w') as out: out.write(seen['text'])
        elif seen['type'] == 'symlink': os.symlink(seen['target'], full)
        else: os.mknod(full, stat.S_IFCHR, os.makedev(0, 0))
        if seen['type'] != 'whiteout': os.lchown(full, seen['uid'], seen['uid'])
        if seen['type'] in ('dir', 'file'): os.chmod(full, seen['mode'])


def run(number, case):
    base = '/tmp/case%d' % number
    layers = ['%s/%d' % (base, i) for i in range(len(case['layers']))]
    for where, files in zip(layers, case['layers']): build(where, files)
    root = layers[0]
    if len(layers) > 1:
        root = base + '/merged'
        os.mkdir(root), os.mkdir(base + '/work')
        options = 'lowerdir=%s,upperdir=%s,workdir=%s/work,index=off,redirect_dir=off,metacopy=off,xino=off' % (
            ':'.join(layers[1:]), layers[0], base)
        subprocess.run(['mount', '-t', 'overlay', 'overlay', '-o', options, root], check=True)
    outcomes = []
    for op in case['operations']:
        try:
            outcomes.append({'value': perform(root, op)})
        except OSError as error:
            name = errno.errorcode[error.errno]
            outcomes.append({'error': 'EOPNOTSUPP' if name == 'ENOTSUP' else name})
    return {'outcomes': outcomes, 'seen': tree(root), 'layers': [tree(where) for where in layers]}


os.umask(0)
subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/tmp'], check=True)
json.dump([run(number, case) for number, case in enumerate(json.load(sys.stdin))], sys.stdout)
