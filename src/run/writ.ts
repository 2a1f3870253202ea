/**
 * Writ as a library: one workspace, its config and state folders, and the way through them.
 *
 * @module
 */
import type { Signer } from "../core/keys.ts";
import type { Clock } from "../core/time.ts";
import type { Store } from "../ledger/store.ts";
import type { Ticket } from "../ticket/ticket.ts";
import {
  type Approval,
  approve as approveProposal,
  type Approved,
  countersign as countersignTicket,
} from "./approve.ts";
import { type Proposal, propose, type Wish } from "./propose.ts";
import {
  execute as executeWish,
  type RunOptions,
  type RunResult,
} from "./run.ts";
import { openSight, type Sight } from "./sight.ts";
import { waitingTicket } from "./waiting_ticket.ts";
import { openWorld } from "./world.ts";

/** Where a {@linkcode Writ} works. */
export interface WritOptions {
  /** Absolute real path of the workspace. */
  workspace: string;
  /** Absolute path of the config folder: keys, pins, tool roots. */
  config: string;
  /** Absolute path of the state folder: ledgers and blobs. */
  state: string;
  /** A store for the ledger; by default Deno KV in the state folder. It is closed after use. */
  store?: () => Promise<Store>;
  /** The caller's environment, asked by name only for `{ "from": NAME }`. */
  env?: (name: string) => string | undefined;
  /** Deno's module cache, for deno steps that import npm packages. */
  denoDir?: string | null;
  /** Milliseconds since 1970; what takes a clock can be tested. */
  now: Clock;
}

/**
 * The way, for programs. Every call looks at the workspace anew.
 *
 * @example A dry run
 * ```ts
 * import { UNNAMED, verdictOf, Writ } from "@writ/writ";
 * import { assertEquals } from "@std/assert";
 *
 * const root = await Deno.realPath(await Deno.makeTempDir());
 * await Deno.mkdir(`${root}/workspace/.writ`, { recursive: true });
 * const writ = new Writ({
 *   workspace: `${root}/workspace`,
 *   config: `${root}/config/writ`,
 *   state: `${root}/state/writ`,
 *   now: Date.now,
 * });
 * const pipeline = {
 *   name: "fetch",
 *   steps: { fetch: { run: ["true"], permissions: { net: true } } },
 * };
 * const { decision } = await writ.propose({
 *   file: "pipeline.json",
 *   bytes: new TextEncoder().encode(JSON.stringify(pipeline)),
 *   params: {},
 *   requester: UNNAMED,
 * });
 * assertEquals(verdictOf(decision.value), "review");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export class Writ {
  readonly #options: WritOptions;

  /** Touches nothing yet. */
  constructor(options: WritOptions) {
    this.#options = options;
  }

  /**
   * Plans and judges a wish. Nothing is run and nothing is written.
   *
   * @throws {WritError} `pipeline.invalid`, `plan.…`, `policy.…`
   */
  async propose(wish: Wish): Promise<Proposal> {
    return await propose(wish, await this.#sight(), null);
  }

  /**
   * Signs a proposal and enters a new ticket in the ledger. Where trust wants several approvers,
   * {@linkcode Writ.waiting} says whether one waits for this key already.
   *
   * @throws {WritError} why it cannot be approved by this key
   */
  async approve(
    proposal: Proposal,
    approval: Approval,
    signer: Signer,
  ): Promise<Approved> {
    await using world = await this.#world();
    return await approveProposal(proposal, approval, signer, world);
  }

  /**
   * The newest ticket for a proposal that needs more approvers and that a key has not signed yet;
   * `null` when there is none. Its terms are to be shown to whoever signs it.
   *
   * @param key the id of the key that would sign it
   */
  async waiting(
    proposal: Proposal,
    key: Signer["id"],
  ): Promise<Ticket | null> {
    await using world = await this.#world();
    const leave = await waitingTicket(proposal, key, world);
    return leave?.judged.ticket ?? null;
  }

  /**
   * Adds a signature to a ticket that waits, on the terms that it has.
   *
   * @param ticket the id of the one that was shown
   * @throws {WritError} why it cannot be approved by this key; `ticket.missing` when the ticket
   * does not wait for it any more
   */
  async countersign(
    proposal: Proposal,
    ticket: string,
    signer: Signer,
  ): Promise<Approved> {
    await using world = await this.#world();
    return await countersignTicket(proposal, ticket, signer, world);
  }

  /**
   * Executes a wish under a ticket for exactly what it comes to now.
   *
   * @throws {WritError} why it is refused; nothing was run then
   */
  async execute(wish: Wish, options: RunOptions): Promise<RunResult> {
    await using world = await this.#world();
    return await executeWish(wish, options, world);
  }

  #sight(): Promise<Sight> {
    const { workspace, config, state, now } = this.#options;
    return openSight({
      workspace,
      config,
      stateFolder: state,
      now,
      env: this.#options.env ?? (() => undefined),
      denoDir: this.#options.denoDir ?? null,
    });
  }

  async #world() {
    const { state, store } = this.#options;
    return await openWorld(await this.#sight(), state, store);
  }
}
