/**
 * Steps of C projects and Java: make, gcc, cmake, javac.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { put, type TrialRow } from "./row.ts";

/** Steps of C projects and Java: make, gcc, cmake, javac. */
export const C_ROWS: TrialRow[] = [
  {
    name: "c build: make",
    programs: ["make", "cc"],
    make: put(make.C),
    steps: {
      build: {
        run: ["make"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
    },
    products: { "build/words": /ELF/, "build/main.o": /ELF/ },
    without: {
      "build.read Makefile": "exit",
      "build.read src": "exit",
      "build.read include": "exit",
      "build.write build": "stray",
    },
  },
  {
    name: "c rebuild: make clean && make check, after a build",
    programs: ["make", "cc", "sh"],
    make: put(make.C),
    steps: {
      build: {
        run: ["make"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
      rebuild: {
        run: ["sh", "-c", "make clean && make check"],
        needs: ["build"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
    },
    products: { "build/words": /ELF/ },
    without: {
      "rebuild.needs build": "before",
      "rebuild.read Makefile": "exit",
      "rebuild.read src": "exit",
      "rebuild.read include": "exit",
      "rebuild.write build": "stray",
    },
  },
  {
    name: "c one: gcc of two files",
    programs: ["gcc"],
    make: put(make.C),
    steps: {
      one: {
        run: [
          "gcc",
          "-Iinclude",
          "src/main.c",
          "src/words.c",
          "-lm",
          "-o",
          "words",
        ],
        permissions: { read: ["src", "include"], write: ["words"] },
      },
    },
    products: { "words": /ELF/ },
    without: {
      "one.read src": "before",
      "one.read include": "exit",
      "one.write words": "stray",
    },
  },
  {
    name: "cmake: configure, build, test",
    programs: ["cmake", "ctest", "cc"],
    make: put(make.CMAKE),
    steps: {
      configure: {
        run: ["cmake", "-S", ".", "-B", "build"],
        permissions: {
          read: ["CMakeLists.txt", "src", "include"],
          write: ["build"],
        },
      },
      build: {
        run: ["cmake", "--build", "build"],
        needs: ["configure"],
        permissions: {
          read: ["CMakeLists.txt", "src", "include", "build"],
          write: ["build"],
        },
      },
      test: {
        run: ["ctest", "--test-dir", "build"],
        needs: ["build"],
        permissions: { read: ["build"] },
        scratch: ["build/Testing"],
      },
    },
    approved: true,
    products: { "build/words": /ELF/ },
    prints: /100% tests passed, 0 tests failed out of 1/,
    without: {
      "configure.read CMakeLists.txt": "exit",
      "configure.read src": "exit",
      "configure.read include": "harmless",
      "configure.write build": "before",
      "build.needs configure": "before",
      "build.read CMakeLists.txt": "exit",
      "build.read src": "exit",
      "build.read include": "exit",
      "build.read build": "exit",
      "build.write build": "exit",
      "test.needs build": "before",
      "test.read build": "before",
      "test.scratch build/Testing": "exit",
    },
    landlock: {
      fails: /step "configure" ran.*"isolation": "namespaces"/,
    },
  },
  {
    name: "java compile: javac",
    programs: ["javac"],
    make: put(make.JAVA),
    steps: {
      compile: {
        run: ["javac", "-d", "classes", "src/app/Main.java"],
        permissions: { read: ["src"], write: ["classes"] },
      },
    },
    products: { "classes/app/Main.class": /^\xca\xfe\xba\xbe/ },
    without: { "compile.read src": "before", "compile.write classes": "stray" },
  },
];
