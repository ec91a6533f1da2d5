# Forks for every job: see warm.rs, which says what is read and written.
import os, select, shutil, signal, sys, time

shared = {"__name__": "__main__"}
exec(compile(sys.argv[1], "<begun>", "exec"), shared)
jobs, ends = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
null = os.open(os.devnull, os.O_RDWR)
for stream in (0, 1, 2):
    os.dup2(null, stream)
home, is_first = os.environ["HOME"], os.getpid() == 1


def job(code, write):
    os.dup2(write, 1)
    os.dup2(write, 2)
    # What the worker speaks through is not the job's.
    os.closerange(3, 4096)
    os.setsid()
    os.chdir(home)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    code_of = 0
    try:
        exec(compile(code, "<job>", "exec"), shared)
    except SystemExit as end:
        code_of = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        code_of = 1
    sys.stdout.flush()
    os._exit(code_of & 255)


def watched(child, read, seconds, most):
    said, end, status, is_open = bytearray(), time.monotonic() + seconds, None, True
    os.set_blocking(read, False)
    while True:
        # What it started may hold its output open when it has ended.
        if status is None:
            found, status = os.waitpid(child, os.WNOHANG)
            status = status if found else None
        has_ended, left = status is not None, end - time.monotonic()
        if left <= 0 and not has_ended:
            return "time", None, said
        wait = 0 if has_ended else min(left, 0.005 if is_open else 0.0002)
        if not select.select([read] if is_open else [], [], [], wait)[0]:
            if has_ended:
                return "end", status, said
            continue
        chunk = os.read(read, 65536)
        is_open = bool(chunk)
        said += chunk[: most + 1 - len(said)]
        if len(said) > most:
            del said[most:]
            return "output", None, said


def tidied(child):
    # As process 1 it reaches all that the job left, and nothing else.
    try:
        os.kill(-1, signal.SIGKILL) if is_first else os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
    for entry in os.scandir(home):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


while header := jobs.readline():
    size, milliseconds, most = map(int, header.split())
    code = jobs.read(size)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        job(code, write)
    os.close(write)
    why, status, said = watched(child, read, milliseconds / 1000, most)
    os.close(read)
    tidied(child)
    ending = os.waitstatus_to_exitcode(status) if why == "end" else 0
    ends.write(f"{why} {ending} {len(said)}\n".encode() + said)
    ends.flush()
