/**
 * Which files of a folder are flows: by name, and by what stands at the top of their text.
 */

const FLOW_NAME = /\.ya?ml$/i;
const OTHER_NAMES = /(?:^|\/)moonpool\.ya?ml$|\.test\.ya?ml$/i;

/**
 * True when `path` with `text` is a flow file: `*.yaml` or `*.yml` with `nodes` or `edges` at the top,
 * but not `moonpool.yaml`, not `*.test.yaml`, not in a folder whose name begins with a dot.
 *
 * A flow file with broken YAML still counts, so that its problems are reported.
 *
 * @param path relative to the folder that is searched, or just the name
 * @param text the whole text; without it only the path is looked at
 */
export function isFlowFile(path: string, text?: string): boolean {
  const slashed = path.replaceAll('\\', '/');
  const isHidden = slashed.split('/').some((part) => /^\.(?!\.?$)/.test(part));
  if (!FLOW_NAME.test(slashed) || OTHER_NAMES.test(slashed) || isHidden) return false;
  if (text === undefined) return true;
  return /^\s*\{/.test(text)
    ? /[{,\n][ \t]*["']?(?:nodes|edges)["']?[ \t]*:/.test(text)
    : /^\uFEFF?(["']?)(?:nodes|edges)\1[ \t]*:(?:\s|$)/m.test(text);
}
