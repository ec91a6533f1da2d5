# Forks for every talk: see talk.rs, which says what is read and written.
import gc, os, resource, select, shutil, signal, sys, time

shared = {"__name__": "begun"}
exec(compile(sys.argv[1], "<begun>", "exec"), shared)
requests, answers = os.dup(0), os.dup(1)
null = os.open(os.devnull, os.O_RDWR)
for stream in (0, 1, 2):
    os.dup2(null, stream)
home, is_first = os.environ["HOME"], os.getpid() == 1
gc.collect()
gc.freeze()


def answer(head, rest=b""):
    told = memoryview(head.encode() + b"\n" + bytes(rest))
    while told:
        told = told[os.write(answers, told) :]


def program(text, limits, ends):
    for place, end in enumerate(ends):
        os.dup2(end, place)
    # What the server speaks through is not the program's.
    os.closerange(4, 4096)
    os.setsid()
    os.chdir(home)
    for limit, most in zip((resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC), limits):
        resource.setrlimit(limit, (most, most))
    sys.stdin = open(os.devnull)
    sys.stdout = os.fdopen(1, "w", closefd=False, errors="replace")
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="replace")
    code = 0
    try:
        shared["main"](text)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        code = 1
    sys.stdout.flush()
    os._exit(code & 255)


class Talk:
    """A program that runs: what it was told, what it says, and what it has used up."""

    def __init__(self, text, limits):
        self.processor, self.wall, self.output_max, self.message_max, memory = limits
        mine, its = [], []
        for is_read_by_it in (True, False, False):
            read, write = os.pipe()
            mine.append(write if is_read_by_it else read)
            its.append(read if is_read_by_it else write)
        inward, outward, said = its
        self.child = os.fork()
        if self.child == 0:
            # Limits of the kernel's are for what it starts; its own clock is finer.
            program(text, (self.processor // 1000 + 2, memory, 0), (inward, outward, outward, said))
        for end in its:
            os.close(end)
        for end in mine:
            os.set_blocking(end, False)
        self.to, self.output_of, self.said_of = mine
        self.ended, self.open = os.pidfd_open(self.child), {self.output_of, self.said_of}
        self.begun = time.monotonic()
        self.waiting, self.said, self.output = bytearray(), bytearray(), bytearray()

    def left(self):
        # Clocks of other processes are numbered so: see clock_getcpuclockid(3).
        processor = self.processor / 1000 - time.clock_gettime(~self.child << 3 | 2)
        return processor, self.wall / 1000 - (time.monotonic() - self.begun)

    def tell(self, message):
        self.waiting += len(message).to_bytes(4, "big") + message
        self.push()

    def push(self):
        try:
            del self.waiting[: os.write(self.to, self.waiting)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.waiting.clear()

    def pull(self, end, into, most):
        """Reads what is there; whether there may be more."""
        try:
            chunk = os.read(end, 1 << 16)
        except BlockingIOError:
            return False
        into += chunk[: max(0, most - len(into))]
        if not chunk:
            self.open.discard(end)
        return bool(chunk)

    def hear(self):
        """Passes on what it says; whether it still is something that can be passed on."""
        while len(self.said) >= 4:
            size = int.from_bytes(self.said[:4], "big")
            if size > self.message_max:
                return False
            if len(self.said) < 4 + size:
                break
            answer(f"said {size}", self.said[4 : 4 + size])
            del self.said[: 4 + size]
        return True

    def turn(self, ready):
        """Does what can be done; why it is over, if it is."""
        has_ended = self.ended in ready
        if self.to in ready:
            self.push()
        more = self.said_of in ready or has_ended
        while more:
            more = self.pull(self.said_of, self.said, self.message_max + 8)
            if not self.hear():
                return "message"
            more = more and has_ended
        while self.output_of in ready or has_ended:
            more = self.pull(self.output_of, self.output, self.output_max + 1)
            if len(self.output) > self.output_max:
                return "output"
            if not more or not has_ended:
                break
        if has_ended:
            return "end"
        processor, wall = self.left()
        return "processor" if processor <= 0 else "time" if wall <= 0 else None

    def close(self, why):
        """Ends it with all that it left, and says how it ended."""
        try:
            # As process 1 this reaches all that was left, and nothing else.
            os.kill(-1, signal.SIGKILL) if is_first else os.killpg(self.child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        status = 0
        try:
            while True:
                found, of = os.waitpid(-1, 0)
                status = of if found == self.child else status
        except ChildProcessError:
            pass
        for end in (self.to, self.output_of, self.said_of, self.ended):
            os.close(end)
        for entry in os.scandir(home):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
        code = os.waitstatus_to_exitcode(status) if why == "end" else 0
        del self.output[self.output_max :]
        answer(f"over {why} {code} {len(self.output)}", self.output)


def asked(unread):
    """The next request with its text, taken from what was read; `None` if it is not whole."""
    end = unread.find(b"\n")
    if end < 0:
        return None
    word, size, *limits = unread[:end].split()
    if len(unread) < end + 1 + int(size):
        return None
    text = bytes(unread[end + 1 : end + 1 + int(size)])
    del unread[: end + 1 + int(size)]
    return word, text, [int(limit) for limit in limits]


def main():
    talk, unread = None, bytearray()
    while True:
        poll, wait = select.poll(), None
        poll.register(requests, select.POLLIN)
        if talk:
            for end in (*talk.open, talk.ended):
                poll.register(end, select.POLLIN)
            if talk.waiting:
                poll.register(talk.to, select.POLLOUT)
            wait = max(0.0, min(talk.left())) * 1000 + 1
        ready = {end for end, _ in poll.poll(wait)}
        if requests in ready:
            chunk = os.read(requests, 1 << 16)
            if not chunk:
                return
            unread += chunk
        before = talk
        while request := asked(unread):
            word, text, limits = request
            if word == b"begin":
                talk = Talk(text, limits)
            elif talk and word == b"say":
                talk.tell(text)
            elif talk and word == b"end":
                talk.close("told")
                talk = None
        if talk is not before:
            # What was ready was another's.
            ready = set()
        why = talk and talk.turn(ready)
        if why:
            talk.close(why)
            talk = None


main()
