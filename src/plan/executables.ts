/**
 * Finds the programs of a step without starting one: by the system's path, by the declared
 * tool roots, or in the workspace; then on through links, `#!` lines, shims and venvs.
 *
 * @module
 */
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { holders, isBeneath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { fromFolder } from "./declared.ts";
import type { Disk } from "./disk.ts";
import type { FoundProgram, Seeker } from "./located.ts";
import { nearMiss } from "./materials.ts";
import { parseShebang, SHEBANG_LIMIT } from "./shebang.ts";
import { nvmProgram, resolveShim, type ShimContext } from "./shims.ts";
import { inSystemView, SYSTEM_PATH } from "./system_view.ts";

import { Trail } from "./trail.ts";

export { NO_TOOL_ROOTS, parseToolRoots, type ToolRoots } from "./tool_roots.ts";
export type { Located } from "./located.ts";

/** What finding must know of the machine. */
export interface FinderOptions {
  disk: Disk;
  /** Absolute real path. */
  workspace: string;
  /** Absolute folders. */
  toolRoots: readonly string[];
  /** The Deno that runs now. */
  deno: string;
}

/** A `#!` may name a script in turn; the kernel follows as many. */
const MAX_DEPTH = 4;

/** Finds programs; what depends on no step is remembered. */
export class ToolFinder {
  readonly #disk: Disk;
  readonly #workspace: string;
  readonly #roots: string[];
  readonly #deno: string;
  readonly #known = new Map<string, FoundProgram>();

  constructor(options: FinderOptions) {
    this.#disk = options.disk;
    this.#workspace = options.workspace;
    this.#deno = options.deno;
    this.#roots = options.toolRoots.map((root) => options.disk.realPath(root))
      .filter((root) => root !== null);
  }

  /**
   * Finds the program that a step names.
   *
   * @throws {WritError} `plan.executable_missing`, `plan.undeclared_word`
   */
  find(word: string, step: Seeker): FoundProgram {
    const trail = new Trail(step, word);
    if (word.startsWith("/")) return this.#absolute(word, trail);
    if (word.includes("/")) return this.#inWorkspace(word, trail);
    return this.#byName(word, [], trail);
  }

  #byName(name: string, first: readonly string[], trail: Trail): FoundProgram {
    if (name === "deno") return this.#runningDeno();
    const key = [name, trail.step.cwd, ...first].join("\0");
    let found = this.#known.get(key);
    if (found === undefined) {
      found = this.#search(name, first, trail);
      this.#known.set(key, found);
    }
    return found;
  }

  #search(name: string, first: readonly string[], trail: Trail): FoundProgram {
    const inSystem = [...first, ...SYSTEM_PATH];
    for (const folder of inSystem) {
      const at = `${folder}/${name}`;
      if (this.#isProgram(at)) return this.#at(at, name, trail);
    }
    for (const root of this.#roots) {
      for (const at of [`bin/${name}`, `shims/${name}`, name]) {
        const found = this.#inRoot(`${root}/${at}`, name, trail);
        if (found !== null) return found;
      }
      const node = nvmProgram(root, name, this.#shimContext(trail));
      if (node !== null) return this.#at(node, name, trail);
    }
    const near = SYSTEM_PATH.concat(this.#roots.map((root) => `${root}/bin`))
      .filter((folder) => this.#disk.lstat(folder) !== null)
      .flatMap((folder) => this.#disk.list(folder));
    throw trail.missing(
      `${quoted(name)} is neither a program of the system nor of a tool root`,
      trail.unsplit ?? nearMiss(name, ".", near) ??
        "Install it, or name the folder that holds it as a tool root, in tools.json of the config folder",
    );
  }

  #inRoot(at: string, name: string, trail: Trail): FoundProgram | null {
    if (!this.#isProgram(at)) return null;
    const shim = resolveShim(at, this.#shimContext(trail));
    if (shim === null) {
      const found = this.#at(at, name, trail);
      // A tool root may lie in the system without being on its path: /usr/local/go.
      const path = found.path.length > 0 ? found.path : [dirname(at)];
      return { ...found, path };
    }
    // The system was searched before, and has none.
    if ("system" in shim) return null;
    return this.#at(shim.program, name, trail);
  }

  /** What chooses versions: files of the folder that the step runs in, then of those above it. */
  #shimContext({ step }: Trail): ShimContext {
    const folders = holders(step.cwd).map((folder) =>
      folder === "." ? this.#workspace : `${this.#workspace}/${folder}`
    );
    return { disk: this.#disk, folders, roots: this.#roots };
  }

  #absolute(at: string, trail: Trail): FoundProgram {
    if (isBeneath(at, this.#workspace)) {
      throw trail.missing(
        `${
          quoted(at)
        } names a place in the workspace as it lies on this machine`,
        "Name it relative to the folder that the step runs in",
      );
    }
    if (at.split("/").includes("..") || !this.#isProgram(at)) {
      throw trail.missing(`${quoted(at)} is no program`, trail.unsplit);
    }
    return this.#at(at, basename(at), trail);
  }

  /** A program of the system or of a tool root, and what its first line asks for. */
  #at(at: string, name: string, trail: Trail): FoundProgram {
    const next = trail.to(at);
    const real = this.#disk.realPath(at)!;
    if (inSystemView(real)) {
      const found: FoundProgram = {
        program: inSystemView(at) ? at : real,
        self: { name, tier: "system", file: real },
        also: [],
        roots: [],
        path: [],
      };
      return this.#withInterpreter(found, real, next);
    }
    const root = this.#roots.find((each) => isBeneath(real, each));
    if (root === undefined) {
      throw next.missing(
        `${
          quoted(real)
        } lies outside the workspace and belongs to no known tool`,
        "Name the folder of the tool as a tool root, in tools.json of the config folder",
      );
    }
    const prefix = this.#prefix(at, root) ?? this.#prefix(real, root);
    const program = prefix !== null && isBeneath(at, prefix) ? at : real;
    return this.#withInterpreter(
      {
        program,
        self: prefix === null
          ? { name, tier: "content", file: real }
          : { name, tier: "prefix", folder: prefix },
        also: [],
        roots: [prefix ?? real],
        path: [dirname(program)],
      },
      real,
      next,
    );
  }

  /**
   * The folder that a program in `P/bin` needs: `P`, where there is a `P/lib` or the like. Never
   * more than the tool root allows: `~/.local/bin` does not bring `~/.local/share` along.
   */
  #prefix(file: string, root: string): string | null {
    const real = this.#disk.realPath(file)!;
    if (!/^s?bin$/.test(basename(dirname(file)))) return null;
    const prefix = this.#disk.realPath(dirname(dirname(file)));
    if (
      prefix === null || !isBeneath(prefix, root) || !isBeneath(real, prefix)
    ) return null;
    const whole = ["lib", "lib64", "libexec", "share"].some((folder) =>
      this.#disk.lstat(`${prefix}/${folder}`)?.kind === "folder"
    );
    return whole ? prefix : null;
  }

  #inWorkspace(word: string, trail: Trail): FoundProgram {
    const { step } = trail;
    const path = fromFolder(step.cwd, word);
    if (path === null) {
      throw trail.missing(`${quoted(word)} lies outside the workspace`);
    }
    const maker = step.maker(path);
    if (maker !== undefined) return made(word, path, maker);
    const real = this.#disk.realPath(`${this.#workspace}/${path}`);
    if (real === null) {
      throw trail.missing(
        `${quoted(path)} does not exist in the workspace`,
        this.#nearInWorkspace(path) ?? trail.unsplit,
      );
    }
    if (!step.sees(path)) throw trail.undeclared(path);
    if (!isBeneath(real, this.#workspace)) {
      const found = this.#at(real, basename(real), trail);
      return this.#withVenv(
        {
          ...found,
          program: { workspace: path },
          self: { ...found.self, name: word },
        },
        path,
        trail,
      );
    }
    // A file in the step's view is itself, also where the way to it leads over a link.
    if (step.fileAt(path) !== real) {
      const file = real.slice(this.#workspace.length + 1);
      if (!step.sees(file)) throw trail.to(path).undeclared(file);
      const from = step.maker(file);
      if (from !== undefined) return made(word, path, from, file);
    }
    if (!this.#isProgram(real)) {
      throw trail.missing(
        `${quoted(path)} is not an executable file`,
        `chmod +x ${path}, or start it with its interpreter`,
      );
    }
    const found: FoundProgram = {
      program: { workspace: path },
      self: { name: word, tier: "workspace", material: real },
      also: [],
      roots: [],
      path: [],
    };
    return this.#withVenv(
      this.#withInterpreter(found, real, trail.to(path)),
      path,
      trail,
    );
  }

  #withInterpreter(
    found: FoundProgram,
    file: string,
    trail: Trail,
  ): FoundProgram {
    const head = this.#disk.head(file, SHEBANG_LIMIT);
    const asked = head === null ? null : parseShebang(head);
    if (asked === null) return found;
    if (trail.depth > MAX_DEPTH) {
      throw trail.missing("its interpreters name each other");
    }
    if ("name" in asked) {
      return joined(found, this.#byName(asked.name, found.path, trail));
    }
    if (isBeneath(asked.path, this.#workspace)) {
      const interpreter = asked.path.slice(this.#workspace.length + 1);
      throw trail.missing(
        `its first line names ${
          quoted(asked.path)
        }, where the workspace lies now; the step sees it elsewhere`,
        `Start the interpreter itself: "run": [${quoted(interpreter)}, ${
          quoted(trail.last)
        }]`,
      );
    }
    if (!asked.path.startsWith("/")) {
      throw trail.missing(
        `its first line names ${quoted(asked.path)}, which is not absolute`,
      );
    }
    return joined(found, this.#absolute(asked.path, trail));
  }

  /** A Python of a venv needs the installation that `pyvenv.cfg` names. */
  #withVenv(found: FoundProgram, path: string, trail: Trail): FoundProgram {
    const venv = dirname(dirname(path));
    const config = this.#disk.head(
      `${this.#workspace}/${venv}/pyvenv.cfg`,
      64 * 1024,
    );
    if (config === null) return found;
    const home = /^\s*home\s*=\s*(\/.*?)\s*$/m.exec(
      new TextDecoder().decode(config),
    )?.[1];
    const bin = home === undefined ? null : this.#disk.realPath(home);
    if (bin === null) {
      throw trail.missing(
        `${quoted(`${venv}/pyvenv.cfg`)} names the home ${
          quoted(home ?? "")
        }, which does not exist`,
      );
    }
    if (inSystemView(bin)) return found;
    const prefix = basename(bin) === "bin" ? dirname(bin) : bin;
    if (!this.#roots.some((root) => isBeneath(prefix, root))) {
      throw trail.to(`${venv}/pyvenv.cfg`).missing(
        `${
          quoted(prefix)
        } lies outside the workspace and belongs to no known tool`,
        "Name the folder of the tool as a tool root, in tools.json of the config folder",
      );
    }
    if (found.roots.includes(prefix)) return found;
    return joined(found, {
      program: found.program,
      self: { name: "python", tier: "prefix", folder: prefix },
      also: [],
      roots: [prefix],
      path: [bin],
    });
  }

  #runningDeno(): FoundProgram {
    const real = this.#disk.realPath(this.#deno) ?? this.#deno;
    const inSystem = inSystemView(real);
    return {
      program: real,
      self: { name: "deno", tier: "content", file: real },
      also: [],
      roots: inSystem ? [] : [real],
      path: inSystem ? [] : [dirname(real)],
    };
  }

  #isProgram(at: string): boolean {
    const real = this.#disk.realPath(at);
    const stat = real === null ? null : this.#disk.lstat(real);
    return stat !== null && stat.kind === "file" && stat.executable;
  }

  #nearInWorkspace(path: string): string | undefined {
    const folder = parentOf(path);
    const real = this.#disk.realPath(`${this.#workspace}/${folder}`);
    if (real === null || this.#disk.lstat(real)?.kind !== "folder") {
      return undefined;
    }
    // Of a whole command line, the name of its program alone is no near miss.
    const names = this.#disk.list(real)
      .filter((name) => !/\s/.test(path) || /\s/.test(name));
    return nearMiss(path, folder, names);
  }
}

function made(
  name: string,
  path: string,
  from: string,
  file = path,
): FoundProgram {
  return {
    program: { workspace: path },
    self: { name, tier: "workspace", path: file, from },
    also: [],
    roots: [],
    path: [],
  };
}

function joined(found: FoundProgram, needed: FoundProgram): FoundProgram {
  return {
    ...found,
    also: [...found.also, needed.self, ...needed.also],
    roots: [...new Set([...found.roots, ...needed.roots])],
    path: [...new Set([...found.path, ...needed.path])],
  };
}
