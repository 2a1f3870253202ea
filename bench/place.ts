/**
 * A workspace that was set up, with homes of its own, for figures of whole processes.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";

const REPOSITORY = fromFileUrl(new URL("..", import.meta.url));

/** What Deno is told to use. */
export const CONFIG: string = join(REPOSITORY, "deno.json");

/** The command. */
export const MAIN: string = join(REPOSITORY, "src/cli/main.ts");

/** Where everything lies, and what the environment must say of it. */
export class Place implements AsyncDisposable {
  private constructor(
    readonly root: string,
    readonly workspace: string,
    readonly env: Record<string, string>,
  ) {}

  /** Makes it, with keys, trust and policy in force; `files` of the repository are copied into it. */
  static async make(files: readonly string[]): Promise<Place> {
    const root = await Deno.realPath(await Deno.makeTempDir());
    const workspace = join(root, "workspace");
    await ensureDir(join(workspace, ".writ"));
    for (const file of files) {
      const target = join(workspace, file);
      await ensureDir(join(target, ".."));
      await Deno.copyFile(join(REPOSITORY, file), target);
    }
    const place = new Place(root, workspace, {
      XDG_CONFIG_HOME: join(root, "config"),
      XDG_STATE_HOME: join(root, "state"),
      INIT_CWD: workspace,
    });
    await Deno.writeTextFile(join(root, "passphrase"), crypto.randomUUID());
    await place.writ([
      ...["setup", "--owner", "bench"],
      ...["--passphrase-file", "../passphrase"],
    ]);
    return place;
  }

  /** Runs the command with all permissions and gives what it prints. */
  async writ(args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["run", "-A", "--config", CONFIG, MAIN, ...args],
        cwd: this.workspace,
        env: this.env,
      },
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}
