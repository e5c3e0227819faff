/* SPDX-License-Identifier: Apache-2.0
 * Makes the Nth call that touches the database fail: preloaded into the real daemon (LD_PRELOAD).
 *
 * FAILING_IO names a file of int32 that the test maps and writes, see failing_io.py: whether to
 * fail, after how many more calls, once or from then on, with which errno, which kinds of calls
 * count; and back: how many counted, how many failed. Only files whose path holds ".db" count, with
 * OWN_FILE only the one that ends so.
 * With the errno 0 a call does not fail: it hangs until the test takes the fault away. With one
 * below 0 it takes so many milliseconds more.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { OPEN = 1, READ = 2, WRITE = 4, SYNC = 8, TRUNCATE = 16, OWN_FILE = 32 };

struct control {
  _Atomic int32_t armed, left, persistent, error, kinds, counted, failed;
};

static struct control *control;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void find_control(void) {
  const char *path = getenv("FAILING_IO");
  if (path == NULL) return;
  int (*open_file)(const char *, int, ...) = (int (*)(const char *, int, ...))next("open");
  int file = open_file(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *map = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map != MAP_FAILED) control = map;
}

static int fails(int kind) {
  if (control == NULL || !control->armed || (control->kinds & kind) == 0) return 0;
  control->counted++;
  int32_t before = atomic_fetch_sub(&control->left, 1);
  if (before > 1 || (before < 1 && !control->persistent)) return 0;
  control->failed++;
  int32_t error = control->error;
  if (error < 0) usleep((useconds_t)-error * 1000);
  while (error == 0 && control->armed) usleep(1000);
  errno = error;
  return error > 0;
}

static int is_database_path(const char *path) {
  if (path == NULL || strstr(path, ".db") == NULL) return 0;
  return (control->kinds & OWN_FILE) == 0 || strstr(path, ".db-") == NULL;
}

static int is_database(int file) {
  if (control == NULL || !control->armed) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return is_database_path(path);
}

#define OPEN_LIKE(name)                                              \
  int name(const char *path, int flags, ...) {                       \
    va_list list;                                                    \
    va_start(list, flags);                                           \
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;        \
    va_end(list);                                                    \
    if (control != NULL && is_database_path(path) && fails(OPEN)) return -1;            \
    int (*real)(const char *, int, ...) =                            \
        (int (*)(const char *, int, ...))next(#name);                \
    return real(path, flags, mode);                                  \
  }
OPEN_LIKE(open)
OPEN_LIKE(open64)

#define CALL(type, name, kind, parameters, arguments)                \
  type name parameters {                                             \
    if (is_database(file) && fails(kind)) return -1;                 \
    type(*real) parameters = (type(*) parameters)next(#name);        \
    return real arguments;                                           \
  }
CALL(ssize_t, read, READ, (int file, void *data, size_t size), (file, data, size))
CALL(ssize_t, pread, READ, (int file, void *data, size_t size, off_t at), (file, data, size, at))
CALL(ssize_t, pread64, READ, (int file, void *data, size_t size, off64_t at), (file, data, size, at))
CALL(ssize_t, write, WRITE, (int file, const void *data, size_t size), (file, data, size))
CALL(ssize_t, pwrite, WRITE, (int file, const void *data, size_t size, off_t at), (file, data, size, at))
CALL(ssize_t, pwrite64, WRITE, (int file, const void *data, size_t size, off64_t at), (file, data, size, at))
CALL(int, fsync, SYNC, (int file), (file))
CALL(int, fdatasync, SYNC, (int file), (file))
CALL(int, ftruncate, TRUNCATE, (int file, off_t size), (file, size))
CALL(int, ftruncate64, TRUNCATE, (int file, off64_t size), (file, size))
