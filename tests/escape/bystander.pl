# A process that acts try to reach. It prints where it can be reached, and at its end what came.
use strict;
use Socket qw(:all);
use IO::Handle;

my ($folder, $mq_open, $mq_unlink, $prctl) = @ARGV;
our $secret = $ENV{WRIT_SECRET};
our $before = join "", split //, $secret;
STDOUT->autoflush(1);

sub listening {
  my ($family, $type, $address) = @_;
  socket(my $fd, $family, $type, 0) or return undef;
  bind($fd, $address) or return undef;
  listen($fd, 64) if $type == SOCK_STREAM;
  $fd->blocking(0);
  return $fd;
}
my $name = "writ-escape-$$";
my $tcp = listening(AF_INET, SOCK_STREAM, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die "no tcp: $!";
my ($port) = unpack_sockaddr_in(getsockname($tcp));
my $udp = listening(AF_INET, SOCK_DGRAM, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "no udp: $!";
my $tcp6 = listening(AF_INET6, SOCK_STREAM, pack_sockaddr_in6(0, IN6ADDR_LOOPBACK));
my $port6 = $tcp6 ? (unpack_sockaddr_in6(getsockname($tcp6)))[0] : 0;
my @ways = (
  [tcp => $tcp], [tcp6 => $tcp6], [udp => $udp],
  [unix => listening(AF_UNIX, SOCK_STREAM, pack_sockaddr_un("$folder/socket"))],
  [datagram => listening(AF_UNIX, SOCK_DGRAM, pack_sockaddr_un("$folder/datagrams"))],
  [abstract => listening(AF_UNIX, SOCK_STREAM, pack_sockaddr_un("\0$name"))],
);

my $key = 0x77000000 | ($$ & 0xffffff);
my $memory = shmget($key, 4096, 01600);
shmwrite($memory, $secret, 0, length $secret) if defined $memory;
my $queue = $name;
# Small: the system bounds what all queues of a user hold together.
my $size = pack("q8", 0, 1, 8, 0, 0, 0, 0, 0);
my $queues = syscall($mq_open, $queue, 0102, 0600, $size) >= 0;
# Where Yama lets only parents trace, a bystander that may be traced is the better control.
syscall($prctl, 0x59616d61, -1, 0, 0, 0);
open(my $held, "<", "$folder/secret") or die "no secret: $!";

my $over = 0;
my $signalled = 0;
$SIG{TERM} = sub { $over = 1 };
$SIG{IO} = sub { $signalled = 1 };
printf qq({"pid":%d,"port":%d,"port6":%d,"abstract":"%s","address":%d,"key":%d,"fd":%d}\n),
  $$, $port, $port6, $name, unpack("J", pack("p", $secret)), $key, fileno($held);
select(undef, undef, undef, 0.2) until $over;

for (@ways) {
  my ($way, $fd) = @$_;
  next unless $fd;
  if ($way eq "udp" || $way eq "datagram") {
    print "$way\n" if defined recv($fd, my $text, 64, 0);
  } else {
    print "$way\n" if accept(my $from, $fd);
  }
}
print "signalled\n" if $signalled;
print $secret eq $before ? "whole\n" : "changed\n";
shmctl($memory, 0, 0) if defined $memory;
syscall($mq_unlink, $queue) if $queues;
