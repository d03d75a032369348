/**
 * The Python script that starts a command in namespaces of its own. Standard library only.
 *
 * @remarks
 * Three processes: a supervisor outside, which ends with its parent and hands on the exit code; the first process
 * of the new process namespace, whose end ends all others in it; the command. The tree of files is built from nothing in a
 * file system of its own and becomes the root. Before the command starts, every capability is dropped and none can be gained.
 *
 * Arguments: JSON of root, cwd and mounts; then the command.
 */
export const namespacesScript = `
import ctypes, json, os, signal, sys

spec, command = json.loads(sys.argv[1]), sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000

def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, what + ": " + os.strerror(code))

def text(value):
    return None if value is None else os.fsencode(value)

def mount(source, target, kind, flags, data=None):
    check(libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(data)), "mount " + target)

class MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]

def protect(target, read_only):
    wanted = NOSUID | (RDONLY if read_only else 0)
    attributes = MountAttributes(wanted, 0, 0, 0)
    AT_RECURSIVE = 0x8000
    if libc.syscall(ctypes.c_long(442), -100, text(target), AT_RECURSIVE, ctypes.byref(attributes), ctypes.sizeof(attributes)) == 0:
        return
    # Before Linux 5.12: the flags the mount came with are locked and have to be named again.
    kept = os.statvfs(target).f_flag & (RDONLY | NOSUID | NODEV | NOEXEC | 1024 | 2048)
    mount(None, target, None, REMOUNT | BIND | kept | wanted)

def place(path, like):
    target = spec["root"] + path
    if os.path.isdir(like):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            open(target, "w").close()
    return target

def build():
    root = spec["root"]
    mount(None, "/", None, REC | PRIVATE)
    mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "mode=755,size=16m")
    os.makedirs(root + "/proc")
    mount("proc", root + "/proc", "proc", NOSUID | NODEV | NOEXEC)
    os.makedirs(root + "/dev/shm")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        if os.path.exists("/dev/" + name):
            mount("/dev/" + name, place("/dev/" + name, "/dev/" + name), None, BIND)
    for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1"), ("stderr", "self/fd/2")):
        os.symlink("/proc/" + target, root + "/dev/" + name)
    mount("tmpfs", root + "/dev/shm", "tmpfs", NOSUID | NODEV, "mode=1777")
    for step in spec["mounts"]:
        if step["type"] == "link":
            os.symlink(step["target"], root + step["to"])
        elif step["type"] == "empty":
            mount("tmpfs", root + step["to"], "tmpfs", NOSUID | NODEV, "mode=755,size=16m")
        else:
            target = place(step["to"], step["from"])
            mount(step["from"], target, None, BIND | REC)
            protect(target, step["type"] == "read")
    os.chdir(root)
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", 2), "umount")
    os.chdir("/")
    mount(None, "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV)

def drop():
    libc.prctl(38, 1, 0, 0, 0)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")

def run():
    user, group = os.getuid(), os.getgid()
    check(libc.unshare(NEWUSER | NEWNS | NEWIPC | NEWPID), "unshare")
    with open("/proc/self/setgroups", "w") as file:
        file.write("deny")
    with open("/proc/self/uid_map", "w") as file:
        file.write("%d %d 1" % (user or 1000, user))
    with open("/proc/self/gid_map", "w") as file:
        file.write("%d %d 1" % (group or 1000, group))

starter = os.getppid()
ready, go = os.pipe()
try:
    run()
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != starter:
        sys.exit(1)
    first = os.fork()
except OSError as error:
    sys.exit("the kernel allows no user namespaces here (%s)" % error)

def exit_code(status):
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code

if first:
    os.close(ready)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.exit(exit_code(os.waitpid(first, 0)[1]))

# The first process of the namespace. Its parent has no number here; the pipe says whether it still lives.
libc.prctl(1, signal.SIGKILL, 0, 0, 0)
os.close(go)
os.set_blocking(ready, False)
try:
    os.read(ready, 1)
    os._exit(1)
except BlockingIOError:
    os.close(ready)
try:
    build()
    os.chdir(spec["cwd"])
    main = os.fork()
    if not main:
        # No namespace inside the namespace: the kernel's newest code is not the job's to try.
        with open("/proc/sys/user/max_user_namespaces", "w") as file:
            file.write("0")
        drop()
        os.execvp(command[0], command)
    drop()
except BaseException as error:
    sys.stderr.write("[downstage] The isolation could not be made: %s\\n" % error)
    sys.stderr.flush()
    os._exit(126)
while True:
    pid, status = os.wait()
    if pid == main:
        os._exit(exit_code(status))
`;
