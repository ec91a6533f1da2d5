// Counts the calls that change files below a folder, records them, and at one of them dies or
// fails. Loaded before the C library by LD_PRELOAD.
//
// ATTACK_FOLDER   the folder; nothing else is counted
// ATTACK_COUNTER  a file of eight bytes: the number of calls so far, shared by threads and children
// ATTACK_AT       the number of the call at which it happens, from 1; 0 is none
// ATTACK_HOW      kill, torn (half of the bytes, then the end), enospc, eio, short
// ATTACK_RECORD   a file to which each call is appended, with its bytes; empty is none
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, LINK, UNLINK, MKDIR, RMDIR, EMPTY };
enum how { NONE, KILL, TORN, FAIL, SHORT };

static const char *folder;
static size_t folder_bytes;
static uint64_t *counter;
static uint64_t at;
static enum how how;
static int failure;
static int record = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ATTACK_COUNTER"), *kind = getenv("ATTACK_HOW");
    folder = getenv("ATTACK_FOLDER");
    if (!path || !folder || !kind) return;
    folder_bytes = strlen(folder);
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *map = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (map == MAP_FAILED) return;
    const char *text = getenv("ATTACK_AT");
    at = text ? strtoull(text, NULL, 10) : 0;
    failure = strcmp(kind, "eio") ? ENOSPC : EIO;
    how = !strcmp(kind, "kill") ? KILL : !strcmp(kind, "torn") ? TORN : !strcmp(kind, "short") ? SHORT : FAIL;
    text = getenv("ATTACK_RECORD");
    if (text && *text)
        record = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    counter = map;
}

static void end(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

// The path of a descriptor, or of a name in a folder; 0 if it is not below the folder.
static int of_descriptor(int file, char *out) {
    if (!counter) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    if (length < 0) return 0;
    out[length] = 0;
    return !strncmp(out, folder, folder_bytes);
}

static int of_name(int at_folder, const char *name, char *out) {
    if (!counter || !name) return 0;
    if (name[0] == '/') {
        snprintf(out, PATH_MAX, "%s", name);
    } else {
        char base[PATH_MAX];
        if (at_folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            of_descriptor(at_folder, base);
        }
        int length = snprintf(out, PATH_MAX, "%s/%s", base, name);
        if (length < 0 || length >= PATH_MAX) return 0;
    }
    return !strncmp(out, folder, folder_bytes);
}

static void put(char **place, const void *bytes, size_t length) {
    memcpy(*place, bytes, length);
    *place += length;
}

// A recorded call: kind u32, then lengths of two paths and of the bytes u32, offset u64, and those.
static void tell(enum kind kind, const char *path, const char *other, uint64_t offset,
                 const void *bytes, size_t length) {
    if (record < 0) return;
    uint32_t head[4] = {kind, strlen(path), other ? strlen(other) : 0, length};
    char *text = malloc(sizeof head + 8 + head[1] + head[2] + length), *place = text;
    if (!text) return;
    put(&place, head, sizeof head);
    put(&place, &offset, 8);
    put(&place, path, head[1]);
    if (other) put(&place, other, head[2]);
    if (length) put(&place, bytes, length);
    syscall(SYS_write, record, text, place - text);
    free(text);
}

// Counts a call; what is to happen at it.
static enum how step(void) {
    uint64_t number = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    if (number != at) return NONE;
    if (how == KILL) end();
    return how;
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

// A call that is done or not.
#define SIMPLE(is_below, done, kind, path, other, offset)             \
    do {                                                              \
        if (!(is_below)) return done;                                 \
        pthread_mutex_lock(&lock);                                    \
        enum how now = step();                                        \
        if (now == FAIL) {                                            \
            pthread_mutex_unlock(&lock);                              \
            errno = failure;                                          \
            return -1;                                                \
        }                                                             \
        int result = done;                                            \
        if (result >= 0) tell(kind, path, other, offset, NULL, 0);    \
        if (now == TORN) end();                                       \
        pthread_mutex_unlock(&lock);                                  \
        return result;                                                \
    } while (0)

static int opened(int at_folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    int is_changed = (flags & (O_CREAT | O_TRUNC)) && (flags & O_ACCMODE) != O_RDONLY;
    int is_below = is_changed && of_name(at_folder, name, path);
    struct stat found;
    int is_there = is_below && fstatat(at_folder, name, &found, 0) == 0;
    // What is there and stays as it is changes nothing.
    is_below = is_below && (!is_there || (flags & O_TRUNC));
    enum kind kind = is_there ? EMPTY : CREATE;
    SIMPLE(is_below, (int)syscall(SYS_openat, at_folder, name, flags, mode), kind, path, NULL, 0);
}

#define MODE                       \
    mode_t mode = 0;               \
    va_list rest;                  \
    va_start(rest, flags);         \
    if (flags & (O_CREAT | __O_TMPFILE)) mode = va_arg(rest, mode_t); \
    va_end(rest)

int open(const char *name, int flags, ...) { MODE; return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE; return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE; return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE; return opened(folder, name, flags | O_LARGEFILE, mode); }

// A write of all bytes, of half of them, or of none.
static ssize_t written(int file, const void *bytes, size_t length, off64_t offset, int is_placed) {
    char path[PATH_MAX];
    struct stat found;
    int is_below = of_descriptor(file, path) && fstat(file, &found) == 0 && S_ISREG(found.st_mode);
    if (!is_below)
        return is_placed ? syscall(SYS_pwrite64, file, bytes, length, offset)
                         : syscall(SYS_write, file, bytes, length);
    pthread_mutex_lock(&lock);
    enum how now = step();
    ssize_t result = -1;
    if (now == FAIL) {
        errno = failure;
    } else {
        size_t part = now == TORN || now == SHORT ? length - length / 2 : length;
        int flags = syscall(SYS_fcntl, file, F_GETFL);
        off64_t place = is_placed ? offset : flags & O_APPEND ? found.st_size : lseek64(file, 0, SEEK_CUR);
        result = is_placed ? syscall(SYS_pwrite64, file, bytes, part, offset)
                           : syscall(SYS_write, file, bytes, part);
        if (result > 0) tell(WRITE, path, NULL, place, bytes, result);
        if (now == TORN) end();
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

ssize_t write(int file, const void *bytes, size_t length) { return written(file, bytes, length, 0, 0); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return written(file, bytes, length, offset, 1); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) { return written(file, bytes, length, offset, 1); }

// A vector is written part by part: callers take a short count.
ssize_t writev(int file, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!of_descriptor(file, path)) return syscall(SYS_writev, file, parts, count);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len) return written(file, parts[part].iov_base, parts[part].iov_len, 0, 0);
    return 0;
}

// Whoever copies by it goes on by reading and writing.
ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
    char path[PATH_MAX];
    if (!of_descriptor(to, path))
        return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, length, flags);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length) {
    char path[PATH_MAX];
    if (!of_descriptor(to, path)) return syscall(SYS_sendfile, to, from, offset, length);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) { return sendfile(to, from, offset, length); }

int ftruncate(int file, off_t length) {
    char path[PATH_MAX];
    SIMPLE(of_descriptor(file, path), (int)syscall(SYS_ftruncate, file, length), TRUNCATE, path, NULL, length);
}
int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }

int fsync(int file) {
    char path[PATH_MAX];
    SIMPLE(of_descriptor(file, path), (int)syscall(SYS_fsync, file), SYNC, path, NULL, 0);
}
int fdatasync(int file) {
    char path[PATH_MAX];
    SIMPLE(of_descriptor(file, path), (int)syscall(SYS_fdatasync, file), SYNC, path, NULL, 0);
}

int renameat2(int from, const char *name, int to, const char *other, unsigned flags) {
    char path[PATH_MAX], new_path[PATH_MAX];
    int is_below = of_name(from, name, path) & of_name(to, other, new_path);
    SIMPLE(is_below, (int)syscall(SYS_renameat2, from, name, to, other, flags), RENAME, path, new_path, 0);
}
int rename(const char *name, const char *other) { return renameat2(AT_FDCWD, name, AT_FDCWD, other, 0); }
int renameat(int from, const char *name, int to, const char *other) { return renameat2(from, name, to, other, 0); }

int linkat(int from, const char *name, int to, const char *other, int flags) {
    char path[PATH_MAX], new_path[PATH_MAX];
    int is_below = of_name(from, name, path) & of_name(to, other, new_path);
    SIMPLE(is_below, (int)syscall(SYS_linkat, from, name, to, other, flags), LINK, path, new_path, 0);
}
int link(const char *name, const char *other) { return linkat(AT_FDCWD, name, AT_FDCWD, other, 0); }

int unlinkat(int at_folder, const char *name, int flags) {
    char path[PATH_MAX];
    int is_below = of_name(at_folder, name, path);
    enum kind kind = flags & AT_REMOVEDIR ? RMDIR : UNLINK;
    SIMPLE(is_below, (int)syscall(SYS_unlinkat, at_folder, name, flags), kind, path, NULL, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int at_folder, const char *name, mode_t mode) {
    char path[PATH_MAX];
    SIMPLE(of_name(at_folder, name, path), (int)syscall(SYS_mkdirat, at_folder, name, mode), MKDIR, path, NULL, 0);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
