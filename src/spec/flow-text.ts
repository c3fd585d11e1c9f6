/**
 * The text of a flow and of its overlays → one tree, and one place for every character of them.
 */
import { putOver } from './overlay.ts';
import { ProblemList } from './problem-list.ts';
import { SourceTexts } from './source-texts.ts';
import { readYamlPart } from './yaml-reader.ts';
import { shiftTree, type YamlNode } from './yaml-tree.ts';

/** Files that may be put over one flow. */
const MAX_OVERLAYS = 16;

/** One file of a flow. */
export interface SourceFile {
  /** As the user named it. */
  readonly file: string;
  readonly text: string;
}

/** A flow's tree with its overlays over it; the tree is there only when all files are sound YAML. */
export interface FlowText {
  readonly root?: YamlNode;
  readonly problems: ProblemList;
  /** All texts one behind the other; places in the tree are offsets in it. */
  readonly text: string;
}

/** Reads a flow's own file and puts `overlays` over it, the last one last. */
export function readFlowText(flow: SourceFile, overlays: readonly SourceFile[]): FlowText {
  const sources = new SourceTexts();
  const problems = new ProblemList(flow.file, (offset) => sources.placeOf(offset));
  let root = readPart(flow, sources, problems);
  for (const overlay of overlays.slice(0, MAX_OVERLAYS)) {
    const tree = readPart(overlay, sources, problems);
    root = root === undefined || tree === undefined ? undefined : putOver(problems, root, tree);
  }
  if (overlays.length > MAX_OVERLAYS) {
    const message = `A flow has at most ${MAX_OVERLAYS} overlays, not ${overlays.length}.`;
    problems.add({ code: 'SPEC_INVALID', at: 0, message, hint: 'Put some of them together.' });
  }
  return root === undefined ? { problems, text: sources.text } : { root, problems, text: sources.text };
}

function readPart({ file, text }: SourceFile, sources: SourceTexts, problems: ProblemList): YamlNode | undefined {
  const start = sources.add(file, text);
  const tree = readYamlPart(text, problems.from(start));
  return tree === undefined ? undefined : shiftTree(tree, start);
}
