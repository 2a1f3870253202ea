/**
 * Acts on the daemons of a machine, which do what they are asked with rights of their own. The
 * bystander's socket stands in for each, at the daemon's place; `/run` then is a folder in memory
 * that only the tests of this family see.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import { type Act, type Channel, type Family, STOPPED } from "./act.ts";
import { program } from "./needs.ts";
import { says } from "./network.ts";

/** Where the daemons' sockets lie. */
const RUN = "/run";

/** Only a `/run` with this in it may be changed. */
export const OWN_RUN = `${RUN}/writ-escape-own`;

/** Puts the bystander there, where it is nobody else's place. */
function standIn(
  at: string,
  socket: "socket" | "datagrams",
): Pick<Act, "prepare" | "clean"> {
  return {
    prepare: async ({ outside }) => {
      await Deno.stat(OWN_RUN);
      await Deno.mkdir(dirname(at), { recursive: true });
      await Deno.symlink(`${outside}/${socket}`, at);
    },
    clean: async () => {
      await Deno.stat(OWN_RUN);
      await Deno.remove(at);
    },
  };
}

/** Connects to a daemon's socket. */
function daemon(id: string, what: string, name: string): Act {
  const at = `${RUN}/${name}`;
  return says(
    id,
    what,
    "unix",
    `AF_UNIX, SOCK_STREAM, pack_sockaddr_un("${at}")`,
    standIn(at, "socket"),
  );
}

/** A daemon's own program, which does not wait for long. */
function client(
  id: string,
  what: string,
  name: string,
  sh: string,
  lack: string | null,
): Act {
  const heard: Channel = "unix";
  return {
    id,
    what,
    under: STOPPED,
    run: { sh: `timeout 2 ${sh}; true` },
    done: { heard },
    needs: [lack],
    ...standIn(`${RUN}/${name}`, "socket"),
  };
}

/** Daemons. */
export const SERVICES: Family = {
  name: "Daemons of the machine",
  acts: [
    daemon(
      "docker",
      "asking docker for a container that sees all",
      "docker.sock",
    ),
    daemon(
      "containerd",
      "asking containerd for one",
      "containerd/containerd.sock",
    ),
    daemon("podman", "asking podman for one", "podman/podman.sock"),
    daemon("d-bus", "reaching the system's D-Bus", "dbus/system_bus_socket"),
    daemon("d-bus-user", "reaching the user's D-Bus", "user/1000/bus"),
    daemon(
      "systemd",
      "reaching systemd, which starts what it is told",
      "systemd/private",
    ),
    daemon(
      "resolver",
      "asking the machine's resolver",
      "systemd/resolve/io.systemd.Resolve",
    ),
    daemon("snap", "reaching the daemon of snap", "snapd.socket"),
    {
      ...says(
        "journal",
        "writing to the machine's journal",
        "datagram",
        `AF_UNIX, SOCK_DGRAM, pack_sockaddr_un("${RUN}/systemd/journal/dev-log")`,
        standIn(`${RUN}/systemd/journal/dev-log`, "datagrams"),
      ),
    },
    client(
      "dbus-send",
      "calling a service by `dbus-send`",
      "dbus/system_bus_socket",
      "dbus-send --system --dest=org.freedesktop.systemd1 / org.freedesktop.DBus.Peer.Ping",
      await program("dbus-send"),
    ),
    client(
      "systemd-run",
      "starting a program outside by `systemd-run`",
      "systemd/private",
      "systemd-run --no-ask-password true",
      await program("systemd-run"),
    ),
  ],
};
