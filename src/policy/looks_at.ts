/**
 * Which attributes of a step a policy looks at. Steps that agree in them get the same answer,
 * so that it is asked once: a question costs half a millisecond, and plans have thousands of steps.
 *
 * @module
 */
import type { PolicyRule } from "./parse_policy.ts";

/** Attribute names; `everything` where a rule looks at the step as a whole. */
export type Looks = ReadonlySet<string> | "everything";

/** What the rules that may answer `action` look at in `resource`. */
export function looksAt(
  rules: Iterable<PolicyRule>,
  action: string,
): Looks {
  const found = new Set<string>();
  for (const { json } of rules) {
    if (!mayAnswer(json.action, action)) continue;
    const { resource } = json;
    if (resource.op !== "All" && !(resource.op === "is" && !resource.in)) {
      return "everything";
    }
    if (!collect(json.conditions, found)) return "everything";
  }
  return found;
}

function mayAnswer(
  scope: PolicyRule["json"]["action"],
  action: string,
): boolean {
  if (scope.op === "==" && "entity" in scope) {
    return idOf(scope.entity) === action;
  }
  if (scope.op === "in" && "entities" in scope) {
    return scope.entities.some((entity) => idOf(entity) === action);
  }
  return true;
}

function idOf(uid: { __entity: { id: string } } | { id: string }): string {
  return "__entity" in uid ? uid.__entity.id : uid.id;
}

/** Adds what an expression looks at; `false` where it uses the step other than by an attribute. */
function collect(node: unknown, found: Set<string>): boolean {
  if (typeof node !== "object" || node === null) return true;
  if (Array.isArray(node)) return node.every((part) => collect(part, found));
  if ((node as { Var?: unknown }).Var === "resource") return false;
  for (const [operator, operand] of Object.entries(node)) {
    const attribute = operator === "." || operator === "has"
      ? attributeOfStep(operand)
      : null;
    if (attribute !== null) found.add(attribute);
    else if (!collect(operand, found)) return false;
  }
  return true;
}

function attributeOfStep(operand: unknown): string | null {
  if (typeof operand !== "object" || operand === null) return null;
  const { left, attr } = operand as {
    left?: { Var?: unknown };
    attr?: unknown;
  };
  if (left?.Var !== "resource") return null;
  // `resource has a.b` names a path; its first name is the step's attribute.
  const first = Array.isArray(attr) ? attr[0] : attr;
  return typeof first === "string" ? first : null;
}
