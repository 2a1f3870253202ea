/**
 * The escape suite: the kernel, namespaces and mounts.
 *
 * @module
 */
import { KERNEL } from "./kernel.ts";
import { NAMESPACES } from "./namespaces.ts";
import { testActs } from "./test_acts.ts";

testActs(KERNEL);
testActs(NAMESPACES);
