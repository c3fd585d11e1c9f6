/**
 * The table of what the language promises: an id and a few words for each sentence, and the issue of
 * those that come later.
 */
import { parse } from 'yaml';
import { isJsonObject, type JsonValue } from '../../src/core/index.ts';

/** One promise of the language. */
export interface Sentence {
  /** `state.merge` */
  readonly id: string;
  readonly about: string;
  /** The issue that brings it, with its cases. */
  readonly later?: string;
}

/**
 * The sentences of a table: `{area: {id: words | {about, later}}}`.
 *
 * @throws for an entry of another form, naming it
 */
export function readSentences(text: string): readonly Sentence[] {
  const root = parse(text) as JsonValue;
  if (!isJsonObject(root)) throw new Error('The table of sentences is no object.');
  return Object.entries(root).flatMap(([area, entries]) => {
    if (!isJsonObject(entries)) throw new Error(`${area} is no object of sentences.`);
    return Object.entries(entries).map(([name, entry]) => toSentence(`${area}.${name}`, entry));
  });
}

function toSentence(id: string, entry: JsonValue): Sentence {
  if (typeof entry === 'string') return { id, about: entry };
  if (isJsonObject(entry) && Object.keys(entry).toSorted().join() === 'about,later') {
    return { id, about: String(entry['about']), later: String(entry['later']) };
  }
  throw new Error(`${id} must be some words, or {about, later}.`);
}
