/**
 * The escape suite: network, sockets and the terminal.
 *
 * @module
 */
import { NETWORK } from "./network.ts";
import { TERMINAL } from "./terminal.ts";
import { testActs } from "./test_acts.ts";

testActs(NETWORK);
testActs(TERMINAL);
