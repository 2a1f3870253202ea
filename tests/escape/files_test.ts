/**
 * The escape suite: files.
 *
 * @module
 */
import { READING } from "./reading.ts";
import { testActs } from "./test_acts.ts";
import { WRITING } from "./writing.ts";

testActs(READING);
testActs(WRITING);
