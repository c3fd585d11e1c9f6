/**
 * Names of nodes, flows and imports: what may be one.
 */
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';

/** Names go into paths and log lines. */
export function isUsableName(name: string): boolean {
  return name !== '' && name === name.trim() && !/[/\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
}

/** Reports a node's name that is taken in its list, reserved or unusable; `names` has the places of those before it. */
export function checkNodeName(check: FlowCheck, name: string, at: number, names: Map<string, number>): void {
  const firstAt = names.get(name);
  if (firstAt !== undefined) {
    const message = `The name ${quote(name)} is taken by the node in line ${check.problems.placeOf(firstAt).line}.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Give each node its own name.' });
  } else {
    names.set(name, at);
  }
  if (name.startsWith('__')) {
    const message = `The node name ${quote(name)} is reserved.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Names may not begin with `__`.' });
  } else if (!isUsableName(name)) {
    const message = `${quote(name)} cannot be the name of a node.`;
    check.problems.add({
      code: 'SPEC_INVALID',
      at,
      message,
      hint: 'Names have no `/`, no control characters and no blanks at the ends.',
    });
  }
}
