/**
 * How the launcher waits, with real pipes and threads.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Descriptors } from "../src/sandbox/descriptors.js";
import { openLibc } from "../src/sandbox/libc.js";
import { Waiting } from "../src/sandbox/waiting.js";

const ignore = Deno.build.os !== "linux";
/** So long no test runs. */
const AGES = 600_000;

/** Pipes of the C library, and who waits for them. */
class Place implements Disposable {
  readonly #libc = openLibc();
  readonly #fds = new Descriptors(this.#libc);
  readonly #write = Deno.dlopen(
    "libc.so.6",
    {
      write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    } as const,
  );
  readonly waiting = new Waiting(this.#libc);

  pipe(): { read: number; write: number } {
    return this.#fds.pipe();
  }

  say(fd: number): void {
    assertEquals(this.#write.symbols.write(fd, new Uint8Array(1), 1n), 1n);
  }

  close(fd: number): void {
    this.#fds.close(fd);
  }

  [Symbol.dispose](): void {
    this.#fds.closeAll();
    this.#write.close();
  }
}

Deno.test(
  "waiting: told is which descriptor has something, and which has come to its end",
  {
    ignore,
  },
  async () => {
    using place = new Place();
    const [silent, talking, ended] = [place.pipe(), place.pipe(), place.pipe()];
    place.say(talking.write);
    place.close(ended.write);
    assertEquals(
      await place.waiting.ready([silent.read, talking.read, -1, ended.read]),
      [false, true, false, true],
    );
  },
);

Deno.test(
  "waiting: none is told when the time is over",
  { ignore },
  async () => {
    using place = new Place();
    const { read } = place.pipe();
    assertEquals(await place.waiting.ready([read, -1], 20), [false, false]);
    assertEquals(await place.waiting.ready([read], -1), [false]);
  },
);

Deno.test(
  "waiting: each of many is told only of its own",
  { ignore },
  async () => {
    using place = new Place();
    const pipes = Array.from({ length: 20 }, () => place.pipe());
    const told: number[] = [];
    const waits = pipes.map(async ({ read }, at) => {
      assertEquals(await place.waiting.ready([-1, read]), [false, true]);
      told.push(at);
      const next = pipes[at + 7];
      if (next !== undefined) place.say(next.write);
    });
    for (const { write } of pipes.slice(0, 7)) place.say(write);
    await Promise.all(waits);
    assertEquals(told.toSorted((a, b) => a - b), [...pipes.keys()]);
  },
);

Deno.test("waiting: timers go on where a wait is given up and begun anew", {
  ignore,
}, async () => {
  using place = new Place();
  const { read, write } = place.pipe();
  let said = false;
  setTimeout(() => {
    said = true;
    place.say(write);
  }, 5);
  // Without a turn for the timer this would never end.
  while (!(await place.waiting.ready([read], 20))[0]) assertEquals(said, false);
  assertEquals(said, true);
});

Deno.test(
  "waiting: what another thread brings is not slept over",
  { ignore },
  async () => {
    using place = new Place();
    const { read, write } = place.pipe();
    const source = "self.onmessage = () => self.postMessage('here')";
    const url = URL.createObjectURL(
      new Blob([source], { type: "text/javascript" }),
    );
    const worker = new Worker(url, { type: "module" });
    try {
      const { promise, resolve } = Promise.withResolvers<string>();
      worker.onmessage = ({ data }) => resolve(data);
      const brought = place.waiting.elsewhere(promise);
      const wait = place.waiting.ready([read], AGES);
      worker.postMessage("go");
      assertEquals(await brought, "here");
      place.say(write);
      assertEquals(await wait, [true]);
    } finally {
      worker.terminate();
      URL.revokeObjectURL(url);
    }
  },
);

Deno.test(
  "waiting: who comes while another thread is in the kernel is seen too",
  {
    ignore,
  },
  async () => {
    using place = new Place();
    const [first, second] = [place.pipe(), place.pipe()];
    const { promise, resolve } = Promise.withResolvers<void>();
    const elsewhere = place.waiting.elsewhere(promise);
    const early = place.waiting.ready([first.read], AGES);
    // The thread is asked in the next turn.
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    place.say(second.write);
    assertEquals(await place.waiting.ready([second.read], AGES), [true]);
    resolve();
    await elsewhere;
    place.say(first.write);
    assertEquals(await early, [true]);
  },
);

Deno.test(
  "waiting: what fails elsewhere fails for who asked, and no one else",
  {
    ignore,
  },
  async () => {
    using place = new Place();
    const { read, write } = place.pipe();
    const error = new Error("no");
    const failed = await place.waiting.elsewhere(Promise.reject(error))
      .catch((caught: unknown) => caught);
    assertEquals(failed, error);
    place.say(write);
    assertEquals(await place.waiting.ready([read], AGES), [true]);
  },
);
