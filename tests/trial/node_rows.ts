/**
 * Steps of Node projects: npm, a workspace, a program of `node_modules/.bin`.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { put, type TrialRow } from "./row.ts";

/** Steps of Node projects: npm, a workspace, a program of `node_modules/.bin`. */
export const NODE_ROWS: TrialRow[] = [
  {
    name: "mono a: npm test of a package that uses another",
    programs: ["npm", "node"],
    make: put(make.MONO),
    steps: {
      a: {
        run: ["npm", "test"],
        cwd: "packages/a",
        permissions: { read: ["packages/a", "packages/b", "node_modules"] },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "a.read packages/a": "before",
      "a.read packages/b": "exit",
      "a.read node_modules": "exit",
    },
  },
  {
    name: "node test: npm test with a server on loopback",
    programs: ["npm", "node"],
    make: put(make.NODE),
    steps: {
      test: {
        run: ["npm", "test"],
        permissions: {
          read: ["package.json", "src", "test", "node_modules"],
          net: ["localhost"],
        },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "test.net localhost": { bubblewrap: "harmless", landlock: "exit" },
      "test.read package.json": "exit",
      "test.read src": "exit",
      "test.read test": "hint",
      "test.read node_modules": "exit",
    },
    landlock: { refused: "loopback" },
  },
  {
    name: "node test, offline: npm test of what listens to nothing",
    programs: ["npm", "node"],
    make: put(make.NODE_OFFLINE),
    steps: {
      test: {
        run: ["npm", "test"],
        permissions: { read: ["package.json", "src", "test", "node_modules"] },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "test.read package.json": "exit",
      "test.read src": "exit",
      "test.read test": "hint",
      "test.read node_modules": "exit",
    },
  },
  {
    name: "node bundle: npm run build",
    programs: ["npm", "node"],
    make: put(make.NODE),
    steps: {
      bundle: {
        run: ["npm", "run", "build"],
        permissions: {
          read: ["package.json", "src", "build.js", "node_modules"],
          write: ["dist"],
        },
      },
    },
    products: { "dist/out.js": /hello, / },
    without: {
      "bundle.read package.json": "exit",
      "bundle.read src": "exit",
      "bundle.read build.js": "exit",
      "bundle.read node_modules": "exit",
      "bundle.write dist": "stray",
    },
  },
  {
    name: "node minify: a program of node_modules/.bin",
    programs: ["node"],
    make: put(make.NODE),
    steps: {
      minify: {
        run: ["node_modules/.bin/squeeze", "src/app.js", "app.min.js"],
        permissions: { read: ["src", "node_modules"], write: ["app.min.js"] },
      },
    },
    products: {
      "app.min.js": /^import \{ createServer \} from "node:http"; im/,
    },
    without: {
      "minify.read src": "before",
      "minify.read node_modules": "before",
      "minify.write app.min.js": "stray",
    },
  },
];
