/** The ledger's Merkle tree: proofs, tiles, the right edge; against the RFCs and public vectors. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { decodeBase64 } from "@std/encoding/base64";
import * as fc from "fast-check";
import { type Digest, leafHash } from "../src/core/digest.ts";
import {
  completeNodes,
  consistencySubtrees,
  foldNodes,
  inclusionSubtrees,
  type Subtree,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "../src/ledger/merkle.ts";
import {
  entriesPath,
  hashesAt,
  nodeIn,
  TILE_WIDTH,
  type TileId,
  tileName,
  tileOf,
  tilePath,
} from "../src/ledger/tile.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import {
  consistencyHolds,
  inclusionHolds,
  path,
  proof,
  treeHash,
} from "./support/rfc6962.ts";
import { vectorFiles, vectorTest } from "./support/vectors.ts";

/** The tiles of a tree and how many hashes each holds, level by level, left to right. */
function* tilesOf(size: number): Iterable<TileId & { width: number }> {
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    const hashes = hashesAt(level, size);
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      const width = Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH);
      yield { level, index, width };
    }
  }
}

/** Of a tile boundary, of two levels of tiles, and all small ones. */
const SIZES = [...Array(70).keys(), 127, 128, 255, 256, 257, 300, 511, 512, 600]
  .filter((size) => size > 0);
const MOST = 600;

const leaves: Digest[] = Array.from(
  { length: MOST },
  (_, i) => leafHash(new TextEncoder().encode(`entry ${i}`)),
);
const hex = (digest: Digest) => digest.slice(7);
const digest = (text: string): Digest => `sha256:${text}`;
const plain = leaves.map(hex);

/** Tiles by name, as a store holds them. */
function grow(
  edge: TreeEdge,
  added: readonly Digest[],
  tiles: Map<string, Uint8Array>,
): TreeEdge {
  const grown = edge.append(added);
  for (const tile of grown.tiles) tiles.set(tileName(tile), tile.bytes);
  return grown.edge;
}

/** The hashes of subtrees, from tiles alone. */
function hashesFrom(
  tiles: ReadonlyMap<string, Uint8Array>,
  subtrees: readonly Subtree[],
): Digest[] {
  return subtrees.map((subtree) =>
    foldNodes(
      completeNodes(subtree).map((node) =>
        nodeIn(node, tiles.get(tileName(tileOf(node)))!)!
      ),
    )
  );
}

const allTiles = new Map<string, Uint8Array>();
grow(TreeEdge.EMPTY, leaves, allTiles);
const headAt = (size: number): TreeHead => ({
  size,
  root: hashesFrom(allTiles, [{ from: 0, to: size }])[0],
});

Deno.test("the root of a tree is that of RFC 6962, from its tiles and from its edge", () => {
  const tiles = new Map<string, Uint8Array>();
  let edge = TreeEdge.EMPTY;
  assertEquals(edge.head, { size: 0, root: digest(treeHash([])) });
  for (const size of SIZES) {
    edge = grow(edge, leaves.slice(edge.size, size), tiles);
    const root = digest(treeHash(plain.slice(0, size)));
    assertEquals(edge.head, { size, root });
    assertEquals(headAt(size).root, root);
  }
});

Deno.test("an edge that is read from tiles goes on as the one that wrote them, whatever the batches", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }),
    (batches) => {
      const tiles = new Map<string, Uint8Array>();
      let edge = TreeEdge.EMPTY;
      let size = 0;
      for (const batch of batches) {
        const next = Math.min(MOST, size + batch);
        edge = TreeEdge.from(
          size,
          (tile) => tiles.get(tileName(tile)) ?? null,
        )!;
        edge = grow(edge, leaves.slice(size, next), tiles);
        size = next;
        assertEquals(edge.head, headAt(size));
      }
      const widths = [...tilesOf(size)].map((tile): [string, number] => [
        tileName(tile),
        tile.width * 32,
      ]);
      assertEquals(
        new Map([...tiles].map(([name, { length }]) => [name, length])),
        new Map(widths),
      );
    },
  ));
});

Deno.test("an edge is read from tiles that have grown since", () => {
  for (const size of SIZES) {
    const edge = TreeEdge.from(
      size,
      (tile) => allTiles.get(tileName(tile)) ?? null,
    );
    assertEquals(edge?.head, headAt(size));
  }
});

Deno.test("an edge whose tile is gone or too short is none", () => {
  assertEquals(TreeEdge.from(300, () => null), null);
  const short = allTiles.get("0/001")!.subarray(0, 32 * 43);
  const read = (bytes: Uint8Array) =>
    TreeEdge.from(
      300,
      (tile) =>
        tileName(tile) === "0/001" ? bytes : allTiles.get(tileName(tile))!,
    );
  assertEquals(read(short), null);
  assertEquals(read(allTiles.get("0/001")!)?.head, headAt(300));
});

Deno.test("the last leaf shows at the edge, but for a full tile", () => {
  assertEquals(TreeEdge.EMPTY.lastLeaf, null);
  for (
    const [size, last] of [[1, leaves[0]], [300, leaves[299]], [512, null]]
  ) {
    const { edge } = TreeEdge.EMPTY.append(leaves.slice(0, Number(size)));
    assertEquals(edge.lastLeaf, last);
  }
});

Deno.test("inclusion proofs are those of RFC 6962, and both verifiers take them", () => {
  for (const size of SIZES) {
    const head = headAt(size);
    const indices = size < 70 ? [...Array(size).keys()] : [0, 1, 77, size - 1];
    for (const index of indices) {
      const ours = hashesFrom(allTiles, inclusionSubtrees(index, size));
      assertEquals(ours.map(hex), path(index, plain.slice(0, size)));
      assert(verifyInclusion(leaves[index], index, head, ours));
      assert(
        inclusionHolds(
          plain[index],
          index,
          size,
          hex(head.root),
          ours.map(hex),
        ),
      );
    }
  }
});

Deno.test("consistency proofs are those of RFC 6962, and both verifiers take them", () => {
  for (const size of SIZES) {
    const head = headAt(size);
    const befores = size < 70
      ? [...Array(size + 1).keys()].slice(1)
      : [1, 64, 100, size - 1, size];
    for (const before of befores) {
      const ours = hashesFrom(allTiles, consistencySubtrees(before, size));
      assertEquals(ours.map(hex), proof(before, plain.slice(0, size)));
      assert(verifyConsistency(headAt(before), head, ours));
      assert(consistencyHolds(
        { size: before, root: hex(headAt(before).root) },
        { size, root: hex(head.root) },
        ours.map(hex),
      ));
    }
  }
});

Deno.test("whatever is changed about a proof of inclusion, the RFC's verifier and ours say the same", () => {
  const size = fc.integer({ min: 1, max: 40 });
  const flaw = fc.constantFrom("none", "index", "size", "drop", "add", "swap");
  fc.assert(
    fc.property(size, fc.nat(), flaw, fc.nat(40), (size, at, flaw, other) => {
      const index = at % size;
      const head = headAt(size);
      let steps = hashesFrom(allTiles, inclusionSubtrees(index, size));
      if (flaw === "drop") steps = steps.slice(1);
      if (flaw === "add") steps = [...steps, leaves[0]];
      if (flaw === "swap") steps = steps.toReversed();
      const shown = flaw === "index" ? other : index;
      const claimed = flaw === "size" ? { ...head, size: other } : head;
      const holds = verifyInclusion(leaves[index], shown, claimed, steps);
      assertEquals(
        holds,
        inclusionHolds(
          plain[index],
          shown,
          claimed.size,
          hex(claimed.root),
          steps.map(hex),
        ),
      );
      if (flaw === "none") assert(holds);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("no tree of another history is consistent, whatever its proof", () => {
  const other = leaves.with(3, leaves[4]);
  const tiles = new Map<string, Uint8Array>();
  grow(TreeEdge.EMPTY, other, tiles);
  for (const [before, size] of [[5, 9], [8, 600], [300, 600]]) {
    const root = hashesFrom(tiles, [{ from: 0, to: size }])[0];
    const forged = hashesFrom(tiles, consistencySubtrees(before, size));
    const honest = hashesFrom(allTiles, consistencySubtrees(before, size));
    assertNotEquals(root, headAt(size).root);
    assert(verifyConsistency(headAt(before), headAt(size), honest));
    for (const steps of [forged, honest]) {
      assert(!verifyConsistency(headAt(before), { size, root }, steps));
    }
  }
});

for (
  const [what, index, size] of [
    ["beyond the tree", 5, 5],
    ["negative", -1, 5],
    ["not whole", 1.5, 5],
    ["too large to count", 2 ** 53, 2 ** 53 + 2],
  ] as const
) {
  Deno.test(`an index that is ${what} is in no tree`, () => {
    assert(!verifyInclusion(leaves[0], index, { ...headAt(5), size }, []));
    assertThrows(() => inclusionSubtrees(index, size), RangeError);
  });
}

Deno.test("nothing is proved about the tree without leaves, nor about a shorter one", () => {
  assert(!verifyConsistency(TreeEdge.EMPTY.head, headAt(5), []));
  assert(!verifyConsistency(headAt(5), headAt(4), []));
  assertThrows(() => consistencySubtrees(0, 5), RangeError);
  assertThrows(() => consistencySubtrees(6, 5), RangeError);
});

// The names of tlog-tiles

for (
  const [tile, width, expected] of [
    [{ level: 0, index: 0 }, 256, "tile/0/000"],
    [{ level: 0, index: 0 }, 1, "tile/0/000.p/1"],
    [{ level: 1, index: 999 }, 256, "tile/1/999"],
    [{ level: 1, index: 1000 }, 255, "tile/1/x001/000.p/255"],
    [{ level: 2, index: 1234067 }, 256, "tile/2/x001/x234/067"],
  ] as const
) {
  Deno.test(`the path of a tile is ${expected}`, () => {
    assertEquals(tilePath(tile, width), expected);
    assertEquals(
      entriesPath(tile.index, width),
      expected.replace(/tile\/\d/, "tile/entries"),
    );
  });
}

Deno.test("a tree of 70,000 has the tiles that tlog-tiles gives as its example", () => {
  const all = [...tilesOf(70_000)];
  const widths = (level: number, full: boolean) =>
    all.filter((tile) => tile.level === level && (tile.width === 256) === full)
      .map(({ width }) => width);
  assertEquals(widths(0, true).length, 273);
  assertEquals(widths(0, false), [112]);
  assertEquals(widths(1, true).length, 1);
  assertEquals(widths(1, false), [17]);
  assertEquals(widths(2, false), [1]);
  assertEquals(all.length, 273 + 1 + 1 + 1 + 1);
  assertEquals(
    [...tilesOf(256)],
    [{ level: 0, index: 0, width: 256 }, { level: 1, index: 0, width: 1 }],
  );
});

// transparency-dev/merkle

/** The digest of base64 that may be none at all, as in the vectors. */
const said = (base64: string | null) =>
  digest(decodeBase64(base64 ?? "").toHex());

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
}

interface ConsistencyVector {
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
}

vectorTest(
  "every inclusion vector of transparency-dev/merkle is judged as it says",
  "merkle/inclusion",
  () => {
    const files = vectorFiles("merkle/inclusion");
    const good = files.filter(({ name, text }) => {
      const vector: InclusionVector = JSON.parse(text);
      const { leafIdx, treeSize, root, leafHash, wantErr } = vector;
      const holds = verifyInclusion(
        said(leafHash),
        leafIdx,
        { size: treeSize, root: said(root) },
        (vector.proof ?? []).map(said),
      );
      assertEquals(holds, !wantErr, name);
      return holds;
    });
    assertEquals([files.length, good.length], [98, 6]);
    console.log(`merkle inclusion: ${files.length} vectors, 6 hold`);
  },
);

vectorTest(
  "every consistency vector of transparency-dev/merkle is judged as it says",
  "merkle/consistency",
  () => {
    const files = vectorFiles("merkle/consistency");
    const good = files.filter(({ name, text }) => {
      const vector: ConsistencyVector = JSON.parse(text);
      const { size1, size2, root1, root2, wantErr } = vector;
      const holds = verifyConsistency(
        { size: size1, root: said(root1) },
        { size: size2, root: said(root2) },
        (vector.proof ?? []).map(said),
      );
      assertEquals(holds, !wantErr, name);
      return holds;
    });
    assertEquals([files.length, good.length], [98, 6]);
    console.log(`merkle consistency: ${files.length} vectors, 6 hold`);
  },
);
