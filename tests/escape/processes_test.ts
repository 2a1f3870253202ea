/**
 * The escape suite: processes and resources.
 *
 * @module
 */
import { PROCESSES } from "./processes.ts";
import { RESOURCES } from "./resources.ts";
import { testActs } from "./test_acts.ts";

testActs(PROCESSES);
testActs(RESOURCES);
