/**
 * Checks the folder rules of `.dependency-cruiser.mjs`, and that the checker saw the tree at all.
 *
 * A cruiser that cannot read TypeScript reports no module and so no violation. Therefore every
 * source file on disk must be among the modules seen, and files must be seen to import others.
 * Works on the current folder, so that its own test can plant violations in a small tree.
 */
import { globSync } from 'node:fs';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const PARTS = ['src', 'test', 'scripts', 'bench'];

/** Sentences about what the cruiser did not see. */
function blindSpots(result: ICruiseResult, files: readonly string[]): string[] {
  const seen = new Map(result.modules.map((module) => [module.source, module.dependencies.length]));
  const unseen = files.filter((file) => !seen.has(file));
  const importCount = files.reduce((sum, file) => sum + (seen.get(file) ?? 0), 0);
  const spots = unseen.map((file) => `${file}: not seen by dependency-cruiser`);
  if (importCount * 2 < files.length) {
    spots.push(`only ${importCount} imports seen in ${files.length} files: dependency-cruiser cannot read them`);
  }
  return spots;
}

const files = globSync('src/**/*.ts').sort();
const options = await extractOptions(`${process.cwd()}/.dependency-cruiser.mjs`);
const cruised = await cruise(
  PARTS.filter((part) => globSync(`${part}/**/*.ts`).length > 0),
  { ...options, validate: true },
  undefined,
  { tsConfig: extractTsConfig('tsconfig.json') },
);
const result = cruised.output as ICruiseResult;

const comments = new Map(options.ruleSet?.forbidden?.map((rule) => [rule.name, rule.comment]));
const problems = [
  ...result.summary.violations.map(
    ({ rule, from, to }) => `${from} → ${to}: breaks ${rule.name} (${comments.get(rule.name) ?? 'see the rule'})`,
  ),
  ...blindSpots(result, files),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `boundaries: ${result.summary.totalCruised} modules, ${result.summary.totalDependenciesCruised} imports, ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
