/**
 * What the acts' programs are made of. They are for a shell and for Perl, which every Debian has:
 * Perl makes any system call, in one process without threads, and nothing has to be compiled.
 *
 * @module
 */
import type { Script } from "./act.ts";
import { NUMBERS } from "./numbers.ts";

/** The line that an act prints first: one that never began proves nothing. */
export const BEGUN = /^begun$/m;

/**
 * `done` ends with 0 where the call succeeded, `reached` also where it only failed for want of
 * sense in its arguments. Otherwise the status is the error's number.
 */
const PERL = `
use strict; use Socket qw(:all); use Fcntl;
$| = 1; print "begun\\n";
my %number = (${
  Object.entries(NUMBERS).map(([name, number]) => `${name} => ${number}`)
    .join(", ")
});
my ($out, $pid, $port, $port6, $key, $fd, $address, $runner, $neighbour) =
  @ENV{qw(OUT PID PORT PORT6 KEY FD ADDRESS RUNNER NEIGHBOUR)};
$_ = ($_ // 0) + 0 for $pid, $port, $port6, $key, $fd, $address, $runner, $neighbour;
my $room = "\\0" x 256;
sub call { my $name = shift; syscall($number{$name} // die("no call $name"), @_) }
sub failed { exit(($! + 0) || 1) }
sub done { defined $_[0] && length $_[0] && $_[0] >= 0 ? exit 0 : failed }
sub reached { $_[0] >= 0 || !($!{EPERM} || $!{EACCES} || $!{ENOSYS}) ? exit 0 : failed }
`;

const DENO = `
console.log("begun");
const { OUT, PID, PORT, FD } = Object.fromEntries(
  ["OUT", "PID", "PORT", "FD"].map((name) => [name, Deno.env.get(name)]));
const port = Number(PORT), pid = Number(PID);
`;

/** What the scripts use of Deno that is not stable; it is no permission. */
export const UNSTABLE: readonly string[] = [
  "kv",
  "net",
  "raw-imports",
  "worker-options",
].map((name) => `--unstable-${name}`);

/** What a Deno script is run by when its flags allow everything. */
export const DENO_ALL: readonly string[] = [
  ...[Deno.execPath(), "run", "-A", "-q", "--no-prompt"],
  ...["--no-config", "--no-lock"],
  ...UNSTABLE,
];

/** Where a Deno script lies in its workspace. */
export const DENO_FILE = "act.js";

/** The text of a Deno script. */
export function denoText(text: string): string {
  return `${DENO}\n${text}`;
}

/** The command that a script is. */
export function commandOf(script: Script): string[] {
  if ("deno" in script) return [...DENO_ALL, DENO_FILE];
  return "sh" in script
    ? ["/bin/sh", "-c", `echo begun; ${script.sh}`]
    : ["/usr/bin/perl", "-e", `${PERL}\n${script.perl}`];
}
