/**
 * Follows HTML through the fixed text of a template, to know where each output lands.
 *
 * Escaping alone does not keep data from becoming code: not inside a script, an event handler, a style,
 * a link, or a tag outside of quotes. This unit names the place; the compiler acts on it. It reads only
 * what the author wrote, never data.
 */

/** What surrounds an output. */
export type HtmlPlace =
  /** Text between tags, or an ordinary attribute in quotes: escaping is enough. */
  | 'text'
  /** The start of a link in quotes: its scheme decides what it does. */
  | 'url'
  /** A script element: only JSON and numbers, as they are. */
  | 'script'
  /** An event handler in quotes: only JSON and numbers, escaped. */
  | 'handler'
  /** A style element or attribute: only words, numbers and colours. */
  | 'style'
  /** In a tag, outside of quotes. */
  | 'tag'
  /** An element or attribute that would take data for a document or program. */
  | 'program';

type State =
  | 'data'
  | 'comment'
  | 'raw'
  | 'tagName'
  | 'tag'
  | 'name'
  | 'afterName'
  | 'beforeValue'
  | 'quoted'
  | 'unquoted';

/** A place in HTML; immutable. */
export interface HtmlContext {
  readonly state: State;
  /** Lower-case name of the element whose tag or raw text this is. */
  readonly element: string;
  readonly isClosingTag: boolean;
  readonly attribute: string;
  readonly quote: string;
  /** The value of a link attribute has begun and what decides its scheme has not been seen. */
  readonly isSchemeOpen: boolean;
}

/** Where every template and macro begins. */
export const HTML_START: HtmlContext = {
  state: 'data',
  element: '',
  isClosingTag: false,
  attribute: '',
  quote: '',
  isSchemeOpen: false,
};

const RAW_ELEMENTS: ReadonlySet<string> = new Set([
  'script',
  'style',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
  'plaintext',
]);
const PROGRAM_ELEMENTS: ReadonlySet<string> = new Set([
  'script',
  'object',
  'embed',
  'base',
  'animate',
  'set',
  'applet',
]);
const LINK_ATTRIBUTES: ReadonlySet<string> = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'xlink:href',
  'poster',
  'data',
  'background',
  'cite',
  'manifest',
  'ping',
  'srcset',
]);

/** Two contexts at which what follows would be read alike. */
export function isSameContext(left: HtmlContext, right: HtmlContext): boolean {
  return (
    left.state === right.state &&
    left.element === right.element &&
    left.attribute === right.attribute &&
    left.quote === right.quote &&
    left.isSchemeOpen === right.isSchemeOpen
  );
}

/** What an output at `context` is surrounded by. */
export function placeAt(context: HtmlContext): HtmlPlace {
  switch (context.state) {
    case 'data':
    case 'comment':
      return 'text';
    case 'raw':
      return context.element === 'script' || context.element === 'style' ? context.element : 'program';
    case 'quoted':
      return placeInAttribute(context);
    default:
      return 'tag';
  }
}

function placeInAttribute({ element, attribute, isSchemeOpen }: HtmlContext): HtmlPlace {
  if (attribute === 'srcdoc') return 'program';
  if (attribute.startsWith('on')) return 'handler';
  if (attribute === 'style') return 'style';
  const isProgram = PROGRAM_ELEMENTS.has(element) && (LINK_ATTRIBUTES.has(attribute) || element !== 'script');
  if (isProgram) return 'program';
  return isSchemeOpen ? 'url' : 'text';
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r' || character === '\f';
}

/** Lower case without changing any offset, as `toLowerCase` does for a few letters. */
function toLowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

class HtmlReader {
  #context: HtmlContext;
  readonly #text: string;
  /** Made once: lower-casing for each raw element would be quadratic. */
  #lowerText: string | undefined;
  #position = 0;

  constructor(context: HtmlContext, text: string) {
    this.#context = context;
    this.#text = text;
  }

  run(): HtmlContext {
    while (this.#position < this.#text.length) this.#step();
    return this.#context;
  }

  #enter(change: Partial<HtmlContext>): void {
    this.#context = { ...this.#context, ...change };
  }

  #step(): void {
    const { state } = this.#context;
    if (state === 'data') this.#readData();
    else if (state === 'comment') this.#skipPast('-->', HTML_START);
    else if (state === 'raw') this.#readRaw();
    else if (state === 'quoted') this.#readQuoted();
    else this.#readTag(state);
  }

  /** Goes behind the next `marker` and enters `after`, or to the end of the text. */
  #skipPast(marker: string, after: HtmlContext): void {
    const at = this.#text.indexOf(marker, this.#position);
    this.#position = at === -1 ? this.#text.length : at + marker.length;
    if (at !== -1) this.#context = after;
  }

  #readData(): void {
    const at = this.#text.indexOf('<', this.#position);
    if (at === -1) {
      this.#position = this.#text.length;
      return;
    }
    this.#position = at + 1;
    if (this.#text.startsWith('!--', at + 1)) {
      this.#position = at + 4;
      this.#enter({ state: 'comment' });
      return;
    }
    const isClosingTag = this.#text[at + 1] === '/';
    const first = this.#text[isClosingTag ? at + 2 : at + 1] ?? '';
    // A "<" that begins no tag is text; "<" as the last character might become one.
    if (!/[a-zA-Z!?]/.test(first) && first !== '') return;
    this.#position = at + (isClosingTag ? 2 : 1);
    this.#enter({ state: 'tagName', element: '', isClosingTag, attribute: '' });
  }

  #readRaw(): void {
    const close = `</${this.#context.element}`;
    this.#lowerText ??= toLowerAscii(this.#text);
    const at = this.#lowerText.indexOf(close, this.#position);
    if (at === -1) {
      this.#position = this.#text.length;
      return;
    }
    this.#position = at + close.length;
    this.#enter({ state: 'tag', isClosingTag: true, attribute: '' });
  }

  #readQuoted(): void {
    const character = this.#text[this.#position] as string;
    this.#position += 1;
    if (character === this.#context.quote) this.#enter({ state: 'tag', attribute: '', quote: '', isSchemeOpen: false });
    else if (this.#context.isSchemeOpen && ':/?#'.includes(character)) this.#enter({ isSchemeOpen: false });
  }

  #readTag(state: State): void {
    const character = this.#text[this.#position] as string;
    this.#position += 1;
    if (state === 'beforeValue') this.#readValueStart(character);
    else if (character === '>') this.#closeTag();
    else if (state === 'tagName') this.#readTagName(character);
    else if (state === 'unquoted') this.#readUnquoted(character);
    else this.#readAttributeName(state, character);
  }

  #readTagName(character: string): void {
    if (isBlank(character) || character === '/') this.#enter({ state: 'tag' });
    else this.#enter({ element: this.#context.element + character.toLowerCase() });
  }

  #readUnquoted(character: string): void {
    if (isBlank(character)) this.#enter({ state: 'tag', attribute: '', isSchemeOpen: false });
  }

  #readAttributeName(state: State, character: string): void {
    if (character === '=' && state !== 'tag') this.#enter({ state: 'beforeValue' });
    else if (isBlank(character) || character === '/') {
      if (state === 'name') this.#enter({ state: 'afterName' });
    } else if (state === 'name') {
      this.#enter({ attribute: this.#context.attribute + character.toLowerCase() });
    } else {
      this.#enter({ state: 'name', attribute: character.toLowerCase() });
    }
  }

  #readValueStart(character: string): void {
    if (isBlank(character)) return;
    if (character === '>') {
      this.#closeTag();
      return;
    }
    const isSchemeOpen = LINK_ATTRIBUTES.has(this.#context.attribute);
    if (character === '"' || character === "'") this.#enter({ state: 'quoted', quote: character, isSchemeOpen });
    else this.#enter({ state: 'unquoted' });
  }

  #closeTag(): void {
    const { element, isClosingTag } = this.#context;
    const isRaw = !isClosingTag && RAW_ELEMENTS.has(element);
    this.#context = isRaw ? { ...HTML_START, state: 'raw', element } : HTML_START;
  }
}

/** The context behind `text`, read from `context` on. */
export function advanceHtml(context: HtmlContext, text: string): HtmlContext {
  return new HtmlReader(context, text).run();
}

const SAFE_SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto', 'tel', 'sms', 'geo', 'webcal']);

/** A link as it may be printed: itself when relative or of a harmless scheme, else `about:invalid`. */
export function harmlessUrl(url: string): string {
  const end = url.search(/[/?#:]/);
  if (end === -1 || url[end] !== ':') return url;
  return SAFE_SCHEMES.has(url.slice(0, end).trim().toLowerCase()) ? url : 'about:invalid';
}

/** A style value as it may be printed: words, numbers, colours, percentages; anything else is dropped. */
export function harmlessStyle(text: string): string {
  return /^[\w .,%#+-]*$/.test(text) ? text : '';
}
