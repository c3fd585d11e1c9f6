/** Markdown tables, as generated pages have them. */

/** A Markdown table, not padded: a changed row is then one changed line. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text that may hold a bar, inside a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|');
