/**
 * The escape suite: network, sockets and the terminal.
 *
 * @module
 */
import { NETWORK, TERMINAL } from "./network.ts";
import { testActs } from "./test_acts.ts";

testActs(NETWORK);
testActs(TERMINAL);
