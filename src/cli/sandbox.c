/*
 * sandbox.c - rules by path for Landlock, and a filter of system calls.
 *
 * The filter is written out: the library for it would take longer to load than
 * a small report takes.
 */
#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#define HAS_LANDLOCK 1
#else
#define HAS_LANDLOCK 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_CHECKED true /* a sanitizer looks at itself, and starts programs */
#else
#define IS_CHECKED false
#endif

/* ---- Landlock ----------------------------------------------------------- */

#if HAS_LANDLOCK

#define TRUNCATE (UINT64_C(1) << 14) /* from the third version on */

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)
#define MAKE  (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* What means something for a file; the rest is for folders. */
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | WRITE)

struct rules {
    int fd;
    uint64_t known; /* rights that this kernel knows */
    bool failed;    /* something that is needed could not be named */
};

static void
allow(struct rules *rules, const char *path, uint64_t rights)
{
    struct stat info;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        rules->failed = rules->failed || errno == EMFILE || errno == ENFILE ||
                        errno == ENOMEM;
        return;
    }
    if (fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode))
        rights &= OF_FILES;
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = rights & rules->known, .parent_fd = fd};
    syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule,
            0);
    close(fd);
}

static void
allow_folder_of(struct rules *rules, const char *path, uint64_t rights)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    if (len >= sizeof(folder))
        return;
    memcpy(folder, path, len);
    folder[len] = '\0';
    allow(rules, slash == NULL ? "." : len == 0 ? "/" : folder, rights);
}

/* The database and its log; where that is not there, its folder. */
static void
allow_database(struct rules *rules, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[4096];
    bool has_all = true;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        int len = snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        if (len < 0 || (size_t)len >= sizeof(name))
            return;
        if (access(name, F_OK) == 0)
            allow(rules, name, READ | WRITE);
        else
            has_all = has_all && i == 3;
    }
    allow_folder_of(rules, path,
                    has_all ? LANDLOCK_ACCESS_FS_READ_DIR
                            : READ | WRITE | MAKE);
}

static void
allow_temporary_files(struct rules *rules)
{
    static const char *const names[] = {"TMPDIR", "SQLITE_TMPDIR"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *folder = getenv(names[i]);
        if (folder != NULL && folder[0] != '\0')
            allow(rules, folder, READ | WRITE | MAKE);
    }
    allow(rules, "/tmp", READ | WRITE | MAKE);
    allow(rules, "/var/tmp", READ | WRITE | MAKE);
    allow(rules, "/dev/null", READ | WRITE);
    allow(rules, "/dev/urandom", READ);
}

/* The zone of a database is known when it is open. */
static void
allow_zones(struct rules *rules)
{
    const char *folder = getenv("TZDIR");
    allow(rules, "/usr/share/zoneinfo", READ);
    allow(rules, "/etc/localtime", READ);
    if (folder != NULL && folder[0] != '\0')
        allow(rules, folder, READ);
}

static void
allow_all(struct rules *rules, const struct sandbox *what)
{
    allow_temporary_files(rules);
    for (size_t i = 0; i < what->n_inputs; i++)
        allow(rules, what->inputs[i], READ);
    allow_zones(rules);
    if (what->database != NULL)
        allow_database(rules, what->database);
    for (size_t i = 0; i < 2; i++) {
        if (what->outputs[i] != NULL)
            allow_folder_of(rules, what->outputs[i], READ | WRITE | MAKE);
    }
    if (what->reads_anything)
        allow(rules, "/", READ);
}

static bool
limit_files(const struct sandbox *what)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    struct rules rules = {.known = (UINT64_C(1) << 13) - 1};
    rules.known |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
    rules.known |= version >= 3 ? TRUNCATE : 0;
    const struct landlock_ruleset_attr attributes = {.handled_access_fs =
                                                         rules.known};
    rules.fd = (int)syscall(SYS_landlock_create_ruleset, &attributes,
                            sizeof(attributes), 0);
    if (rules.fd < 0)
        return false;
    allow_all(&rules, what);
    bool is_done =
        !rules.failed && syscall(SYS_landlock_restrict_self, rules.fd, 0) == 0;
    close(rules.fd);
    return is_done;
}

#else

static bool
limit_files(const struct sandbox *what)
{
    (void)what;
    return false;
}

#endif

/* ---- seccomp ------------------------------------------------------------ */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

/* Programs, connections, other processes, the system. */
static const int refused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_mount,
    SYS_umount2,
    SYS_chroot,
    SYS_pivot_root,
    SYS_setns,
    SYS_unshare,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_personality,
    SYS_reboot,
    SYS_swapon,
    SYS_setuid,
    SYS_setgid,
    SYS_fchmodat,
    SYS_fchownat,
    SYS_mknodat,
    SYS_symlinkat,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
    SYS_chmod,
    SYS_chown,
    SYS_mknod,
    SYS_symlink,
#endif
};

#define N_REFUSED (sizeof(refused) / sizeof(refused[0]))

static bool
limit_calls(void)
{
    enum { HEAD = 6, TAIL = 7 };
    const uint32_t x32 = UINT32_C(0x40000000); /* other numbers, same calls */
    struct sock_filter code[HEAD + N_REFUSED + TAIL];
    size_t n = 0;
    if (ARCHITECTURE == 0)
        return false;
    const struct sock_filter load_arch =
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    const struct sock_filter load_call =
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    const struct sock_filter load_flags = BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    const struct sock_filter refuse =
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    const struct sock_filter lack =
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    const struct sock_filter accept =
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = load_arch;
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             ARCHITECTURE, 1, 0);
    code[n++] = refuse;
    code[n++] = load_call;
    code[n++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32, 0, 1);
    code[n++] = refuse;
    for (size_t i = 0; i < N_REFUSED; i++) {
        /* to the refusal: over the rest of the list and what follows it */
        const uint8_t far = (uint8_t)(N_REFUSED - 1 - i + 6);
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                 (uint32_t)refused[i], far, 0);
    }
    /* threads go on; glibc asks again by clone when there is no clone3 */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             SYS_clone3, 0, 1);
    code[n++] = lack;
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             SYS_clone, 0, 2);
    code[n++] = load_flags;
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
                                             CLONE_THREAD, 0, 1);
    code[n++] = accept;
    code[n++] = refuse;
    const struct sock_fprog program = {(unsigned short)n, code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* ---- both --------------------------------------------------------------- */

bool
sandbox_enter(const struct command *command, const struct sandbox *what)
{
    const char *wish = getenv("WATTLE_SANDBOX");
    bool is_required = wish != NULL && strcmp(wish, "require") == 0;
    bool is_off = wish != NULL && strcmp(wish, "off") == 0;
    if (is_off || (IS_CHECKED && !is_required))
        return true;
    bool is_whole = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    is_whole = limit_files(what) && is_whole;
    is_whole = limit_calls() && is_whole;
    if (is_whole || !is_required)
        return true;
    cli_complain(command, "WATTLE_SANDBOX=require, but this kernel has not "
                          "both Landlock and seccomp");
    return false;
}
