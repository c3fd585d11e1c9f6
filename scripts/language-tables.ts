/**
 * Puts the key tables of the language into the page that explains them, between markers.
 *
 * `<!-- keys: nodes -->` gets the table of `nodes` and, below headings of their own, those of
 * `nodes.*`. Everything outside the markers is prose and stays. Every table stands there once.
 */
import { TEST_FILE_KEYS } from '../src/flow-test/index.ts';
import { flowLanguageSections, type LanguageKey, type LanguageSection, sectionsOf } from '../src/spec/index.ts';
import { cell, toTable } from './markdown-table.ts';

const MARKERS = /<!-- keys: (\w+) -->\n[^]*?<!-- end of keys -->/g;

/** `[nodes.goto]` as a link to its heading. */
function withLinks(takes: string): string {
  return takes.replaceAll(/\[([\w.]+)\]/g, (_, name: string) => `[\`${name}\`](#${name.replaceAll('.', '')})`);
}

const isOffered = ({ status }: LanguageKey): boolean => status === undefined || status === 'unused';

/** `a`, `b` and `c` as a sentence that ends with `claim`. */
function sentence(keys: readonly LanguageKey[], status: LanguageKey['status'], claim: string): string[] {
  const names = keys.filter((key) => key.status === status).map(({ key }) => `\`${key}\``);
  return names.length === 0 ? [] : [`${names.join(', ')}: ${claim}`];
}

function sectionText({ keys }: LanguageSection): string {
  const rows = keys.filter(isOffered).map(({ key, isRequired, takes, fallback, about, status }) => {
    const more = status === 'unused' ? ' Not used in this version.' : '';
    return [
      `\`${key}\`${isRequired ? ' (required)' : ''}`,
      withLinks(cell(takes)),
      fallback === undefined ? '' : `\`${fallback}\``,
      `${cell(about)}${more}`,
    ];
  });
  return [
    ...(rows.length === 0 ? [] : [toTable(['Key', 'Takes', 'Default', 'Meaning'], rows)]),
    ...sentence(keys, 'later', 'refused, not available in this version.'),
    ...sentence(keys, 'code', 'refused, flows never bring code along.'),
    ...sentence(keys, 'ignored', 'ignored with a warning, of the original dialect.'),
  ].join('\n\n');
}

/** The table of `name` and those below it, which are taken out of `left`. */
function block(name: string, left: Set<LanguageSection>): string {
  const here = [...left].filter((section) => section.name === name || section.name.startsWith(`${name}.`));
  if (here[0]?.name !== name) throw new Error(`The language page has no table ${name}, or has it twice.`);
  for (const section of here) left.delete(section);
  const texts = here.map((section) =>
    section.name === name ? sectionText(section) : `### ${section.name}\n\n${sectionText(section)}`,
  );
  return `<!-- keys: ${name} -->\n\n${texts.join('\n\n')}\n\n<!-- end of keys -->`;
}

/**
 * `page` with its tables as the source has them now; those without a place come at its end.
 *
 * @throws when a marker names no table, or one that stands there already
 */
export function withLanguageTables(page: string): string {
  const left = new Set([...flowLanguageSections(), ...sectionsOf({ test: TEST_FILE_KEYS })]);
  let written = page.replaceAll(MARKERS, (_, name: string) => block(name, left));
  for (const { name } of left) if (!name.includes('.')) written += `\n## ${name}\n\n${block(name, left)}\n`;
  return written;
}
