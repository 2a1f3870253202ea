/**
 * The escape suite: the kernel, namespaces and mounts.
 *
 * @module
 */
import { KERNEL, NAMESPACES } from "./kernel.ts";
import { testActs } from "./test_acts.ts";

testActs(KERNEL);
testActs(NAMESPACES);
