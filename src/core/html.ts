/**
 * Text that is to stand in HTML as text: the one place where the five characters are escaped.
 */

const SPECIAL = /[&<>"']/;
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** `text` with the five characters that mean something in HTML text and quoted attributes written as references. */
export function escapeHtml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(/[&<>"']/g, (character) => REFERENCES[character] as string);
}
