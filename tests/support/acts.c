/* Acts that a sandbox must stop, one an argument. Exit 0: done. Otherwise the error number. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long value) { return value >= 0 ? 0 : errno; }

static struct sockaddr_in local(const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

static int tcp(const char *port) {
  struct sockaddr_in to = local(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  return result(connect(fd, (struct sockaddr *)&to, sizeof to));
}

static int udp(const char *port) {
  struct sockaddr_in to = local(port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return errno;
  return result(sendto(fd, "out", 3, 0, (struct sockaddr *)&to, sizeof to));
}

static int own_server(void) {
  struct sockaddr_in at = local("0");
  socklen_t size = sizeof at;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (server < 0) return errno;
  if (bind(server, (struct sockaddr *)&at, sizeof at) || listen(server, 1)) return errno;
  getsockname(server, (struct sockaddr *)&at, &size);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  return result(connect(client, (struct sockaddr *)&at, sizeof at));
}

static int unix_socket(void) { return result(socket(AF_UNIX, SOCK_STREAM, 0)); }

static int unix_pair(void) {
  int pair[2];
  return result(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static int trace(void) {
  pid_t child = fork();
  if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : errno);
  int status;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

static int in_child(int flags) {
  static char stack[65536];
  int pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  (void)stack;
  if (pid == 0) _exit(0);
  if (pid < 0) return errno;
  waitpid(pid, 0, 0);
  return 0;
}

static int clone_three(void) {
  struct { unsigned long long words[11]; } arguments = {{0}};
  arguments.words[4] = SIGCHLD;
  int pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) _exit(0);
  return result(pid);
}

int main(int count, char **word) {
  const char *act = count > 1 ? word[1] : "";
  const char *what = count > 2 ? word[2] : "";
  char buffer[256] = {0};
#define ACT(name) if (!strcmp(act, name))
  ACT("nothing") return 0;
  ACT("ptrace") return trace();
  ACT("read-memory") {
    long there = 0;
    struct { void *base; size_t length; } own = {buffer, 8}, other = {&there, 8};
    return result(syscall(SYS_process_vm_readv, getpid(), &own, 1, &other, 1, 0));
  }
  ACT("io_uring") return result(syscall(SYS_io_uring_setup, 1, buffer));
  ACT("keyctl") return result(syscall(SYS_keyctl, 0, -3, 1));
  ACT("bpf") return result(syscall(SYS_bpf, 0, buffer, 0)) == EPERM ? EPERM : 0;
  ACT("userfaultfd") return result(syscall(SYS_userfaultfd, 1));
  ACT("perf") return result(syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0)) == EPERM ? EPERM : 0;
  ACT("unshare-user") return result(unshare(CLONE_NEWUSER));
  ACT("clone-user") return in_child(CLONE_NEWUSER);
  ACT("clone-plain") return in_child(0);
  ACT("clone3") return clone_three();
  ACT("mount") return result(mount("none", what, "tmpfs", 0, 0));
  ACT("fsopen") return result(syscall(SYS_fsopen, "tmpfs", 0));
  ACT("chroot") return result(chroot(what));
  ACT("setns") return result(setns(open("/proc/self/ns/uts", O_RDONLY), 0));
  ACT("tiocsti") {
    int done = ioctl(0, TIOCSTI, "x");
    return done < 0 && errno == EPERM ? EPERM : 0;
  }
  ACT("tiocsti-high") {
    long done = syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x");
    return done < 0 && errno == EPERM ? EPERM : 0;
  }
  ACT("shared-memory") return result(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
  ACT("others-limits") {
    struct rlimit limit;
    return result(prlimit(atoi(what), RLIMIT_NOFILE, 0, &limit));
  }
  ACT("own-limits") {
    struct rlimit limit;
    return result(prlimit(0, RLIMIT_NOFILE, 0, &limit));
  }
  ACT("signal") return result(kill(atoi(what), 0));
  ACT("read-only-file") return result(open(what, O_RDONLY));
  ACT("unix-socket") return unix_socket();
  ACT("unix-pair") return unix_pair();
  ACT("packet-socket") return result(socket(AF_PACKET, SOCK_RAW, 0));
  ACT("vsock") return result(socket(40, SOCK_STREAM, 0));
  ACT("netfilter") return result(socket(AF_NETLINK, SOCK_RAW, 12));
  ACT("interfaces") return result(socket(AF_NETLINK, SOCK_RAW, 0));
  ACT("tcp") return tcp(what);
  ACT("udp") return udp(what);
  ACT("own-server") return own_server();
  ACT("x32") return syscall(0x40000000 | SYS_getpid) > 0 ? 0 : errno;
  return 255;
}
